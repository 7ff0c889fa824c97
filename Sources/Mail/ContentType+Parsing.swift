// ContentType+Parsing.swift — reads a content type that a caller wrote.

extension ContentType {
    /// Comments, folding and the extended values of RFC 2231 are for headers and refused. A `name` is dropped: the
    /// attachment's filename says it.
    package init(parsing text: String) throws(ContentTypeError) {
        guard !text.containsControls else { throw .controlCharacter }
        guard text.utf8.count <= 255 else { throw .tooLong }
        guard text.utf8.allSatisfy({ $0 < 0x80 }) else { throw .notASCII }
        var reader = Reader(rest: Array(text.utf8)[...])
        guard let type = reader.token(), reader.take(UInt8(ascii: "/")), let subtype = reader.token() else {
            throw .malformed
        }
        guard type != "multipart" else { throw .multipart }
        var parameters: [Parameter] = []
        while !reader.isAtEnd {
            // A semicolon behind the last parameter is common and means nothing.
            guard reader.take(UInt8(ascii: ";")) else { throw .malformed }
            if reader.isAtEnd { break }
            guard let name = reader.token(), reader.take(.equals), let value = reader.value() else { throw .malformed }
            guard !name.utf8.contains(UInt8(ascii: "*")) else { throw .malformed }
            guard !parameters.contains(where: { $0.name == name }) else { throw .repeatedParameter }
            parameters.append(Parameter(name: name, value: value))
        }
        self.init(type, subtype, parameters: parameters.filter { $0.name != "name" })
    }

    /// Takes tokens off the front, and the spaces around them.
    private struct Reader {
        var rest: ArraySlice<UInt8>

        var isAtEnd: Bool { rest.allSatisfy { $0 == .space } }

        mutating func take(_ byte: UInt8) -> Bool {
            skipSpaces()
            guard rest.first == byte else { return false }
            rest.removeFirst()
            return true
        }

        /// Lower case; nil if there is none.
        mutating func token() -> String? {
            skipSpaces()
            let token = rest.prefix { $0.isToken }
            rest = rest[token.endIndex...]
            return token.isEmpty ? nil : String(decoding: token.map(\.asciiLowercased), as: UTF8.self)
        }

        /// A token or what a quoted string holds, its case kept.
        mutating func value() -> String? {
            skipSpaces()
            guard rest.first == .quote else {
                let token = rest.prefix { $0.isToken }
                rest = rest[token.endIndex...]
                return token.isEmpty ? nil : String(decoding: token, as: UTF8.self)
            }
            guard let end = QuotedString.end(in: rest),
                let content = QuotedString.unescaping(rest[rest.startIndex..<end].dropFirst().dropLast())
            else { return nil }
            rest = rest[end...]
            return String(decoding: content, as: UTF8.self)
        }

        private mutating func skipSpaces() { rest = rest.drop { $0 == .space } }
    }
}
