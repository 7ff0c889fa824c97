// ReadyMessage.swift — what Delivery works on: a queued message and those of its recipients whose time has come.

import Mail

/// A message's row in the store. Never shown to users.
package struct MessageKey: Hashable, Sendable {
    package let rawValue: Int64
    package init(rawValue: Int64) { self.rawValue = rawValue }
}

/// A recipient's row: its message and its position there.
package struct RecipientKey: Hashable, Sendable {
    package let message: MessageKey
    package let position: Int32
    package init(message: MessageKey, position: Int32) { (self.message, self.position) = (message, position) }
}

package struct ReadyRecipient: Sendable {
    package let key: RecipientKey
    package let id: RecipientID
    package let mailbox: Mailbox
    /// Attempts already made.
    package let attempts: Int
    package init(key: RecipientKey, id: RecipientID, mailbox: Mailbox, attempts: Int) {
        (self.key, self.id, self.mailbox, self.attempts) = (key, id, mailbox, attempts)
    }
}

package struct ReadyMessage: Sendable {
    package let key: MessageKey
    package let id: MessageID
    /// Whose message it is: only its keys and suppressions count.
    package let project: ProjectID
    package let reversePath: ReversePath
    /// Nil for a message that was accepted before this was kept.
    package let fromDomain: Domain?
    package let acceptedAt: Timestamp
    package let expiresAt: Timestamp
    package let tls: TLSRequirement
    /// Its recipients are written to also if they are suppressed.
    package var ignoresSuppressions = false
    /// For the sandbox, whatever the domains.
    package var isSandbox = false
    /// Bytes of the content.
    package let size: Int
    /// In memory straight after the commit; nil when read back by due time: then ask the store just before sending.
    package var content: MessageContent?
    /// When these recipients fell due.
    package let dueAt: Timestamp
    package var recipients: [ReadyRecipient]

    /// Whose keys sign it.
    package var sendingDomain: SendingDomainName? { fromDomain.map { SendingDomainName($0, in: project) } }

    package init(
        key: MessageKey, id: MessageID, project: ProjectID = .default, reversePath: ReversePath, fromDomain: Domain?,
        acceptedAt: Timestamp, expiresAt: Timestamp, tls: TLSRequirement, size: Int, content: MessageContent?,
        dueAt: Timestamp, recipients: [ReadyRecipient]
    ) {
        (self.key, self.id, self.project) = (key, id, project)
        (self.reversePath, self.fromDomain) = (reversePath, fromDomain)
        (self.acceptedAt, self.expiresAt) = (acceptedAt, expiresAt)
        (self.tls, self.size, self.content, self.dueAt, self.recipients) = (tls, size, content, dueAt, recipients)
    }
}
