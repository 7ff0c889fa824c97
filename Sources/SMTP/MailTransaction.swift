// MailTransaction.swift — one MAIL, its RCPTs and its content, and what the server said to each.

import Mail
import NIOCore

package struct MailTransaction: Sendable {
    package var reversePath: ReversePath
    /// At least one.
    package var forwardPaths: [Mailbox]
    /// Header fields, each with its CRLF, that go before the content (signatures). Apart from it, so that a large
    /// content need not be copied to be given some.
    package var prefix: [UInt8] = []
    /// The message as it is: not dot-stuffed. Bare CRs and LFs leave as CRLF.
    package var content: [UInt8]
    /// Of the content, which is not looked through for it. The prefix is always ASCII.
    package var form: ContentForm
    /// Which message of ours it is, in one word without `=`: told to a server that asks for it, which only our sandbox does.
    package var origin: String?
    /// Zero of the transcript's times, unless the session was opened for this transaction.
    package var startedAt: NIODeadline

    package init(
        reversePath: ReversePath, forwardPaths: [Mailbox], content: [UInt8], form: ContentForm = ContentForm(),
        startedAt: NIODeadline = .now()
    ) {
        (self.reversePath, self.forwardPaths) = (reversePath, forwardPaths)
        (self.content, self.form, self.startedAt) = (content, form, startedAt)
    }

    /// What SIZE speaks of (RFC 1870 §3): bytes before dot-stuffing.
    package var size: Int { prefix.count + content.count }
}

extension MailTransaction {
    var needs8BitMIME: Bool { form.has8BitBody || form.hasUTF8Header }

    /// RFC 6531 §3.4 — domains are A-labels always, so only a header or a local-part can need it.
    var needsSMTPUTF8: Bool {
        form.hasUTF8Header || hasUTF8ReversePath || forwardPaths.contains { $0.needsSMTPUTF8 }
    }

    /// Leaves out the forward-paths from the first one on that asks for SMTPUTF8 where the one before does not, or the
    /// other way round. With all of them, the mailboxes in ASCII would get the message as SMTPUTF8 too, and a host behind
    /// the server that lacks it would have to refuse it for them. What asks for SMTPUTF8 in any case stays whole.
    package mutating func keepOneKind() {
        guard !form.hasUTF8Header, !hasUTF8ReversePath, let first = forwardPaths.first else { return }
        forwardPaths = Array(forwardPaths.prefix { $0.needsSMTPUTF8 == first.needsSMTPUTF8 })
    }

    var hasUTF8ReversePath: Bool {
        switch reversePath {
        case .null: false
        case .mailbox(let mailbox): mailbox.needsSMTPUTF8
        }
    }
}

/// What became of one RCPT.
package enum RecipientReply: Hashable, Sendable {
    /// Never asked, or its answer never came, or means nothing because MAIL was refused.
    case notTried
    /// 2yz: what becomes of the recipient is decided by `data`, `content` or `failure`.
    case accepted
    /// 4yz or 5yz to this RCPT.
    case refused(Reply)
    /// 452 or 552 for the number of recipients, after some were accepted: to be sent in another transaction, at once
    /// (RFC 5321 §4.5.3.1.10).
    case tooMany(Reply)
}

/// The facts of a transaction; what they mean is not decided here. A reply that came outranks the `failure` after it.
package struct TransactionResult: Sendable {
    /// The reply to MAIL; a refusal is of the whole message.
    package internal(set) var mail: Reply?
    /// One for each forward-path, in their order.
    package internal(set) var recipients: [RecipientReply]
    /// The reply to DATA, if some recipient was accepted.
    package internal(set) var data: Reply?
    /// The reply to the content: positive only if the final dot had been written.
    package internal(set) var content: Reply?
    /// What broke the session off, if anything did.
    package internal(set) var failure: SMTPFailure?
    /// The dialogue, one `+seconds.milliseconds` line each; with the opening of the session if it was opened for this.
    package internal(set) var transcript = ""

    /// The final dot was written and no reply came: the server may or may not have the message (RFC 1047).
    package var isInDoubt: Bool { failure?.stage == .finalDot }

    /// The server has taken responsibility for the accepted recipients.
    package var isContentAccepted: Bool { content?.isPositive ?? false }

    init(recipientCount: Int) { recipients = Array(repeating: .notTried, count: recipientCount) }
}
