// Submission.swift — a message as an application handed it over, ready to be written in one transaction.
//
// Past this type everything is valid: addresses are parsed, the bytes composed, the times decided. It knows nothing
// of HTTP, so that another way in (SMTP submission) can make one too.

import Mail

/// A tenant. Every row belongs to one; who needs none never sees the word.
package struct ProjectID: Hashable, Sendable {
    package let rawValue: Int64
    package init(rawValue: Int64) { self.rawValue = rawValue }
    package static let `default` = ProjectID(rawValue: 1)
}

/// The bytes of an RFC 5322 message: CRLF line ends only, no dot-stuffing, never changed once accepted.
package struct MessageContent: Hashable, Sendable {
    package let bytes: [UInt8]
    package let form: ContentForm
    /// SHA-256 of the body in DKIM's relaxed form (RFC 6376 §3.4.4), if it was made when the message was composed.
    package let bodyHash: [UInt8]?

    package init(bytes: [UInt8], form: ContentForm = ContentForm(), bodyHash: [UInt8]? = nil) {
        (self.bytes, self.form, self.bodyHash) = (bytes, form, bodyHash)
    }
}

/// Where the caller named a recipient.
package enum RecipientRole: String, Sendable, CaseIterable { case to, cc, bcc }

/// Whether a message may leave in clear text.
package enum TLSRequirement: String, Sendable, CaseIterable { case opportunistic, required }

package struct Submission: Sendable {
    package struct Recipient: Sendable {
        package var id: RecipientID
        package var mailbox: Mailbox
        package var role: RecipientRole
        /// Final from the start: accepted, and never written to.
        package var isSuppressed = false
        package init(id: RecipientID, mailbox: Mailbox, role: RecipientRole) {
            (self.id, self.mailbox, self.role) = (id, mailbox, role)
        }
    }

    package var id: MessageID
    package var project: ProjectID
    package var acceptedAt: Timestamp
    /// The Message-ID field with its angle brackets.
    package var rfcMessageID: String
    /// The From as the caller wrote it, for showing.
    package var from: String
    /// The domain of the From field: whose keys sign the message.
    package var fromDomain: Domain
    package var subject: String
    package var reversePath: ReversePath
    package var content: MessageContent
    /// 1 to 1,000; their order is the order of `to`, `cc`, `bcc` and gives each its position.
    package var recipients: [Recipient]
    package var tags: [String: String]
    package var metadata: [String: String]
    package var externalID: String?
    /// When the first attempt is due; `acceptedAt` unless scheduled.
    package var firstAttemptAt: Timestamp
    /// A transient failure at or past this moment is final.
    package var expiresAt: Timestamp
    /// A recipient still queued at this moment gets its one `message.delayed`.
    package var delayNoticeAt: Timestamp
    package var tls: TLSRequirement
    /// Whoever becomes suppressed while it waits is written to nevertheless.
    package var ignoresSuppressions = false
    /// Delivered to the sandbox, whatever the domains; nothing leaves the machine.
    package var isSandbox = false
    package var idempotency: IdempotencyClaim?

    package init(
        id: MessageID, project: ProjectID = .default, acceptedAt: Timestamp, rfcMessageID: String, from: String,
        fromDomain: Domain, subject: String, reversePath: ReversePath, content: MessageContent, recipients: [Recipient],
        tags: [String: String] = [:], metadata: [String: String] = [:], externalID: String? = nil,
        firstAttemptAt: Timestamp? = nil, expiresAt: Timestamp, delayNoticeAt: Timestamp,
        tls: TLSRequirement = .opportunistic, idempotency: IdempotencyClaim? = nil
    ) {
        (self.id, self.project, self.acceptedAt, self.rfcMessageID) = (id, project, acceptedAt, rfcMessageID)
        (self.from, self.fromDomain, self.subject) = (from, fromDomain, subject)
        (self.reversePath, self.content) = (reversePath, content)
        (self.recipients, self.tags, self.metadata, self.externalID) = (recipients, tags, metadata, externalID)
        (self.firstAttemptAt, self.expiresAt) = (firstAttemptAt ?? acceptedAt, expiresAt)
        (self.delayNoticeAt, self.tls, self.idempotency) = (delayNoticeAt, tls, idempotency)
    }
}

extension Submission {
    /// Nobody, if it is to reach them all the same.
    package mutating func markSuppressed(by suppressions: SuppressionDirectory) {
        guard !suppressions.isEmpty, !ignoresSuppressions else { return }
        for index in recipients.indices {
            recipients[index].isSuppressed = suppressions.holds(
                recipients[index].mailbox, in: project, at: acceptedAt)
        }
    }
}

/// An `Idempotency-Key` with what it stands for; written in the submission's own transaction.
package struct IdempotencyClaim: Sendable {
    package var key: String
    /// SHA-256 of what makes the request the same when it is repeated.
    package var fingerprint: [UInt8]
    /// The body of the 202 that a repetition gets again.
    package var answer: [UInt8]
    package init(key: String, fingerprint: [UInt8], answer: [UInt8]) {
        (self.key, self.fingerprint, self.answer) = (key, fingerprint, answer)
    }
}

/// What became of a submission.
package enum SubmissionOutcome: Sendable, Equatable {
    /// On disk: the commit's sync has returned.
    case accepted
    /// The key was used for the same request before: the first answer's body. Nothing was written.
    case replayed(answer: [UInt8])
    /// The key was used for another request. Nothing was written.
    case keyReused
}
