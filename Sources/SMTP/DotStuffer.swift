// DotStuffer.swift — a message's content as it goes on the wire after DATA (RFC 5321 §4.5.2).
//
// One pass: a dot at the start of a line is doubled, a bare CR or a bare LF becomes CRLF (§2.3.8), so that no server,
// however lax, sees an end of content before the real one. What needs no change is copied in runs.

import Glibc
import NIOCore

package struct DotStuffer: Sendable {
    private let content: [UInt8]
    private var position = 0
    private var isAtLineStart = true
    /// The next CR and LF at or after `position`, so that each byte is looked at once for each.
    private var nextCR = -1
    private var nextLF = -1

    private static let (cr, lf, dot) = (UInt8(ascii: "\r"), UInt8(ascii: "\n"), UInt8(ascii: "."))

    package init(_ content: [UInt8]) { self.content = content }

    /// Bytes of the content not yet written.
    package var remaining: Int { content.count - position }

    /// Writes the next `limit` bytes of the content, or what is left; the output may be longer.
    package mutating func write(next limit: Int, into out: inout ByteBuffer) {
        let end = position + min(limit, remaining)
        content.withUnsafeBytes { bytes in
            var run = position
            while position < end {
                if isAtLineStart, bytes[position] == Self.dot {
                    out.writeBytes(UnsafeRawBufferPointer(rebasing: bytes[run..<position]))
                    out.writeInteger(Self.dot)
                    run = position
                }
                let lineBreak = nextLineBreak(in: bytes)
                isAtLineStart = lineBreak < end
                guard lineBreak < end else {
                    position = end
                    break
                }
                if bytes[lineBreak] == Self.cr, lineBreak + 1 < bytes.count, bytes[lineBreak + 1] == Self.lf {
                    position = lineBreak + 2
                } else {
                    out.writeBytes(UnsafeRawBufferPointer(rebasing: bytes[run..<lineBreak]))
                    out.writeStaticString("\r\n")
                    position = lineBreak + 1
                    run = position
                }
            }
            out.writeBytes(UnsafeRawBufferPointer(rebasing: bytes[run..<position]))
        }
    }

    /// Ends the last line if it has no end: what comes next begins a line. Once, after everything was written.
    package mutating func endLine(into out: inout ByteBuffer) {
        if !isAtLineStart { out.writeStaticString("\r\n") }
        isAtLineStart = true
    }

    /// Ends the last line, and writes the final dot.
    package mutating func finish(into out: inout ByteBuffer) {
        endLine(into: &out)
        out.writeStaticString(".\r\n")
    }

    private mutating func nextLineBreak(in bytes: UnsafeRawBufferPointer) -> Int {
        if nextCR < position { nextCR = Self.find(Self.cr, in: bytes, from: position) }
        if nextLF < position { nextLF = Self.find(Self.lf, in: bytes, from: position) }
        return min(nextCR, nextLF)
    }

    /// The end if there is none.
    private static func find(_ byte: UInt8, in bytes: UnsafeRawBufferPointer, from start: Int) -> Int {
        guard let base = bytes.baseAddress, start < bytes.count,
            let found = memchr(base + start, Int32(byte), bytes.count - start)
        else { return bytes.count }
        return base.distance(to: UnsafeRawPointer(found))
    }
}
