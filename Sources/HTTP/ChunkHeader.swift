// ChunkHeader.swift — the line before a chunk: its size, and extensions that only must be well-formed.

struct ChunkHeader {
    let size: Int
    let extensionBytes: Int

    /// RFC 9112 §7.1 — `1*HEXDIG *( ";" name [ "=" ( token / quoted-string ) ] )`, and no space anywhere: the
    /// grammar's "bad" whitespace is a smuggler's tool, and no client sends it.
    init(parsing line: ArraySlice<UInt8>) throws(HTTPViolation) {
        var size = 0
        var rest = line
        while let byte = rest.first, let digit = hexadecimalValue(byte) {
            guard size <= .max >> 8 else { throw .malformed("A chunk's size is too large.") }
            size = size << 4 | Int(digit)
            rest.removeFirst()
        }
        guard rest.count < line.count else { throw .malformed("A chunk has no size.") }
        self.size = size
        extensionBytes = rest.count
        while !rest.isEmpty {
            guard Self.dropExtension(&rest) else { throw .malformed("A chunk's size or extension is malformed.") }
        }
    }

    private static func dropExtension(_ rest: inout ArraySlice<UInt8>) -> Bool {
        guard rest.popFirst() == UInt8(ascii: ";"), dropToken(&rest) else { return false }
        guard rest.first == UInt8(ascii: "=") else { return true }
        rest.removeFirst()
        return rest.first == UInt8(ascii: "\"") ? dropQuotedString(&rest) : dropToken(&rest)
    }

    private static func dropToken(_ rest: inout ArraySlice<UInt8>) -> Bool {
        let token = ByteSet.token
        let count = rest.count
        rest = rest.drop(while: token.contains)
        return rest.count < count
    }

    /// RFC 9110 §5.6.4.
    private static func dropQuotedString(_ rest: inout ArraySlice<UInt8>) -> Bool {
        rest.removeFirst()
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "\"") { return true }
            guard isFieldByte(byte) else { return false }
            if byte == UInt8(ascii: "\\"), rest.popFirst().map(isFieldByte) != true { return false }
        }
        return false
    }
}
