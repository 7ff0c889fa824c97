// EndpointFeed.swift — posts one endpoint's events: reads them, posts several at a time, records what came of it.
//
// Each step that must wait (a read, a post, a record) runs beside the others and ends by calling `advance`, which starts
// whatever can be started next. No step waits for another endpoint's, and a slow one leaves only its own window full.

import Logging
import Metrics
import Queue

actor EndpointFeed {
    /// What all feeds share.
    struct Surroundings: Sendable {
        let store: QueueStore
        let poster: any WebhookPosting
        let clock: any WallClock
        let options: WebhookDispatcher.Options
        let log: Logger
    }

    /// After which the store is asked again.
    private static let pause: Duration = .seconds(5)

    private enum Stage {
        case running
        /// Starts no post any more, records those that end.
        case draining
        /// Its endpoint is gone or the time to drain over: what still ends is forgotten, and tried again another day.
        case closed
    }

    private let around: Surroundings
    private var target: PostTarget
    private var window: PostWindow
    private var stage = Stage.running
    private var isReading = false
    private var isRecording = false
    private var isGone = false
    private var isDisabled = false
    /// The store has failed; until the timer rings nothing is asked of it.
    private var isWithoutStore = false
    /// There may be a replay to go on with.
    private var hasReplay = true
    /// Being posted when something was asked to be posted again: each may be due once more when it is on record.
    private var askedMeanwhile: Set<Int64> = []
    /// The highest event committed since the log was last read to its end; at the start none is known.
    private var news: Int64? = 0
    /// At the start: to be looked up.
    private var nextRetryAt: Timestamp? = Timestamp(milliseconds: .min)
    private var timer: (any ClockTimer)?
    private var onDrained: CheckedContinuation<Void, Never>?

    init(_ target: PostTarget, around: Surroundings) {
        (self.target, self.around) = (target, around)
        window = PostWindow(size: around.options.window, cursor: target.endpoint.cursor)
    }

    /// Called once to begin, and whenever events have been committed.
    func eventsCommitted(through seq: Int64) {
        news = max(news ?? 0, seq)
        advance()
    }

    private var hasEnded: Bool { isDisabled || stage == .closed }

    /// Whether it goes on, and its endpoint is as it was: then nothing sealed need be opened for it again.
    func isCurrent(for endpoint: Endpoint) -> Bool {
        !hasEnded && endpoint.revision == target.endpoint.revision
    }

    /// Goes on with the endpoint as it is now. False if it has ended, as its endpoint was disabled: an endpoint that is
    /// enabled again needs a new feed.
    func update(_ target: PostTarget) -> Bool {
        guard !hasEnded else { return false }
        if target.endpoint.url != self.target.endpoint.url { isGone = false }
        self.target = target
        (hasReplay, nextRetryAt) = (true, Timestamp(milliseconds: .min))
        askedMeanwhile.formUnion(window.inside)
        advance()
        return true
    }

    /// Returns when nothing is being posted and everything is on record, or `close` was called.
    func drain() async {
        guard stage == .running else { return }
        stage = .draining
        timer?.cancel()
        await withCheckedContinuation { continuation in
            onDrained = continuation
            advance()
        }
    }

    func close() {
        stage = .closed
        timer?.cancel()
        onDrained?.resume()
        onDrained = nil
    }

    private func advance() {
        guard stage != .closed else { return }
        startPosts()
        if wantsReading, !isReading {
            isReading = true
            Task { await read() }
        }
        if wantsRecording, !isRecording {
            isRecording = true
            Task { await record() }
        }
        if stage == .draining, window.postingCount == 0, !isRecording { close() }
    }
}

// Reading.
extension EndpointFeed {
    private var wantsReading: Bool {
        guard mayPost, !isWithoutStore else { return false }
        return hasNewsAndRoom || isRetryDueAndFits
    }

    /// Reads in pages, not single events.
    private var hasNewsAndRoom: Bool { news != nil && window.freshRoom * 4 >= around.options.window }
    private var isRetryDueAndFits: Bool { nextRetryAt.map { $0 <= around.clock.now } ?? false && window.retryRoom > 0 }

    private func read() async {
        do {
            if isRetryDueAndFits { try await readRetries() }
            if hasNewsAndRoom { try await readLog() }
            isReading = false
            advance()
        } catch {
            isReading = false
            pause(after: error)
        }
    }

    private func readLog() async throws(StoreFailure) {
        let (seen, room) = (news ?? 0, window.freshRoom)
        news = nil
        let page = try await around.store.backlog(of: target.endpoint, after: window.readThrough, limit: room)
        let isWhole = page.scannedThrough == nil && page.events.count < room
        window.admit(page.events, through: page.scannedThrough ?? (isWhole ? seen : 0), where: target.endpoint.wants)
        if !isWhole { news = max(news ?? 0, seen) }
    }

    private func readRetries() async throws(StoreFailure) {
        let (now, room) = (around.clock.now, window.retryRoom)
        nextRetryAt = nil
        let due = try await retries(at: now, limit: room)
        window.admit(due)
        if due.count == room {
            retryFallsDue(at: now)
        } else if try await advanceReplay(at: now) {
            nextRetryAt = now
        } else if let next = try await retries(at: Timestamp(milliseconds: .max), limit: 1).first {
            retryFallsDue(at: next.dueAt)
        }
    }

