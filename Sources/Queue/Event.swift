// Event.swift — something that happened, mostly to one recipient, as the log keeps it and readers join it with its message.

package enum EventType: String, Sendable, CaseIterable {
    case accepted = "message.accepted", delivered = "message.delivered", delayed = "message.delayed"
    case bounced = "message.bounced", failed = "message.failed", suppressed = "message.suppressed"
    case canceled = "message.canceled", complained = "message.complained"
    /// About a sending domain; has `data`, and no message.
    case domainFailing = "domain.failing"
    /// About an endpoint that nothing is posted to any more; has `data`, and no message.
    case webhookDisabled = "webhook.disabled"
    /// Goes to the one endpoint that asked for it; has no message, and `data` if it shows an example of another type.
    case test = "webhook.test"
}

package struct Event: Sendable {
    /// What an event says about its message; nil for those of other types than `message.…`.
    package struct Message: Sendable {
        package var messageID: MessageID
        package var rfcMessageID: String
        package var externalID: String?
        package var recipientID: RecipientID
        /// As the caller wrote it.
        package var address: String
        package var role: RecipientRole
        package var from: String
        package var subject: String
        package var tags: [String: String]
        package var metadata: [String: String]
        /// Its mail goes to the sandbox.
        package var isSandbox = false
        package init(
            messageID: MessageID, rfcMessageID: String, externalID: String?, recipientID: RecipientID, address: String,
            role: RecipientRole, from: String, subject: String, tags: [String: String], metadata: [String: String]
        ) {
            (self.messageID, self.rfcMessageID, self.externalID, self.recipientID) = (
                messageID, rfcMessageID, externalID, recipientID
            )
            (self.address, self.role, self.from, self.subject) = (address, role, from, subject)
            (self.tags, self.metadata) = (tags, metadata)
        }
    }

    /// The attempt that caused it.
    package struct Attempt: Sendable {
        package var id: AttemptID
        /// 1 for the first.
        package var number: Int
        package var host: String?
        package var address: String?
        package init(id: AttemptID, number: Int, host: String?, address: String?) {
            (self.id, self.number, self.host, self.address) = (id, number, host, address)
        }
    }

    /// Strictly rising in the order of commits; never reused.
    package var seq: Int64
    package var id: EventID
    package var project: ProjectID
    package var type: EventType
    package var timestamp: Timestamp
    package var message: Message?
    package var attempt: Attempt?
    package var bounce: Bounce?
    package var failure: Failure?
    /// All that an event without a message says, in JSON as it was stored; nil for a plain `webhook.test`.
    package var data: String?

    package init(
        seq: Int64, id: EventID, project: ProjectID, type: EventType, timestamp: Timestamp, message: Message?,
        attempt: Attempt? = nil, bounce: Bounce? = nil, failure: Failure? = nil
    ) {
        (self.seq, self.id, self.project, self.type, self.timestamp) = (seq, id, project, type, timestamp)
        (self.message, self.attempt, self.bounce, self.failure) = (message, attempt, bounce, failure)
    }
}
