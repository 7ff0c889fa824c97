// HeaderField+Caller.swift — the fields that callers may add to a message, and what they may say in them.

extension HeaderField {
    /// A field of the caller's own. One that programs read (`References`, `List-…`) takes ASCII only, any other is free
    /// text in any script. Fields that are ours to write are refused by name.
    package init(callerName name: String, value: String) throws(HeaderFieldError) {
        let isName = !name.isEmpty && name.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: ":") }
        guard isName else { throw .badName }
        guard name.utf8.count <= LineFolder.limit - 2 else { throw .nameTooLong }
        // Before anything that takes time or memory in proportion to it.
        guard value.utf8.count <= MessageComposer.headerLimit else { throw .valueTooLong }
        guard !value.containsControls else { throw .controlCharacter }
        let lowered = String(decoding: name.utf8.map(\.asciiLowercased), as: UTF8.self)
        if let reservation = ReservedHeader.reservation(of: lowered) { throw .reserved(useInstead: reservation.member) }
        guard Self.isStructured(lowered) else {
            self = .unstructured(name, value)
            return
        }
        let value = value.trimmingSpaces
        try Self.checkStructured(value, nameCount: name.utf8.count)
        switch lowered {
        case "list-unsubscribe":
            guard UnsubscribeList(value) != nil else { throw .badUnsubscribeList }
        case "list-unsubscribe-post":
            guard value.utf8.elementsEqual(UnsubscribeList.oneClick.utf8) else { throw .badUnsubscribePost }
        default: break
        }
        self = .structured(name, value)
    }

    /// Whose values are a grammar without room for encoded words, or are read by programs that decode none.
    private static let structured: Set<String> = [
        "references", "in-reply-to", "auto-submitted", "precedence", "feedback-id", "importance", "priority",
        "sensitivity", "x-priority", "x-msmail-priority", "x-auto-response-suppress", "disposition-notification-to",
        "return-receipt-to", "require-recipient-valid-since", "expires", "expiry-date", "autocrypt",
        "bimi-selector",
    ]

    private static func isStructured(_ lowered: String) -> Bool {
        structured.contains(lowered) || lowered.utf8.starts(with: "list-".utf8)
    }

    private static func checkStructured(_ value: String, nameCount: Int) throws(HeaderFieldError) {
        guard !value.isEmpty else { throw .empty }
        guard value.utf8.allSatisfy({ $0 < 0x80 }) else { throw .notASCII }
        guard !EncodedWord.occurs(in: Array(value.utf8)) else { throw .encodedWord }
        // RFC 5322 §2.1.1 — the first word shares its line with the name, a later one with the spaces before it.
        var column = nameCount + 2
        var previous = UInt8.hyphen
        for byte in value.utf8 {
            if byte == .space, previous != .space { column = 0 }
            column += 1
            guard column <= 998 else { throw .stretchTooLong }
            previous = byte
        }
    }
}

package enum HeaderFieldError: Error, Hashable, Sendable, CustomStringConvertible {
    case badName
    case nameTooLong
    case valueTooLong
    case controlCharacter
    /// The member of a message that says it, where there is one.
    case reserved(useInstead: String?)
    case empty
    case notASCII
    case encodedWord
    case stretchTooLong
    case badUnsubscribeList
    case badUnsubscribePost

    package var description: String {
        switch self {
        case .badName: "A header field's name is of printable ASCII characters other than the colon."
        case .nameTooLong: "The header field's name is longer than 76 bytes."
        case .valueTooLong: "The header field's value is longer than \(MessageComposer.headerLimit) bytes."
        case .controlCharacter: "The header field's value contains a line break or another control character."
        case .reserved(let member?): "This header field cannot be set; use \(member)."
        case .reserved(nil): "This header field cannot be set; Postrider or the mail servers on the way write it."
        case .empty: "This header field needs a value."
        case .notASCII: "This header field is read by programs and takes only ASCII."
        case .encodedWord: "This header field is read by programs and takes no encoded words."
        case .stretchTooLong: "The header field's value has no space within 998 bytes, so that it fits on no line."
        case .badUnsubscribeList:
            "List-Unsubscribe is one or more URIs in angle brackets, with commas between (RFC 2369)."
        case .badUnsubscribePost: "List-Unsubscribe-Post has just one value, List-Unsubscribe=One-Click (RFC 8058)."
        }
    }
}
