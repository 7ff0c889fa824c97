// QuotedString.swift — what stands between quotation marks in addresses and headers (RFC 5322 §3.2.4).

enum QuotedString {
    /// With quotation marks and the fewest backslashes.
    static func quoting(_ content: some Sequence<UInt8>) -> [UInt8] {
        var quoted: [UInt8] = [.quote]
        for byte in content {
            if byte == .quote || byte == .backslash { quoted.append(.backslash) }
            quoted.append(byte)
        }
        quoted.append(.quote)
        return quoted
    }

    /// The index behind the closing mark of the quoted string that begins `bytes`; nil if there is none.
    static func end(in bytes: ArraySlice<UInt8>) -> Int? {
        var index = bytes.startIndex + 1
        while index < bytes.endIndex, bytes[index] != .quote { index += bytes[index] == .backslash ? 2 : 1 }
        return index < bytes.endIndex ? index + 1 : nil
    }

    /// What stood between the quotation marks, or nil where a quote is bare, or a backslash precedes nothing or
    /// something outside ASCII (RFC 6532 §3.2 adds UTF-8 to qtext only).
    static func unescaping(_ escaped: some Sequence<UInt8>) -> [UInt8]? {
        var content: [UInt8] = []
        var isEscaped = false
        for byte in escaped {
            if isEscaped {
                guard byte.isPrintable else { return nil }
                content.append(byte)
                isEscaped = false
            } else if byte == .backslash {
                isEscaped = true
            } else {
                guard byte != .quote, !byte.isControl else { return nil }
                content.append(byte)
            }
        }
        return isEscaped ? nil : content
    }
}
