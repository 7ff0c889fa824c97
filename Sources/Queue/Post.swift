// Post.swift — what became of the posts to endpoints, and which are to be made again.

/// One post that was tried, and what follows from it.
package struct PostRecord: Sendable {
    package enum Outcome: Sendable, Hashable {
        case succeeded
        case retry(at: Timestamp)
        /// The last wait is over.
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
    /// The endpoint wants no more posts, ever: it is disabled.
    package var isGone = false
    /// Where it was posted to; nil: to the endpoint's URL as it is.
    package var url: String?
    /// A test fails without consequences for its endpoint.
    package var isTest = false

    package init(
        endpoint: EndpointID, event: Int64, number: Int, startedAt: Timestamp, latency: Duration, status: Int?,
        error: String?, outcome: Outcome
    ) {
        (self.endpoint, self.event, self.number, self.startedAt) = (endpoint, event, number, startedAt)
        (self.latency, self.status, self.error, self.outcome) = (latency, status, error, outcome)
    }
}

/// An event that an endpoint has not taken yet, or that it is to get once more.
package struct PostRetry: Sendable {
    package var endpoint: EndpointID
    /// Tries already made, since it was last asked for.
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

/// Which posts of an endpoint a list shows. Every member that is set must hold.
package struct PostFilter: Sendable {
    package var hasSucceeded: Bool?
    package var event: EventID?
    package init(hasSucceeded: Bool? = nil, event: EventID? = nil) {
        (self.hasSucceeded, self.event) = (hasSucceeded, event)
    }
}

/// Events that an endpoint is to get once more.
package struct Replay: Sendable {
    /// Of events that happened at or after.
    package var since: Timestamp
    /// And before.
    package var until: Timestamp
    /// Empty: all that the endpoint wants.
    package var types: [EventType]
    /// Only events that it has not taken: given up, or waiting for a retry.
    package var isOfFailed: Bool

    package init(since: Timestamp, until: Timestamp, types: [EventType] = [], isOfFailed: Bool = false) {
        (self.since, self.until, self.types, self.isOfFailed) = (since, until, types, isOfFailed)
    }

    /// Not looked at again before these are done.
    package static let maximumPerEndpoint = 10
}

package enum ReplayOutcome: Sendable, Equatable {
    /// This many events will be posted.
    case begun(events: Int)
    case tooMany
    case noSuchEndpoint
}
