// MessageChange.swift — what may be asked of a message that is queued, and what came of it.

import Mail

/// A recipient as whoever asks names it.
package enum RecipientReference: Hashable, Sendable {
    case id(RecipientID)
    case mailbox(Mailbox)

    package func names(_ recipient: StoredRecipient) -> Bool {
        switch self {
        case .id(let id): recipient.id == id
        case .mailbox(let mailbox): recipient.mailbox == mailbox
        }
    }
}

package enum ChangeOutcome: Sendable {
    case noSuchMessage
    /// Nothing was changed: these, by their places among those named, are no recipients of it.
    case noSuchRecipients([Int])
    /// The message as it is now. `changed` is how many recipients were.
    case done(StoredMessage, changed: Int, skipped: [SkippedRecipient])
}

/// A recipient for whom it could not be done.
package struct SkippedRecipient: Sendable {
    package enum Reason: String, Sendable, CaseIterable {
        /// A server is being spoken to about it.
        case inTransaction = "in_transaction"
        case alreadyFinal = "already_final"
        /// It has not been due yet.
        case scheduled
    }

    package var recipient: StoredRecipient
    package var reason: Reason
}

/// Other times for a scheduled message. What is nil stays as it is.
package struct Rescheduling: Sendable {
    package var firstAttemptAt: Timestamp?
    /// How long delivery is tried from the first attempt on.
    package var lifetime: Duration?
    package init(firstAttemptAt: Timestamp?, lifetime: Duration?) {
        (self.firstAttemptAt, self.lifetime) = (firstAttemptAt, lifetime)
    }
}

package enum ReschedulingOutcome: Sendable {
    case noSuchMessage
    /// Its time has come already.
    case notScheduled(MessageStatus)
    case done(StoredMessage)
}

package enum ErasureOutcome: Sendable {
    case noSuchMessage
    /// It is still needed, for so many recipients.
    case queued(Int)
    case done(StoredMessage)
}
