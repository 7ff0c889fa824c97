// Endpoint.swift — webhook endpoints: where their owner wants which events, and how they fare.

package struct Endpoint: Sendable {
    package var id: EndpointID
    package var project: ProjectID
    package var url: String
    /// For its owner.
    package var description: String?
    /// Empty: all.
    package var types: [EventType]
    /// Only events of messages that have all of these; empty: every event.
    package var tags: [String: String] = [:]
    /// Header fields for each post, as JSON, sealed for `headersPurpose`; nil: none.
    package var sealedHeaders: String?
    package var timeoutSeconds = Endpoint.defaultTimeoutSeconds
    /// Posts at the same time.
    package var maxConcurrency = Endpoint.defaultConcurrency
    /// The signing secret, sealed for `secretPurpose`; `whsec_…` in a file from before secrets were.
    package var secret: String
    /// The one before, which signs too for a while.
    package var oldSecret: OldSecret?
    package var createdAt: Timestamp
    /// Set: its owner wants no posts for now. What it misses is posted when it is resumed.
    package var pausedAt: Timestamp?
    /// Set: nothing is posted to it any more, until it is resumed.
    package var disabledAt: Timestamp?
    package var disabledReason: String?
    package var health = Health()
    /// Every event up to this one has been posted once, or has a retry of its own, or was not for this endpoint.
    package var cursor: Int64
    /// Rises with each change, and with each request for posts.
    package var revision: Int64 = 0

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
    package struct OldSecret: Sendable {
        /// Sealed for `secretPurpose`.
        package var secret: String
        package var expiresAt: Timestamp
        package init(secret: String, expiresAt: Timestamp) { (self.secret, self.expiresAt) = (secret, expiresAt) }
    }

    /// What its posts have come to.
    package struct Health: Sendable, Equatable {
        /// When the first of the posts failed that have all failed; nil if the last one did not.
        package var failingSince: Timestamp?
        package var lastSuccessAt: Timestamp?
        package var lastFailureAt: Timestamp?
        package var lastFailure: String?
        package init() {}
    }

    /// Each has a feed in memory, and reads the log for itself.
    package static let maximumPerProject = 100

    /// Standard Webhooks 1.0 advises 15 to 30 s.
    package static let defaultTimeoutSeconds = 15
    package static let defaultConcurrency = 8
    /// An endpoint that has failed for so long, and fails again, is disabled.
    package static let patience: Duration = .seconds(5 * 86_400)

    /// What its secrets are sealed for.
    package static func secretPurpose(of id: EndpointID) -> String { "webhook-secret:\(id)" }
    package static func headersPurpose(of id: EndpointID) -> String { "webhook-headers:\(id)" }

    /// Scheme, host and port of the URL; what follows may be a secret.
    package var origin: String {
        let scheme = url.prefix { $0 != ":" }
        let authority = url.dropFirst(scheme.count).drop { $0 == ":" || $0 == "/" }
        return "\(scheme)://\(authority.prefix { $0 != "/" && $0 != "?" })".lowercased()
    }

    package var status: EndpointStatus { disabledAt != nil ? .disabled : pausedAt != nil ? .paused : .enabled }

    /// Whether an event that has just happened is to be posted. A test is posted by who made it.
    package func wants(_ event: Event) -> Bool { wants(event.type, tags: event.message?.tags ?? [:]) }

    func wants(_ type: EventType, tags found: [String: String]) -> Bool {
        type != .test && (types.isEmpty || types.contains(type)) && tags.areAmong(found)
    }
}

package enum EndpointStatus: String, Sendable, CaseIterable { case enabled, paused, disabled }

/// What came of a post made at its owner's wish, for them to see.
package struct EndpointTrial: Sendable {
    package var event: Event
    package var startedAt: Timestamp
    package var latency: Duration
    /// Nil if there was no whole answer.
    package var status: Int?
    /// Names in lower case, in the order of the answer.
    package var headers: [(name: String, value: String)]
    /// The beginning of the answer's body.
    package var body: [UInt8]
    /// In words, when there was no 2xx.
    package var error: String?

    package init(
        event: Event, startedAt: Timestamp, latency: Duration, status: Int?, headers: [(name: String, value: String)],
        body: [UInt8], error: String?
    ) {
        (self.event, self.startedAt, self.latency, self.status) = (event, startedAt, latency, status)
        (self.headers, self.body, self.error) = (headers, body, error)
    }
}
