// HeaderParameters.swift — a header value with parameters: `form-data; name="a"; filename="b"`.

struct HeaderParameters {
    /// Lower case.
    let value: String
    private var parameters: [String: String] = [:]

    subscript(name: String) -> String? { parameters[name] }

    /// Nil when it is malformed, or names a parameter twice.
    init?(_ text: String) {
        var rest = text.utf8[...]
        value = Self.token(&rest).lowercased()
        guard !value.isEmpty else { return nil }
        while !rest.isEmpty {
            rest = rest.drop { $0 == 0x20 || $0 == 0x09 }
            guard rest.popFirst() == UInt8(ascii: ";") else { return nil }
            rest = rest.drop { $0 == 0x20 || $0 == 0x09 }
            if rest.isEmpty { return }
            let name = Self.token(&rest).lowercased()
            guard !name.isEmpty, rest.popFirst() == UInt8(ascii: "="), let value = Self.parameterValue(&rest),
                parameters.updateValue(value, forKey: name) == nil
            else { return nil }
        }
    }

    private static func token(_ rest: inout Substring.UTF8View) -> String {
        let token = rest.prefix { $0 > 0x20 && !";=\"".utf8.contains($0) }
        rest = rest[token.endIndex...]
        return String(Substring(token))
    }

    private static func parameterValue(_ rest: inout Substring.UTF8View) -> String? {
        guard rest.first == UInt8(ascii: "\"") else {
            let token = token(&rest)
            return token.isEmpty ? nil : token
        }
        rest = rest.dropFirst()
        return quotedValue(&rest)
    }

    /// From behind the opening quotation mark to behind the closing one; nil if there is none. Browsers write a mark as
    /// `%22` and curl as `\"`; both leave other backslashes alone, so that this is not the quoted string of mail or HTTP.
    private static func quotedValue(_ rest: inout Substring.UTF8View) -> String? {
        let (quote, backslash) = (UInt8(ascii: "\""), UInt8(ascii: "\\"))
        var bytes: [UInt8] = []
        while let byte = rest.popFirst() {
            if byte == quote { return String(decoding: bytes, as: UTF8.self) }
            if byte == backslash, let escaped = rest.first, escaped == quote || escaped == backslash {
                bytes.append(escaped)
                rest = rest.dropFirst()
            } else if byte == UInt8(ascii: "%"), rest.starts(with: "22".utf8) {
                bytes.append(quote)
                rest = rest.dropFirst(2)
            } else {
                bytes.append(byte)
            }
        }
        return nil
    }
}
