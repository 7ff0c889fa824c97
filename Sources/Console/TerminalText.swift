// TerminalText.swift — text of others (subjects, replies, notes) made harmless for a terminal.

extension String {
    /// On one line, and without what a terminal would obey instead of showing: control characters, ESC before all, and
    /// the marks that turn the direction of what follows (Unicode TR 36 §2.4) become U+FFFD, line ends and tabs a blank.
    var printable: String {
        guard unicodeScalars.contains(where: { $0.isBlankOfAnotherKind || $0.isObeyed }) else { return self }
        var text = String.UnicodeScalarView()
        for scalar in unicodeScalars {
            if scalar.isBlankOfAnotherKind {
                if text.last != " " { text.append(" ") }
            } else {
                text.append(scalar.isObeyed ? "\u{FFFD}" : scalar)
            }
        }
        return String(text)
    }

    /// The same line by line, for text that is meant to have several.
    var printableLines: String {
        split(separator: "\n", omittingEmptySubsequences: false).map { String($0).printable }.joined(separator: "\n")
    }
}

extension Unicode.Scalar {
    fileprivate var isBlankOfAnotherKind: Bool {
        switch self {
        case "\r", "\n", "\t", "\u{2028}", "\u{2029}": true
        default: false
        }
    }

    fileprivate var isObeyed: Bool {
        switch self {
        case "\u{202A}"..."\u{202E}", "\u{2066}"..."\u{2069}": true
        default: properties.generalCategory == .control
        }
    }
}

/// The same JSON, fit for a terminal. JSON escapes the control characters below U+0020 itself; DEL and U+0080 to U+009F,
/// among them the one-character form of ESC [, may stand in its strings as they are (RFC 8259 §7).
func escapedJSON(_ json: [UInt8]) -> String {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(json.count)
    var index = 0
    while index < json.count {
        if json[index] == 0x7F {
            bytes += "\\u007f".utf8
        } else if json[index] == 0xC2, index + 1 < json.count, (0x80...0x9F).contains(json[index + 1]) {
            index += 1
            bytes += "\\u00\(String(json[index], radix: 16))".utf8
        } else {
            bytes.append(json[index])
        }
        index += 1
    }
    return String(decoding: bytes, as: UTF8.self)
}
