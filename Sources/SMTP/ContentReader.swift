// ContentReader.swift — reads a message's content up to CRLF dot CRLF and undoes dot-stuffing (RFC 5321 §4.5.2).
//
// Strict: nothing but CRLF ends a line, and a CR or LF alone is an error at once, since two servers that see the end
// of the content at different places are what SMTP smuggling lives on.

import NIOCore

struct ContentReader {
    struct BareLineBreak: Error {}

    private enum State { case lineStart, inLine, afterCR, afterDot, afterDotCR }

    private let maximum: Int
    private var state = State.lineStart
    private(set) var content: [UInt8] = []
    /// The content is larger than `maximum`; what is above was read and dropped.
    private(set) var isTooLarge = false

    /// `maximum` in bytes, without dot-stuffing.
    init(maximum: Int) { self.maximum = maximum }

    /// Takes from the front of `bytes` what belongs to the content; true once its end has been taken too.
    mutating func read(_ bytes: inout ByteBuffer) throws(BareLineBreak) -> Bool {
        var taken = 0
        defer { bytes.moveReaderIndex(forwardBy: taken) }
        for byte in bytes.readableBytesView {
            taken += 1
            if try step(byte) { return true }
        }
        return false
    }

    private mutating func step(_ byte: UInt8) throws(BareLineBreak) -> Bool {
        switch (state, byte) {
        case (.afterCR, UInt8(ascii: "\n")):
            append(UInt8(ascii: "\r"))
            append(UInt8(ascii: "\n"))
            state = .lineStart
        case (.afterDotCR, UInt8(ascii: "\n")): return true
        case (.afterCR, _), (.afterDotCR, _), (_, UInt8(ascii: "\n")): throw BareLineBreak()
        case (.afterDot, UInt8(ascii: "\r")): state = .afterDotCR
        case (_, UInt8(ascii: "\r")): state = .afterCR
        case (.lineStart, UInt8(ascii: ".")): state = .afterDot
        default:
            append(byte)
            state = .inLine
        }
        return false
    }

    private mutating func append(_ byte: UInt8) {
        if content.count < maximum { content.append(byte) } else { isTooLarge = true }
    }
}
