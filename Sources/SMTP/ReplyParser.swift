// ReplyParser.swift — takes replies off the front of received bytes (RFC 5321 §4.2.1).
//
// Strict about codes: three digits, the same on every line. Lenient about line ends: a bare LF ends a line too, since
// there are servers that send one, and nothing can be smuggled into a reply. Incomplete lines stay in the buffer.

import NIOCore

package struct ReplyParser: Sendable {
    /// RFC 5321 §4.5.3.1.5 asks for 512 bytes in a line; long URLs in refusals are real.
    static let maximumLine = 2_000
    static let maximumLines = 100
    static let maximumReply = 65_536

    package struct Violation: Error, Hashable, Sendable {
        package let text: String
    }

    private var code: Int?
    private var text: [UInt8] = []
    private var lineCount = 0

    package init() {}

    /// Removes the next whole reply from `bytes`; nil if it is not all there yet. After a throw the connection is
    /// of no more use.
    package mutating func next(_ bytes: inout ByteBuffer) throws(Violation) -> Reply? {
        while let line = try Self.takeLine(&bytes) {
            if let reply = try consume(line) { return reply }
        }
        return nil
    }

    /// A line without its end.
    private static func takeLine(_ bytes: inout ByteBuffer) throws(Violation) -> ByteBuffer? {
        let view = bytes.readableBytesView
        guard let end = view.firstIndex(of: UInt8(ascii: "\n")) else {
            if view.count > maximumLine { throw Violation(text: "a reply line is too long") }
            return nil
        }
        let length = end - view.startIndex
        guard length <= maximumLine, var line = bytes.readSlice(length: length) else {
            throw Violation(text: "a reply line is too long")
        }
        bytes.moveReaderIndex(forwardBy: 1)
        if line.readableBytesView.last == UInt8(ascii: "\r") { line.moveWriterIndex(to: line.writerIndex - 1) }
        return line
    }

    private mutating func consume(_ line: ByteBuffer) throws(Violation) -> Reply? {
        let bytes = line.readableBytesView
        guard let lineCode = Self.code(of: bytes), code == nil || code == lineCode else {
            throw Violation(text: "not a reply: \(Self.excerpt(bytes))")
        }
        let separator = bytes.dropFirst(3).first
        lineCount += 1
        if lineCount > 1 { text.append(UInt8(ascii: "\n")) }
        for byte in bytes.dropFirst(4) { text.append(byte.isControl ? UInt8(ascii: "?") : byte) }
        guard lineCount <= Self.maximumLines, text.count <= Self.maximumReply else {
            throw Violation(text: "a reply is too long")
        }
        switch separator {
        case UInt8(ascii: "-"):
            code = lineCode
            return nil
        case UInt8(ascii: " "), nil:
            defer { self = ReplyParser() }
            return Reply(lineCode, String(decoding: text, as: UTF8.self))
        default:
            throw Violation(text: "not a reply: \(Self.excerpt(bytes))")
        }
    }

    /// RFC 5321 §4.2 — the first digit is 2 to 5. The second may be any: 3.x and 9.x codes exist in the wild.
    private static func code(of line: ByteBufferView) -> Int? {
        guard line.count >= 3, let code = Int(asciiDigits: line.prefix(3)), (200..<600).contains(code) else {
            return nil
        }
        return code
    }

    private static func excerpt(_ line: ByteBufferView) -> String {
        String(decoding: line.prefix(100).map { (0x20...0x7E).contains($0) ? $0 : UInt8(ascii: "?") }, as: UTF8.self)
    }
}

extension UInt8 {
    var isControl: Bool { self < 0x20 || self == 0x7F }
}
