// BounceCategory.swift — what kind of refusal a 5yz was, for people, statistics and suppressions; never for deciding on retries.
//
// `BounceRule.table` decides. Servers use codes loosely and words freely, and a category that says of a living mailbox that it is
// dead does harm: its owner gets no mail any more. So what is said of the sender, of reputation or of content is looked for first,
// and a bare 550, which many give for all of these, is `unknown`.

import Mail
import Queue

enum BounceCategory: String, CaseIterable {
    case invalidRecipient = "invalid_recipient"
    case mailboxFull = "mailbox_full"
    /// It was there once, or is there and takes no mail.
    case mailboxDisabled = "mailbox_disabled"
    case messageTooLarge = "message_too_large"
    case contentRejected = "content_rejected"
    case spam
    /// The receiver's rules, or the sender's address.
    case policy
    /// SPF, DKIM, DMARC, reverse DNS; or SMTP AUTH, which a relay asks for.
    case authFailed = "auth_failed"
    /// Of our address or the sender's domain, whatever the message is.
    case reputationBlocked = "reputation_blocked"
    case rateLimited = "rate_limited"
    case relayDenied = "relay_denied"
    case tlsRequired = "tls_required"
    /// Behind the server that answered: it could not find, reach or wait for the next one.
    case dns, connection, timeout
    /// A command or a message was not understood, or the server lacks what it needs (8-bit text, an address in UTF-8).
    case `protocol`
    case unknown

    /// - enhancedCode: with its class, as `5.1.1`.
    /// - text: the reply; what else is in it than words may be there.
    init(replyCode: Int, enhancedCode: String?, text: String) {
        let refusal = RefusalWords(replyCode: replyCode, enhancedCode: enhancedCode, text: text)
        self = BounceRule.table.first { $0.fits(refusal) }?.category ?? .unknown
    }

    /// No message will ever be taken for this mailbox.
    var isOfDeadMailbox: Bool { self == .invalidRecipient || self == .mailboxDisabled }

    /// - isOfMailbox: it was said of this one recipient. What is said of a message to several, of its sender or of us as a
    ///   client may be true of another: then no mailbox is dead by it, whatever it says.
    static func bounce(
        code: Int, enhancedCode: String?, text: String, host: String?, isOfMailbox: Bool
    ) -> Bounce {
        let category = BounceCategory(replyCode: code, enhancedCode: enhancedCode, text: text)
        return Bounce(
            kind: isOfMailbox && category.isOfDeadMailbox ? .hard : .soft, category: category.rawValue,
            replyCode: code, enhancedCode: enhancedCode, message: text, host: host)
    }
}

/// A refusal as the rules look at it.
struct RefusalWords {
    let replyCode: Int
    /// Subject and detail; empty if there is no code, or one that says nothing (`x.0.0`, RFC 3463 §3.1).
    let code: String
    /// In lower case, one space between words. Without addresses, whose owners may be called anything, and without the
    /// enhanced codes that stand in front of each line of a longer reply.
    let words: [UInt8]

    init(replyCode: Int, enhancedCode: String?, text: String) {
        let named = enhancedCode.flatMap { $0.split(separator: ".", maxSplits: 1).last } ?? ""
        code = named == "0.0" ? "" : String(named)
        self.replyCode = replyCode
        var words: [UInt8] = []
        words.reserveCapacity(text.utf8.count)
        for word in text.utf8.split(whereSeparator: { $0 == 0x20 || $0 == 0x0A }) {
            guard !word.contains(UInt8(ascii: "@")), !word.isEnhancedCode else { continue }
            if !words.isEmpty { words.append(0x20) }
            words += word.lazy.map(\.asciiLowercased)
        }
        self.words = words
    }

    func contain(_ fragment: String) -> Bool {
        words.withUnsafeBufferPointer { $0.contains(word: fragment.utf8) }
    }
}

extension Substring.UTF8View {
    /// `5.7.26`
    fileprivate var isEnhancedCode: Bool {
        let parts = split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        return parts.count == 3
            && parts.allSatisfy { (1...3).contains($0.count) && $0.allSatisfy { (0x30...0x39).contains($0) } }
    }
}
