// Endpoint.swift — webhook endpoints, and what became of the posts to them.

package struct Endpoint: Sendable {
    package var id: EndpointID
    package var project: ProjectID
    package var url: String
    /// Empty: all.
    package var types: [EventType]
    /// The signing secret, sealed for `secretPurpose`; `whsec_…` in a file from before secrets were.
    package var secret: String
    package var createdAt: Timestamp
    /// Set: nothing is posted to it any more.
    package var disabledAt: Timestamp?
    package var disabledReason: String?
    /// Every event up to this one has been posted once, or has a retry of its own, or was not for this endpoint.
    package var cursor: Int64

    /// A new endpoint: it sees the events from its creation on.
    package init(
        id: EndpointID, project: ProjectID = .default, url: String, types: [EventType], secret: String,
        createdAt: Timestamp
    ) {
        (self.id, self.project, self.url, self.types) = (id, project, url, types)
        (self.secret, self.createdAt, self.cursor) = (secret, createdAt, 0)
    }
}

extension Endpoint {
    /// What its secret is sealed for.
    package static func secretPurpose(of id: EndpointID) -> String { "webhook-secret:\(id)" }
}

/// One post that was tried, and what follows from it.
package struct PostRecord: Sendable {
    package enum Outcome: Sendable, Hashable {
        case succeeded
        case retry(at: Timestamp)
        /// The last wait is over, or the endpoint is gone.
        case givenUp
    }

    package var endpoint: EndpointID
    package var event: Int64
    /// 1 for the first try.
    package var number: Int
    package var startedAt: Timestamp
    package var latency: Duration
    /// The HTTP status; nil if there was no answer.
    package var status: Int?
    /// In words, when there was no 2xx.
    package var error: String?
    package var outcome: Outcome

    package init(
        endpoint: EndpointID, event: Int64, number: Int, startedAt: Timestamp, latency: Duration, status: Int?,
        error: String?, outcome: Outcome
    ) {
        (self.endpoint, self.event, self.number, self.startedAt) = (endpoint, event, number, startedAt)
        (self.latency, self.status, self.error, self.outcome) = (latency, status, error, outcome)
    }
}

/// An event that an endpoint has not taken yet.
package struct PostRetry: Sendable {
    package var endpoint: EndpointID
    /// Tries already made.
    package var tries: Int
    package var dueAt: Timestamp
    package var event: Event
}

/// A post as the log of an endpoint shows it.
package struct StoredPost: Sendable {
    /// Rises with each post; for cursors.
    package var key: Int64
    /// Nil when the event has been purged.
    package var eventID: EventID?
    package var eventType: EventType?
    package var number: Int
    package var startedAt: Timestamp
    package var latency: Duration
    package var status: Int?
    package var error: String?
    package var nextTryAt: Timestamp?
}
