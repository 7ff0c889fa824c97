// QueueStore.swift — the one SQLite file: every promise that Postrider makes is a row in it.

import Mail

package struct StoreOptions: Sendable {
    /// Kept back on the disk so that results can still be recorded when it is full.
    package var reserveBytes = 16 << 20
    package var readers = 4
    /// Called once, on any thread, when the file has failed: the process must end and read the disk anew.
    package var onBroken: @Sendable (StoreFailure) -> Void = { _ in }
    package init() {}
}

package final class QueueStore: Sendable {
    /// Creates or opens the store in `directory`. Refuses a directory that another process has.
    package static func open(
        directory: String, clock: any WallClock, options: StoreOptions = StoreOptions()
    ) throws(StoreOpenFailure) -> QueueStore { fatalError() }

    /// Sets who is told of commits; call it once, before the first `submit`. Both run on the writer's thread, after
    /// the commit's sync and before the submitters go on, in the order of commits; they must be quick.
    /// - ready: newly accepted messages with their content in memory; those scheduled for later come without it
    ///   (`dueAt` says when) and are read back by `due`. Their keys rise from call to call.
    /// - events: the highest sequence number committed.
    package func start(
        ready: @escaping @Sendable ([ReadyMessage]) -> Void, events: @escaping @Sendable (Int64) -> Void
    ) { fatalError() }

    /// Takes nothing more, writes what has been handed over, closes the file and gives up the directory.
    package func close() async { fatalError() }
}

extension QueueStore {
    /// Returns once the commit's sync has returned.
    package func submit(_ submission: Submission) async throws(StoreFailure) -> SubmissionOutcome { fatalError() }

    /// Writes attempts with the states and events they cause, in one transaction; returns once it is on disk. A
    /// recipient that is final already stays as it is. Still written when the disk is full (from the reserve).
    package func record(_ attempts: [AttemptRecord]) async throws(StoreFailure) { fatalError() }

    // Due

    /// The highest key given out so far; nothing above it has been announced.
    package var highestMessage: MessageKey { fatalError() }

    /// Each destination that has queued recipients, with its earliest due time.
    package func destinations() async throws(StoreFailure) -> [(domain: Domain, dueAt: Timestamp)] { fatalError() }

    /// The recipients of a destination that fell due, earliest first, without those in flight.
    package func due(_ query: DueQuery) async throws(StoreFailure) -> DueBatch { fatalError() }

    /// Nil when it has been purged.
    package func content(of message: MessageKey) async throws(StoreFailure) -> MessageContent? { fatalError() }

    /// Gives up to `limit` queued recipients whose notice is due at `now` their `message.delayed`. Returns when the
    /// next one is due; that may be at once.
    package func noticeDelays(at now: Timestamp, limit: Int) async throws(StoreFailure) -> Timestamp? { fatalError() }

    /// Fails queued recipients of a destination that are due and past their lifetime at `now`: for after an attempt
    /// that failed for the whole destination. Returns how many; call again when it was `limit`.
    package func expire(
        in domain: Domain, at now: Timestamp, failure: Failure, limit: Int
    ) async throws(StoreFailure) -> Int { fatalError() }

    /// Deletes up to `limit` messages' worth of what is past its retention. Returns whether there may be more.
    package func purge(at now: Timestamp, retention: Retention, limit: Int = 200) async throws(StoreFailure) -> Bool {
        fatalError()
    }
}

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
}

/// How long things stay after the last recipient of their message is final.
package struct Retention: Sendable {
    package var content: Duration
    package var messages: Duration
    package init(content: Duration, messages: Duration) { (self.content, self.messages) = (content, messages) }
}

// MARK: Readers

extension QueueStore {
    package func message(_ id: MessageID, in project: ProjectID) async throws(StoreFailure) -> StoredMessage? {
        fatalError()
    }

