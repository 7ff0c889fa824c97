// JSONParser+String.swift — strings: found by their closing quote, validated once, unescaped only if need be.

extension JSONParser {
    /// From the opening quote to behind the closing one.
    mutating func parseString() throws(JSONError) -> String {
        let start = position + 1
        let firstRun = endOfPlainRun(from: start)
        position = firstRun
        while try peek() != UInt8(ascii: "\"") {
            guard bytes[position] == UInt8(ascii: "\\") else { throw failure(.controlCharacter) }
            position += 2  // What the escape says is looked at below; here it only must not hide the closing quote.
            position = endOfPlainRun(from: position)
        }
        let content = start..<position
        let string = firstRun == position ? try plainString(content) : try unescapedString(content)
        position = content.upperBound + 1
        return string
    }

    private func endOfPlainRun(from start: Int) -> Int {
        bytes.withUnsafeBytes { JSON.endOfPlainRun(in: $0, from: start) }
    }

    private func plainString(_ content: Range<Int>) throws(JSONError) -> String {
        do {
            return String(copying: try UTF8Span(validating: bytes.span.extracting(content)))
        } catch {
            throw failure(.invalidUTF8, at: content.lowerBound + error.byteOffsets.lowerBound)
        }
    }

    private mutating func unescapedString(_ content: Range<Int>) throws(JSONError) -> String {
        var text: [UInt8] = []
        text.reserveCapacity(content.count)
        position = content.lowerBound
        while position < content.upperBound {
            let run = endOfPlainRun(from: position)
            text.append(contentsOf: bytes[position..<run])
            position = run
            if run < content.upperBound { try unescape(into: &text) }
        }
        guard let string = String(validating: text, as: UTF8.self) else {
            throw failure(.invalidUTF8, at: content.lowerBound)
        }
        return string
    }

    /// One escape sequence, from its backslash; the byte behind it is known to be there.
    private mutating func unescape(into text: inout [UInt8]) throws(JSONError) {
        let escape = bytes[position + 1]
        switch escape {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(escape)
        case UInt8(ascii: "n"): text.append(0x0A)
        case UInt8(ascii: "r"): text.append(0x0D)
        case UInt8(ascii: "t"): text.append(0x09)
        case UInt8(ascii: "b"): text.append(0x08)
        case UInt8(ascii: "f"): text.append(0x0C)
        case UInt8(ascii: "u"):
            text.append(contentsOf: Character(try parseScalar()).utf8)
            return
        default: throw failure(.invalidEscape)
        }
        position += 2
    }

    /// A `\uXXXX`, or the two of a surrogate pair (RFC 8259 §7).
    private mutating func parseScalar() throws(JSONError) -> Unicode.Scalar {
        let start = position
        let first = try parseCodeUnit()
        if let scalar = Unicode.Scalar(first) { return scalar }
        guard UTF16.isLeadSurrogate(first), bytes[position...].starts(with: [UInt8(ascii: "\\"), UInt8(ascii: "u")])
        else { throw failure(.loneSurrogate, at: start) }
        let second = try parseCodeUnit()
        guard UTF16.isTrailSurrogate(second) else { throw failure(.loneSurrogate, at: start) }
        return Unicode.Scalar(UInt32(first & 0x3FF) << 10 + UInt32(second & 0x3FF) + 0x10000) ?? "\u{FFFD}"
    }

    private mutating func parseCodeUnit() throws(JSONError) -> UInt16 {
        guard position + 6 <= bytes.count else { throw failure(.invalidEscape) }
        var unit: UInt16 = 0
        for byte in bytes[position + 2..<position + 6] {
            guard let digit = hexadecimalValue(byte) else { throw failure(.invalidEscape) }
            unit = unit << 4 | UInt16(digit)
        }
        position += 6
        return unit
    }
}

private func hexadecimalValue(_ byte: UInt8) -> UInt8? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
    default: nil
    }
}
