// JSONParser.swift — reads RFC 8259 strictly, in one pass over the bytes.
//
// Refused beyond what the grammar refuses: a member named twice, lone surrogates, a byte order mark, nesting deeper
// than 64. The depth limit is also what makes the recursion here safe.

struct JSONParser {
    static let maximumDepth = 64

    let bytes: [UInt8]
    var position = 0
    private var depth = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    mutating func parseText() throws(JSONError) -> JSONValue {
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { throw failure(.byteOrderMark) }
        skipWhitespace()
        let value = try parseValue()
        skipWhitespace()
        guard position == bytes.count else { throw failure(.trailingBytes) }
        return value
    }

    private mutating func parseValue() throws(JSONError) -> JSONValue {
        switch try peek() {
        case UInt8(ascii: "\""): return .string(try parseString())
        case UInt8(ascii: "{"): return try parseObject()
        case UInt8(ascii: "["): return try parseArray()
        case UInt8(ascii: "t"): return try parseLiteral("true", as: .bool(true))
        case UInt8(ascii: "f"): return try parseLiteral("false", as: .bool(false))
        case UInt8(ascii: "n"): return try parseLiteral("null", as: .null)
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return .number(try parseNumber())
        default: throw failure(.expected("a JSON value"))
        }
    }

    /// An error in the value knows that it is in `step`.
    private mutating func parseValue(in step: @autoclosure () -> String) throws(JSONError) -> JSONValue {
        do throws(JSONError) { return try parseValue() } catch { throw error.inside(step()) }
    }

    /// Passes an opening brace or bracket; whoever parses what is inside counts `depth` down again.
    private mutating func descend() throws(JSONError) {
        guard depth < Self.maximumDepth else { throw failure(.tooDeep) }
        depth += 1
        position += 1
        skipWhitespace()
    }

    private mutating func parseObject() throws(JSONError) -> JSONValue {
        try descend()
        defer { depth -= 1 }
        var object = JSONObject()
        if try skip("}") { return .object(object) }
        while true {
            let start = position
            guard try peek() == UInt8(ascii: "\"") else { throw failure(.expected("a member's name in quotes")) }
            let name = try parseString()
            skipWhitespace()
            guard try skip(":") else { throw failure(.expected("a colon after the member's name")) }
            skipWhitespace()
            guard object.append(name, try parseValue(in: name)) else {
                throw failure(.duplicateMember(name), at: start)
            }
            skipWhitespace()
            if try skip("}") { return .object(object) }
            guard try skip(",") else { throw failure(.expected("a comma or a closing brace")) }
            skipWhitespace()
        }
    }

    private mutating func parseArray() throws(JSONError) -> JSONValue {
        try descend()
        defer { depth -= 1 }
        var array: [JSONValue] = []
        if try skip("]") { return .array(array) }
        while true {
            array.append(try parseValue(in: String(array.count)))
            skipWhitespace()
            if try skip("]") { return .array(array) }
            guard try skip(",") else { throw failure(.expected("a comma or a closing bracket")) }
            skipWhitespace()
        }
    }

    private mutating func parseLiteral(_ literal: StaticString, as value: JSONValue) throws(JSONError) -> JSONValue {
        let end = position + literal.utf8CodeUnitCount
        let spelling = UnsafeBufferPointer(start: literal.utf8Start, count: literal.utf8CodeUnitCount)
        guard end <= bytes.count, bytes[position..<end].elementsEqual(spelling) else {
            throw failure(.expected("a JSON value"))
        }
        position = end
        return value
    }

    /// RFC 8259 §6.
    private mutating func parseNumber() throws(JSONError) -> JSONNumber {
        let start = position
        _ = try skip("-")
        if try !skip("0") { try skipDigits() }
        if next == UInt8(ascii: ".") {
            position += 1
            try skipDigits()
        }
        if let byte = next, byte | 0x20 == UInt8(ascii: "e") {
            position += 1
            if next == UInt8(ascii: "+") || next == UInt8(ascii: "-") { position += 1 }
            try skipDigits()
        }
        return JSONNumber(checked: String(decoding: bytes[start..<position], as: UTF8.self))
    }

    private mutating func skipDigits() throws(JSONError) {
        let start = position
        while let byte = next, isDigit(byte) { position += 1 }
        guard position > start else { throw failure(.invalidNumber) }
    }
}

extension JSONParser {
    var next: UInt8? { position < bytes.count ? bytes[position] : nil }

    func peek() throws(JSONError) -> UInt8 {
        guard let next else { throw failure(.unexpectedEnd) }
        return next
    }

    /// Whether the next byte was this one and has been passed; the text must not end here.
    mutating func skip(_ character: Unicode.Scalar) throws(JSONError) -> Bool {
        guard try peek() == UInt8(ascii: character) else { return false }
        position += 1
        return true
    }

    mutating func skipWhitespace() {
        while let byte = next, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { position += 1 }
    }

    func failure(_ reason: JSONError.Reason, at offset: Int? = nil) -> JSONError {
        JSONError(reason, at: min(offset ?? position, bytes.count), in: bytes)
    }
}

private func isDigit(_ byte: UInt8) -> Bool { byte &- UInt8(ascii: "0") < 10 }
