// StoredMessage.swift — messages, recipients and attempts as they are read back to be shown.

import Mail

package struct StoredMessage: Sendable {
    package var key: MessageKey
    package var id: MessageID
    package var project: ProjectID
    package var acceptedAt: Timestamp
    package var rfcMessageID: String
    /// The From as the caller wrote it.
    package var from: String
    package var subject: String
    /// Bytes of the content, also after the content itself has been purged.
    package var size: Int
    package var tags: [String: String]
    package var metadata: [String: String]
    package var externalID: String?
    /// Later than `acceptedAt` if the message was scheduled.
    package var firstAttemptAt: Timestamp
    package var expiresAt: Timestamp
    package var tls: TLSRequirement
    /// When its last recipient became final.
    package var finishedAt: Timestamp?
    /// False once it has been erased or purged.
    package var hasContent: Bool
    /// Its mail goes to the sandbox.
    package var isSandbox = false
    /// In the order of their positions.
    package var recipients: [StoredRecipient]

    package func status(at now: Timestamp) -> MessageStatus {
        MessageStatus(of: recipients.map { $0.status(at: now) })
    }
}

package struct StoredRecipient: Sendable {
    package var id: RecipientID
    package var position: Int32
    package var mailbox: Mailbox
    package var role: RecipientRole
    package var state: RecipientState
    /// Attempts made.
    package var attempts: Int
    /// Set just as long as the state is `queued`.
    package var nextAttemptAt: Timestamp?
    /// Set just when the state is final.
    package var finishedAt: Timestamp?
    /// Its `message.delayed` has gone out.
    package var isDelayed: Bool
    package var bounce: Bounce?
    package var failure: Failure?

    package var deliveredAt: Timestamp? { state == .delivered ? finishedAt : nil }

    package func status(at now: Timestamp) -> RecipientStatus {
        switch state {
        case .queued where isDelayed: .delayed
        case .queued: attempts == 0 && (nextAttemptAt ?? now) > now ? .scheduled : .queued
        case .delivered: .delivered
        case .bounced: .bounced
        case .failed: .failed
        case .suppressed: .suppressed
        case .canceled: .canceled
        }
    }
}

package struct StoredAttempt: Sendable {
    package struct Result: Sendable, Equatable {
        package enum Outcome: String, Sendable, CaseIterable { case delivered, deferred, bounced, failed }
        package var recipient: RecipientID
        package var outcome: Outcome
    }

    package var id: AttemptID
    package var startedAt: Timestamp
    package var finishedAt: Timestamp
    package var host: String?
    package var address: String?
    package var tls: String?
    package var reply: String?
    package var transcript: String
    package var results: [Result]
}

/// How much is in the store now; for metrics.
package struct QueueDepth: Sendable, Equatable {
    /// Recipients not final.
    package var queued: Int
    /// Recipients whose next attempt is due.
    package var due: Int
    /// The earliest due time of all.
    package var oldestDueAt: Timestamp?
}