    /// Whether there is more to read now. On a full disk, or while more is to be written than can be kept up with, a replay
    /// waits, and all else goes on.
    private func advanceReplay(at now: Timestamp) async throws(StoreFailure) -> Bool {
        guard hasReplay else { return false }
        hasReplay = false
        do throws(StoreFailure) {
            let isUnderWay = try await around.store.advanceReplay(
                of: target.endpoint, through: window.readThrough, at: now)
            guard isUnderWay else { return false }
        } catch {
            guard error == .full || error == .overloaded else { throw error }
            hasReplay = true
            retryFallsDue(at: now + Self.pause)
            return false
        }
        hasReplay = true
        askedMeanwhile.formUnion(window.inside)
        return true
    }

    private func retries(at time: Timestamp, limit: Int) async throws(StoreFailure) -> [PostRetry] {
        try await around.store.dueRetries(
            of: target.endpoint.id, at: time, excluding: window.inside, limit: limit)
    }

    private func retryFallsDue(at time: Timestamp) {
        guard nextRetryAt.map({ time < $0 }) ?? true, stage == .running else { return }
        nextRetryAt = time
        ring(at: time)
    }

    private func ring(at time: Timestamp) {
        timer?.cancel()
        timer = around.clock.schedule(at: time) { [weak self] in
            guard let self else { return }
            Task { await self.wake() }
        }
    }

    private func wake() {
        isWithoutStore = false
        // The machine's clock may have been set back since the timer was.
        if let time = nextRetryAt, time > around.clock.now { ring(at: time) }
        advance()
    }
}

// Posting.
extension EndpointFeed {
    /// Its owner may have paused it.
    private var mayPost: Bool { stage == .running && !isGone && !isDisabled && target.endpoint.pausedAt == nil }

    private func startPosts() {
        guard mayPost else { return }
        while window.postingCount < target.endpoint.maxConcurrency, let next = window.next() {
            Task { await post(next) }
        }
    }

    private func post(_ turn: PostWindow.Try) async {
        // Its owner may change it while this is under way.
        let (target, startedAt) = (target, around.clock.now)
        let answer = await around.poster.post(
            target.post(of: turn.event, at: startedAt, userAgent: around.options.userAgent))
        guard stage != .closed else { return }
        let result = target.mask.hiding(in: answer)
        var record = record(of: turn, startedAt: startedAt, result: result)
        record.url = target.endpoint.url
        window.finish(record)
        if record.outcome == .givenUp {
            let facts = about(["event": "\(turn.event.id)", "error": "\(result.briefComplaint)"])
            around.log.notice("webhook post given up", metadata: facts)
        }
        if result.isGone, target.endpoint.url == self.target.endpoint.url { isGone = true }
        advance()
    }

    private func record(of turn: PostWindow.Try, startedAt: Timestamp, result: PostResult) -> PostRecord {
        let outcome = outcome(of: result, number: turn.number)
        Counter(label: "postrider_webhook_posts_total", dimensions: [("outcome", outcome.label)]).increment()
        var record = PostRecord(
            endpoint: target.endpoint.id, event: turn.event.seq, number: turn.number, startedAt: startedAt,
            latency: result.latency, status: result.status, error: result.complaint, outcome: outcome)
        record.isGone = result.isGone
        return record
    }

    private func outcome(of result: PostResult, number: Int) -> PostRecord.Outcome {
        if result.isSuccess { return .succeeded }
        guard let wait = around.options.schedule.wait(afterTry: number, retryAfter: result.retryAfter) else {
            return .givenUp
        }
        return .retry(at: around.clock.now + wait)
    }
}

// Recording.
extension EndpointFeed {
    /// Events that are not for this endpoint move its cursor too, which alone is not worth a transaction each time.
    private static let cursorLag: Int64 = 1000

    private var wantsRecording: Bool {
        if isWithoutStore { return false }
        if window.hasUnrecorded { return true }
        let lag = window.cursor - window.recordedCursor
        return lag >= Self.cursorLag || stage == .draining && lag > 0
    }

    private func record() async {
        let batch = window.takeUnrecorded()
        do {
            let disabled = try await around.store.record(batch.records, cursors: [target.endpoint.id: batch.cursor])
            window.settle(batch)
            for case .retry(let time) in batch.records.map(\.outcome) { retryFallsDue(at: time) }
            for record in batch.records where askedMeanwhile.remove(record.event) != nil {
                nextRetryAt = Timestamp(milliseconds: .min)
            }
            if let reason = disabled[target.endpoint.id] {
                isDisabled = true
                around.log.notice("endpoint disabled", metadata: about(["reason": "\(reason)"]))
            }
            isRecording = false
            advance()
        } catch {
            window.putBack(batch)
            isRecording = false
            pause(after: error)
        }
    }

    private func about(_ facts: Logger.Metadata) -> Logger.Metadata {
        facts.merging(["endpoint": "\(target.endpoint.id)"]) { fact, _ in fact }
    }

    private func pause(after failure: StoreFailure) {
        switch failure {
        case .closed, .broken:
            close()
        case .full, .overloaded, .refused, .projectDeleted:
            around.log.error("webhook posts wait for the store", metadata: about(["error": "\(failure)"]))
            guard stage == .running else { return close() }
            (isWithoutStore, hasReplay) = (true, true)
            news = news ?? 0
            nextRetryAt = Timestamp(milliseconds: .min)
            ring(at: around.clock.now + Self.pause)
        }
    }
}

extension PostRecord.Outcome {
    fileprivate var label: String {
        switch self {
        case .succeeded: "succeeded"
        case .retry: "retry"
        case .givenUp: "given_up"
        }
    }
}
