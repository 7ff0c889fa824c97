// Scope.swift — what a key may be allowed to do.

package enum Scope: String, Sendable, CaseIterable {
    case messagesSend = "messages:send"
    case messagesRead = "messages:read"
    /// The bytes of messages, beside what is known of them.
    case messagesContent = "messages:content"
    case eventsRead = "events:read"
    case webhooks
    case suppressions
    case domains
    case queue
    case keys
    case metrics
}
