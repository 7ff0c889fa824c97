// ResponseHead.swift — status line and header fields as bytes.

import HTTPTypes
import NIOCore

/// How a client finds the end of a body (RFC 9112 §6.3).
enum BodyFraming {
    case length(Int)
    case chunked
    /// What HTTP/1.0 has for a body whose length is not known.
    case untilClose
}

extension ByteBuffer {
    /// The head with the fields that are the server's: Date, Content-Length or Transfer-Encoding, Request-Id and, on the
    /// last one, Connection. `HTTPField` has made sure that no value holds a line end.
    mutating func writeHead(
        of head: HTTPResponse, framing: BodyFraming, date: String, requestID: String, isLast: Bool
    ) {
        let status = head.status
        writeStaticString("HTTP/1.1 ")
        writeString(String(status.code))
        writeStaticString(" ")
        writeString(status.reasonPhrase)
        writeStaticString("\r\nDate: ")
        writeString(date)
        writeStaticString("\r\nRequest-Id: ")
        writeString(requestID)
        for field in head.headerFields {
            writeStaticString("\r\n")
            writeString(field.name.rawName)
            writeStaticString(": ")
            field.withUnsafeBytesOfValue { value in _ = writeBytes(value) }
        }
        switch framing {
        case .length(let length) where status.hasContent:
            writeStaticString("\r\nContent-Length: ")
            writeString(String(length))
        case .chunked: writeStaticString("\r\nTransfer-Encoding: chunked")
        case .length, .untilClose: break
        }
        writeStaticString(isLast ? "\r\nConnection: close\r\n\r\n" : "\r\n\r\n")
    }
}

extension HTTPResponse.Status {
    /// RFC 9110 §8.6 — a 204 has no Content-Length; a 304's would be another response's.
    fileprivate var hasContent: Bool { code != 204 && code != 304 }
}

extension ByteBuffer {
    /// RFC 9112 §7.1 — not for an empty piece: that would be the last chunk.
    mutating func writeChunk(_ bytes: [UInt8]) {
        writeString(String(bytes.count, radix: 16))
        writeStaticString("\r\n")
        writeBytes(bytes)
        writeStaticString("\r\n")
    }

    mutating func writeLastChunk() { writeStaticString("0\r\n\r\n") }
}