    /// Newest first; `before` is the key of the last one of the page before.
    package func messages(
        in project: ProjectID, matching filter: MessageFilter, before: MessageKey?, at now: Timestamp, limit: Int
    ) async throws(StoreFailure) -> [StoredMessage] { fatalError() }

    /// Oldest first; nil if there is no such message.
    package func attempts(of id: MessageID, in project: ProjectID) async throws(StoreFailure) -> [StoredAttempt]? {
        fatalError()
    }

    /// Oldest first; nil if there is no such message.
    package func events(of id: MessageID, in project: ProjectID) async throws(StoreFailure) -> [Event]? { fatalError() }

    /// The log after `seq`, oldest first; all types if `types` is empty.
    package func events(
        in project: ProjectID, after seq: Int64, types: [EventType], limit: Int
    ) async throws(StoreFailure) -> [Event] { fatalError() }

    /// Nil when there is no such message or its content has been purged.
    package func content(of id: MessageID, in project: ProjectID) async throws(StoreFailure) -> MessageContent? {
        fatalError()
    }

    /// What a request with this key would be told at `now`; nil when the key is free. Only `submit` decides for good.
    package func replay(
        key: String, fingerprint: [UInt8], in project: ProjectID, at now: Timestamp
    ) async throws(StoreFailure) -> SubmissionOutcome? { fatalError() }

    package func depth(at now: Timestamp) async throws(StoreFailure) -> QueueDepth { fatalError() }
}

// MARK: Webhooks

extension QueueStore {
    /// The endpoint as it was stored: its cursor stands at the newest event.
    package func createEndpoint(_ endpoint: Endpoint) async throws(StoreFailure) -> Endpoint { fatalError() }
    /// Oldest first; those of all projects if nil.
    package func endpoints(in project: ProjectID?) async throws(StoreFailure) -> [Endpoint] { fatalError() }
    package func endpoint(_ id: EndpointID, in project: ProjectID) async throws(StoreFailure) -> Endpoint? {
        fatalError()
    }
    /// Its posts and retries go with it. False if there is none.
    package func deleteEndpoint(_ id: EndpointID, in project: ProjectID) async throws(StoreFailure) -> Bool {
        fatalError()
    }
    /// Its retries go; its posts stay.
    package func disableEndpoint(_ id: EndpointID, at now: Timestamp, reason: String) async throws(StoreFailure) {
        fatalError()
    }

    /// Events of the endpoint's project after `seq`, oldest first, of all types; of `webhook.test` only its own.
    package func backlog(of endpoint: Endpoint, after seq: Int64, limit: Int) async throws(StoreFailure) -> [Event] {
        fatalError()
    }

    /// Logs posts, keeps what must be retried, and moves cursors forward, in one transaction. Still written when the
    /// disk is full. Posts to endpoints deleted meanwhile are left out.
    package func record(_ posts: [PostRecord], cursors: [EndpointID: Int64]) async throws(StoreFailure) { fatalError() }

    /// Retries due at `now`, earliest first, of one endpoint or of all; without `excluding` (those being posted).
    package func dueRetries(
        of endpoint: EndpointID?, at now: Timestamp, excluding: Set<Int64>, limit: Int
    ) async throws(StoreFailure) -> [PostRetry] { fatalError() }

    /// When the earliest retry of an endpoint (of all, if nil) is due.
    package func nextRetryAt(of endpoint: EndpointID?) async throws(StoreFailure) -> Timestamp? { fatalError() }

    /// Newest first; `before` is the key of the last one of the page before.
    package func posts(to endpoint: EndpointID, before: Int64?, limit: Int) async throws(StoreFailure) -> [StoredPost] {
        fatalError()
    }

    /// Writes a `webhook.test` event that only this endpoint gets; nil if there is no such endpoint.
    package func appendTestEvent(
        to endpoint: EndpointID, in project: ProjectID, at now: Timestamp
    ) async throws(StoreFailure) -> Event? { fatalError() }
}
