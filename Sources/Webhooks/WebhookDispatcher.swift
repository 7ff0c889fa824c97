// WebhookDispatcher.swift — keeps one feed for each endpoint, and tells them when there is something new.

import Crypto
import Events
import Logging
import Queue
import Synchronization

package actor WebhookDispatcher {
    package struct Options: Sendable {
        /// Events of one endpoint in memory: room for twice as many as may be posted at the same time.
        package var window = 100
        package var schedule = WebhookSchedule()
        package var userAgent = "Postrider"
        package init() {}
    }

    /// What commits have brought since it was last looked at.
    private struct News {
        var seq: Int64 = 0
        var endpointsChanged = true
    }

    /// What it stands on.
    package struct House: Sendable {
        let store: QueueStore
        let poster: any WebhookPosting
        /// Opens the endpoints' secrets.
        let secrets: SecretBox
        let clock: any WallClock
        let log: Logger

        package init(
            store: QueueStore, poster: any WebhookPosting, secrets: SecretBox, clock: any WallClock, log: Logger
        ) {
            (self.store, self.poster, self.secrets, self.clock, self.log) = (store, poster, secrets, clock, log)
        }
    }

    private let around: EndpointFeed.Surroundings
    private let secrets: SecretBox
    private var feeds: [EndpointID: EndpointFeed] = [:]
    private var isStopping = false
    private nonisolated let news = Mutex(News())
    private nonisolated let commits = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))

    package init(_ house: House, options: Options = Options()) {
        secrets = house.secrets
        around = .init(
            store: house.store, poster: house.poster, clock: house.clock, options: options, log: house.log)
    }

    /// For the store to call after each commit of events; from any thread, never waits.
    package nonisolated func eventsCommitted(through seq: Int64) {
        news.withLock { $0.seq = seq }
        commits.continuation.yield()
    }

    /// For the store to call after each commit that changed endpoints; as above.
    package nonisolated func endpointsChanged() {
        news.withLock { $0.endpointsChanged = true }
        commits.continuation.yield()
    }

    /// Takes up every endpoint's backlog and retries; returns when that has begun.
    package func start() async throws(StoreFailure) {
        if try await !around.store.sealSecrets(with: secrets) {
            around.log.notice(
                "another program reads the store: what was in it in the clear may be there until the next start")
        }
        try await refresh()
        Task {
            for await _ in commits.stream { await spread() }
        }
    }

    /// Starts no more posts and returns when those running are answered and recorded, or `bound` is over; then the
    /// unanswered are posted again after the next start. Stop the poster after this.
    package func stop(within bound: Duration) async {
        isStopping = true
        commits.continuation.finish()
        let feeds = Array(feeds.values)
        let deadline = Task {
            try? await Task.sleep(for: bound)  // Cancelled when all is drained: then closing changes nothing.
            for feed in feeds { await feed.close() }
        }
        await withDiscardingTaskGroup { group in
            for feed in feeds { group.addTask { await feed.drain() } }
        }
        deadline.cancel()
    }

    private func spread() async {
        do {
            try await refresh()
        } catch StoreFailure.closed {
            return
        } catch {
            around.log.error("endpoints could not be read", metadata: ["error": "\(error)"])
        }
        let seq = news.withLock { $0.seq }
        for feed in feeds.values { await feed.eventsCommitted(through: seq) }
    }

    /// Makes the feeds match the endpoints that the store has now, if they have changed.
    private func refresh() async throws(StoreFailure) {
        // Taken before the read: what changes after it is news again.
        let isDue = news.withLock { news in
            defer { news.endpointsChanged = false }
            return news.endpointsChanged
        }
        guard isDue else { return }
        do throws(StoreFailure) {
            let endpoints = try await around.store.endpoints(in: nil)
            await match(endpoints.filter { $0.disabledAt == nil })
        } catch {
            news.withLock { $0.endpointsChanged = true }
            throw error
        }
    }

    private func match(_ endpoints: [Endpoint]) async {
        guard !isStopping else { return }
        let ids = Set(endpoints.map(\.id))
        for (id, feed) in feeds where !ids.contains(id) {
            await feed.close()
            feeds[id] = nil
        }
        for endpoint in endpoints { await take(endpoint) }
    }

    private func take(_ endpoint: Endpoint) async {
        if let feed = feeds[endpoint.id], await feed.isCurrent(for: endpoint) { return }
        guard let target = PostTarget(endpoint, openedBy: secrets) else {
            around.log.error("endpoint without a readable secret", metadata: ["endpoint": "\(endpoint.id)"])
            return
        }
        if let feed = feeds[endpoint.id] {
            if await feed.update(target) { return }
            await feed.close()
        }
        guard !isStopping else { return }
        let feed = EndpointFeed(target, around: around)
        feeds[endpoint.id] = feed
        await feed.eventsCommitted(through: 0)
    }
}

extension WebhookDispatcher {
    /// Posts a `webhook.test` at once, whatever the endpoint's status; returns what came of it, which is on record then.
    /// Nil if the endpoint is gone.
    /// - Parameter example: the post looks like an event of this type, with made-up facts.
    package func test(_ endpoint: Endpoint, example: EventType?) async throws(StoreFailure) -> EndpointTrial? {
        guard let target = PostTarget(endpoint, openedBy: secrets) else {
            throw .refused("the secret of \(endpoint.id) is not readable")
        }
        let data = example.flatMap { EventExample.data(of: $0) }
        let event = try await around.store.appendTestEvent(
            to: endpoint.id, in: endpoint.project, at: around.clock.now, data: data)
        guard let event else { return nil }
        let startedAt = around.clock.now
        var post = target.post(of: event, at: startedAt, userAgent: around.options.userAgent)
        post.keepsHeaders = true
        let result = target.mask.hiding(in: await around.poster.post(post))
        var record = PostRecord(
            endpoint: endpoint.id, event: event.seq, number: 1, startedAt: startedAt, latency: result.latency,
            status: result.status, error: result.complaint, outcome: result.isSuccess ? .succeeded : .givenUp)
        (record.isTest, record.url) = (true, endpoint.url)
        try await around.store.record([record], cursors: [:])
        return EndpointTrial(
            event: event, startedAt: startedAt, latency: result.latency, status: result.status,
            headers: result.headers, body: result.bodyPrefix, error: result.complaint)
    }
}
