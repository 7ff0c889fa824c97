// Reply.swift — what a mail server answered: a code, perhaps an enhanced status code, and text (RFC 5321 §4.2, RFC 3463).

/// `class.subject.detail` (RFC 3463 §2).
package struct EnhancedStatusCode: Hashable, Sendable, CustomStringConvertible {
    /// 2, 4 or 5.
    package let category: UInt8
    /// 0 to 999.
    package let subject: UInt16
    package let detail: UInt16
    package var description: String { "\(category).\(subject).\(detail)" }

    package init(_ category: UInt8, _ subject: UInt16, _ detail: UInt16) {
        (self.category, self.subject, self.detail) = (category, subject, detail)
    }
}

package struct Reply: Hashable, Sendable, CustomStringConvertible {
    /// 200 to 599.
    package let code: Int
    /// Nil when the text does not begin with one, or with one whose class is not the code's (RFC 2034 §4).
    package let enhancedCode: EnhancedStatusCode?
    /// The lines after their codes, joined by a line feed; as received, but
    /// control characters and bytes that are no UTF-8 are replaced.
    package let text: String
    /// No server said this: we know without asking that it would be so (a message above the server's SIZE).
    package let isLocal: Bool

    package init(_ code: Int, _ text: String, isLocal: Bool = false) {
        (self.code, self.text, self.isLocal) = (code, text, isLocal)
        let enhancedCode = EnhancedStatusCode(leading: text.utf8)
        self.enhancedCode = enhancedCode.map { Int($0.category) == code / 100 } == true ? enhancedCode : nil
    }

    package var isPositive: Bool { code / 100 == 2 }
    /// 354: the server waits for the content.
    package var isIntermediate: Bool { code / 100 == 3 }
    package var isTransient: Bool { code / 100 == 4 }
    package var isPermanent: Bool { code / 100 == 5 }
    /// The server closes the connection after this, whatever was asked (RFC 5321 §3.8).
    package var isClosing: Bool { code == 421 }

    package var lines: [Substring] {
        let lineFeed = UInt8(ascii: "\n")
        // Nearly all have one line.
        guard text.utf8.contains(lineFeed) else { return [text[...]] }
        return text.utf8.split(separator: lineFeed, omittingEmptySubsequences: false).map(Substring.init)
    }

    /// `550 5.1.1 No such user`, the lines joined by spaces.
    package var description: String {
        text.isEmpty ? "\(code)" : "\(code) \(lines.joined(separator: " "))"
    }
}

extension EnhancedStatusCode {
    /// Reads `5.1.1` from the front of a reply's text; a space or the end must follow.
    init?(leading text: String.UTF8View) {
        var numbers: (UInt16, UInt16, UInt16) = (0, 0, 0)
        var (part, digits) = (0, 0)
        for byte in text {
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"):
                guard digits < 3 else { return nil }
                digits += 1
                let digit = UInt16(byte - UInt8(ascii: "0"))
                switch part {
                case 0: numbers.0 = numbers.0 * 10 + digit
                case 1: numbers.1 = numbers.1 * 10 + digit
                default: numbers.2 = numbers.2 * 10 + digit
                }
                continue
            case UInt8(ascii: "."):
                guard digits > 0, part < 2 else { return nil }
                (part, digits) = (part + 1, 0)
                continue
            case UInt8(ascii: " "), UInt8(ascii: "\n"): break
            default: return nil
            }
            break
        }
        guard part == 2, digits > 0, [2, 4, 5].contains(numbers.0) else { return nil }
        self.init(UInt8(numbers.0), numbers.1, numbers.2)
    }
}
