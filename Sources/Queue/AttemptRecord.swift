// AttemptRecord.swift — what one attempt did: the facts that are written with the states and events that follow from it.

/// One try to hand one message to one destination, however many of its hosts were asked.
package struct AttemptRecord: Sendable {
    package var id: AttemptID
    package var message: MessageKey
    package var startedAt: Timestamp
    package var finishedAt: Timestamp
    /// The last host asked; nil when none was (no such domain, DNS failure).
    package var host: String?
    /// The address connected to, without the port.
    package var address: String?
    /// `TLSv1.3 TLS_AES_256_GCM_SHA384`, or nil for clear text.
    package var tls: String?
    /// The last reply that decided, or in words what went wrong.
    package var reply: String?
    /// The dialogue: one line each, `+12.345 > EHLO …`, `+12.400 < 250 …`, `+… * connected to …`; seconds since `startedAt`.
    package var transcript: String
    package var results: [RecipientResult]
    /// Whoever bounced hard is not written to again, by any message of the project.
    package var suppressesDeadMailboxes = false

    package init(
        id: AttemptID, message: MessageKey, startedAt: Timestamp, finishedAt: Timestamp, host: String?,
        address: String?, tls: String?, reply: String?, transcript: String, results: [RecipientResult]
    ) {
        (self.id, self.message, self.startedAt, self.finishedAt, self.host) = (id, message, startedAt, finishedAt, host)
        (self.address, self.tls, self.reply, self.transcript, self.results) = (address, tls, reply, transcript, results)
    }
}

package struct RecipientResult: Sendable {
    package var position: Int32
    package var outcome: RecipientOutcome
    package init(position: Int32, outcome: RecipientOutcome) { (self.position, self.outcome) = (position, outcome) }
}

/// The step forward that an attempt makes for a recipient.
package enum RecipientOutcome: Sendable {
    case delivered
    case deferred(until: Timestamp)
    case bounced(Bounce)
    case failed(Failure)
}

/// A remote server refused for good.
package struct Bounce: Hashable, Sendable {
    package enum Kind: String, Sendable {
        /// The mailbox is dead: no message will ever be taken for it.
        case hard
        /// Another message, or another day, may do.
        case soft
    }
    package var kind: Kind
    /// `invalid_recipient`, `policy`, …; one table decides (Delivery).
    package var category: String
    package var replyCode: Int
    package var enhancedCode: String?
    /// The reply as received, lines joined by a space.
    package var message: String
    package var host: String?
    package init(kind: Kind, category: String, replyCode: Int, enhancedCode: String?, message: String, host: String?) {
        (self.kind, self.category, self.replyCode) = (kind, category, replyCode)
        (self.enhancedCode, self.message, self.host) = (enhancedCode, message, host)
    }
}

/// We gave up.
package struct Failure: Hashable, Sendable {
    package enum Reason: String, Sendable, CaseIterable {
        case expired, noSuchDomain = "no_such_domain", nullMX = "null_mx", mxNotAllowed = "mx_not_allowed"
        case noMailHost = "no_mail_host", mailLoop = "mail_loop"
        case tlsRequired = "tls_required", contentMissing = "content_missing"
        case failedByOperator = "failed_by_operator"
    }
    package var reason: Reason
    package var detail: String
    package var lastReply: String?
    package init(reason: Reason, detail: String, lastReply: String?) {
        (self.reason, self.detail, self.lastReply) = (reason, detail, lastReply)
    }
}
