// ResponseHead.swift — status line and header fields as bytes.

import HTTPTypes
import NIOCore

extension ByteBuffer {
    /// The head with the fields that are the server's: Date, Content-Length, Request-Id and, on the last one,
    /// Connection. `HTTPField` has made sure that no value holds a line end.
    mutating func writeHead(of response: HTTPServerResponse, date: String, requestID: String, isLast: Bool) {
        let status = response.head.status
        writeStaticString("HTTP/1.1 ")
        writeString(String(status.code))
        writeStaticString(" ")
        writeString(status.reasonPhrase)
        writeStaticString("\r\nDate: ")
        writeString(date)
        writeStaticString("\r\nRequest-Id: ")
        writeString(requestID)
        for field in response.head.headerFields {
            writeStaticString("\r\n")
            writeString(field.name.rawName)
            writeStaticString(": ")
            field.withUnsafeBytesOfValue { value in _ = writeBytes(value) }
        }
        if status.hasContent {
            writeStaticString("\r\nContent-Length: ")
            writeString(String(response.body.count))
        }
        writeStaticString(isLast ? "\r\nConnection: close\r\n\r\n" : "\r\n\r\n")
    }
}

extension HTTPResponse.Status {
    /// RFC 9110 §8.6 — a 204 has no Content-Length; a 304's would be another response's.
    fileprivate var hasContent: Bool { code != 204 && code != 304 }
}
