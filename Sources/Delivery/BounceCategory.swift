// BounceCategory.swift — what kind of refusal a 5yz was, for people and for statistics; never for deciding on retries.

import Queue

enum BounceCategory: String {
    case invalidRecipient = "invalid_recipient"
    case mailboxFull = "mailbox_full"
    case mailboxDisabled = "mailbox_disabled"
    case messageTooLarge = "message_too_large"
    case policy
    case authFailed = "auth_failed"
    case relayDenied = "relay_denied"
    case `protocol`
    /// The server cannot take such a message: 8-bit text, an address or a header in UTF-8.
    case notSupported = "not_supported"
    case unknown

    /// By subject and detail of the enhanced status code (RFC 3463 §3, RFC 7372), else by the reply code.
    init(replyCode: Int, enhancedCode: String?) {
        // RFC 3463 §3.1 — `x.0.0` says nothing.
        let named = enhancedCode.flatMap { $0.split(separator: ".", maxSplits: 1).last } ?? ""
        let detail = named == "0.0" ? "" : named
        self =
            switch (detail, replyCode) {
            case ("1.0", _), ("1.1", _), ("1.2", _), ("1.3", _), ("1.6", _), ("1.10", _): .invalidRecipient
            case ("2.1", _): .mailboxDisabled
            case ("2.2", _): .mailboxFull
            case ("2.3", _), ("3.4", _), (_, 552): .messageTooLarge
            case ("7.20", _), ("7.21", _), ("7.22", _), ("7.23", _), ("7.26", _): .authFailed
            case (let d, _) where d.hasPrefix("7."): .policy
            case (let d, _) where d.hasPrefix("6."): .notSupported
            case (let d, _) where d.hasPrefix("5."): .protocol
            case ("", 550), ("", 553), ("", 551): .invalidRecipient
            case ("", 500...504): .protocol
            case ("", 530), ("", 535): .authFailed
            case ("", 554): .policy
            default: .unknown
            }
    }

    /// A dead mailbox is `hard`; what another message or another day may change is `soft`.
    var kind: Bounce.Kind {
        switch self {
        case .invalidRecipient, .mailboxDisabled: .hard
        case .mailboxFull, .messageTooLarge, .policy, .authFailed, .relayDenied, .protocol, .notSupported,
            .unknown:
            .soft
        }
    }

    static func bounce(code: Int, enhancedCode: String?, text: String, host: String?) -> Bounce {
        let category = BounceCategory(replyCode: code, enhancedCode: enhancedCode)
        return Bounce(
            kind: category.kind, category: category.rawValue, replyCode: code, enhancedCode: enhancedCode,
            message: text, host: host)
    }
}
