// DueQuery.swift — what Delivery asks of the store when a destination's time has come, and how long things are kept.

import Mail

/// What `due` asks for.
package struct DueQuery: Sendable {
    package var domain: Domain
    package var now: Timestamp
    /// Recipients.
    package var limit: Int
    /// In memory with the caller, so not wanted.
    package var excluding: Set<RecipientKey>
    /// The highest message that had been announced to the caller when it took stock of `excluding`. Later ones are
    /// left out: they come, or came, by `ready`, and may even be delivered by the time this answer arrives.
    package var through: MessageKey
    /// There is no room for mail for the sandbox: it is left out.
    package var skipsSandbox = false
    package init(domain: Domain, now: Timestamp, limit: Int, excluding: Set<RecipientKey>, through: MessageKey) {
        (self.domain, self.now, self.limit) = (domain, now, limit)
        (self.excluding, self.through) = (excluding, through)
    }
}

package struct DueBatch: Sendable {
    /// Without content. Recipients of one message that fell due together are together.
    package var messages: [ReadyMessage]
    /// The earliest due time after `now`.
    package var nextDueAt: Timestamp?
    /// Nothing else is due now.
    package var isComplete: Bool
    /// Mail for the sandbox was left out.
    package var hasSkipped = false

    package init(messages: [ReadyMessage], nextDueAt: Timestamp?, isComplete: Bool) {
        (self.messages, self.nextDueAt, self.isComplete) = (messages, nextDueAt, isComplete)
    }
}

/// How long things stay after the last recipient of their message is final.
package struct Retention: Sendable {
    package var content: Duration
    package var messages: Duration
    package init(content: Duration, messages: Duration) { (self.content, self.messages) = (content, messages) }
}
