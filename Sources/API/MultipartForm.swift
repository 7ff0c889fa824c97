// MultipartForm.swift — a body of multipart/form-data (RFC 7578) as the parts it is made of.
//
// Strict where two readers could see two forms: one boundary, each part named, nothing but white space between the
// last delimiter and the end. Linear in the size of the body.

import Glibc

struct MultipartForm: Sendable {
    struct Part: Sendable {
        let name: String
        /// Set for a file; a path in it is as the client wrote it.
        let filename: String?
        /// The value of the part's Content-Type field.
        let contentType: String?
        /// The value of the part's Content-ID field, for inline images.
        let contentID: String?
        let bytes: [UInt8]
    }

    struct Violation: Error, Equatable {
        let detail: String
        init(_ detail: String) { self.detail = detail }
    }

    /// In their order.
    let parts: [Part]

    /// Two thousand addresses and files are more than any message may have.
    static let maximumParts = 2500
    private static let maximumHeader = 8192
    private static let emptyLine = Array("\r\n\r\n".utf8)

    /// `boundary` as the Content-Type field has it, without quotes.
    init(_ body: [UInt8], boundary: [UInt8]) throws(Violation) {
        let delimiter = Array("\r\n--".utf8) + boundary
        var parts: [Part] = []
        // The first delimiter may open the body, without a line end before it.
        var position: Int
        if body.starts(with: delimiter.dropFirst(2)) {
            position = delimiter.count - 2
        } else {
            guard let first = body.firstIndex(of: delimiter, from: 0) else {
                throw Violation("The body does not have the boundary that Content-Type names.")
            }
            position = first + delimiter.count
        }
        while !body[position...].starts(with: "--".utf8) {
            guard parts.count < Self.maximumParts else {
                throw Violation("The form has more than \(Self.maximumParts) parts.")
            }
            guard let start = Self.endOfDelimiterLine(body, from: position),
                let end = body.firstIndex(of: delimiter, from: start - 2)
            else { throw Violation("The form ends in the middle of a part.") }
            parts.append(try Self.part(body, in: start..<max(start, end)))
            position = end + delimiter.count
        }
        guard body[(position + 2)...].allSatisfy({ $0 == 0x20 || $0 == 0x09 || $0 == 0x0D || $0 == 0x0A }) else {
            throw Violation("Something follows the last boundary.")
        }
        self.parts = parts
    }

    /// RFC 2046 §5.1.1 — blanks may follow a boundary on its line.
    private static func endOfDelimiterLine(_ body: [UInt8], from position: Int) -> Int? {
        var index = position
        while index < body.count, body[index] == 0x20 || body[index] == 0x09 { index += 1 }
        return body[index...].starts(with: "\r\n".utf8) ? index + 2 : nil
    }

    private static func part(_ body: [UInt8], in range: Range<Int>) throws(Violation) -> Part {
        guard let end = body.firstIndex(of: emptyLine, from: range.lowerBound), end + 4 <= range.upperBound else {
            throw Violation("A part of the form has no header.")
        }
        guard end - range.lowerBound <= maximumHeader else {
            throw Violation("The header of a part has more than \(maximumHeader) bytes.")
        }
        let header = try FormPartHeader(body[range.lowerBound..<end])
        return Part(
            name: header.name, filename: header.filename, contentType: header.contentType,
            contentID: header.contentID, bytes: Array(body[(end + 4)..<range.upperBound]))
    }
}

extension [UInt8] {
    /// Where `pattern`, whose first byte is rare, next begins at or after `start`.
    fileprivate func firstIndex(of pattern: [UInt8], from start: Int) -> Int? {
        withUnsafeBytes { bytes in
            guard let base = bytes.baseAddress else { return nil }
            var position = start
            while position + pattern.count <= bytes.count {
                guard let found = memchr(base + position, CInt(pattern[0]), bytes.count - position) else { return nil }
                position = base.distance(to: UnsafeRawPointer(found))
                guard position + pattern.count <= bytes.count else { return nil }
                if memcmp(found, pattern, pattern.count) == 0 { return position }
                position += 1
            }
            return nil
        }
    }
}
