// HeaderBlock.swift — where the fields of a message's header stand in its bytes, and where the body begins.
//
// One pass, linear in the header, whatever stands in it. Lines end in CRLF; a bare LF is taken for a line end too, so
// that nothing behind one can be missed.

import Glibc

struct HeaderBlock {
    /// Ranges of the content.
    struct Field {
        /// Without the blanks that may stand before the colon.
        let name: Range<Int>
        /// Behind the colon, with all its folded lines, without the last line's end.
        var value: Range<Int>
    }

    private(set) var fields: [Field] = []
    /// Behind the empty line; the content's end if it has none.
    private(set) var bodyStart = 0

    init(of content: UnsafeBufferPointer<UInt8>) {
        fields.reserveCapacity(24)
        var belongsToField = false
        while bodyStart < content.count {
            let line = nextLine(of: content)
            guard let first = content[line].first else { return }
            if first.isBlank {
                guard belongsToField else { continue }
                fields[fields.count - 1].value = fields[fields.count - 1].value.lowerBound..<line.upperBound
            } else {
                let field = Self.field(in: line, of: content)
                belongsToField = field != nil
                if let field { fields.append(field) }
            }
        }
    }

    /// The line at `bodyStart`, without its end, which is stepped over.
    private mutating func nextLine(of content: UnsafeBufferPointer<UInt8>) -> Range<Int> {
        let start = bodyStart
        let lf = content.firstIndex(of: UInt8(ascii: "\n"), in: start..<content.count)
        bodyStart = min(lf + 1, content.count)
        let hasCR = lf > start && content[lf - 1] == UInt8(ascii: "\r")
        return start..<(hasCR ? lf - 1 : lf)
    }

    /// Nil for a line that names nothing: nobody can ask for it in `h=`.
    private static func field(in line: Range<Int>, of content: UnsafeBufferPointer<UInt8>) -> Field? {
        let colon = content.firstIndex(of: UInt8(ascii: ":"), in: line)
        guard colon < line.upperBound else { return nil }
        var end = colon
        while end > line.lowerBound, content[end - 1].isBlank { end -= 1 }
        guard end > line.lowerBound else { return nil }
        return Field(name: line.lowerBound..<end, value: colon + 1..<line.upperBound)
    }
}

extension UInt8 {
    /// WSP of RFC 5234: space or tab.
    @inline(__always)
    var isBlank: Bool { self == UInt8(ascii: " ") || self == UInt8(ascii: "\t") }

    var lowercased: UInt8 { (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(self) ? self | 0x20 : self }
}

extension UnsafeBufferPointer<UInt8> {
    /// The range's upper bound, if it is not there.
    func firstIndex(of byte: UInt8, in range: Range<Int>) -> Int {
        guard let baseAddress, let found = memchr(baseAddress + range.lowerBound, CInt(byte), range.count) else {
            return range.upperBound
        }
        return UnsafeRawPointer(found) - UnsafeRawPointer(baseAddress)
    }
}
