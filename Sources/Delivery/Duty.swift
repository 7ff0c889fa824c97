// Duty.swift — what falls due without an attempt: the delay notice at four hours, and deleting what is past its time.

import Logging
import Queue
import Synchronization

/// Something done whenever its time has come, until it is stopped. One at a time.
package final class Duty: Sendable {
    private let name: String
    private let clock: any WallClock
    private let log: Logger
    /// Does what is due and returns when to come again.
    private let perform: @Sendable () async throws -> Timestamp
    private struct State { var alarm: (any ClockTimer)?, isPerforming = false, isStopped = false }
    private let state = Mutex(State())

    /// After a failure, which is logged.
    private static let pause: Duration = .seconds(60)

    init(
        _ name: String, clock: any WallClock, log: Logger, perform: @escaping @Sendable () async throws -> Timestamp
    ) {
        (self.name, self.clock, self.log, self.perform) = (name, clock, log, perform)
    }

    /// Returns when what is due now has been done, and goes on by itself.
    package func start() async {
        state.withLock { $0.isPerforming = true }
        let next: Timestamp
        do {
            next = try await perform()
        } catch {
            log.error("\(name) failed", metadata: ["error": "\(error)"])
            next = clock.now + Self.pause
        }
        state.withLock { state in
            state.isPerforming = false
            guard !state.isStopped else { return }
            state.alarm = clock.schedule(at: next) { self.ring() }
        }
    }

    private func ring() {
        state.withLock { $0.isPerforming = true }
        Task { await start() }
    }

    /// Nothing is being done; the next alarm is set.
    var isWaiting: Bool { state.withLock { !$0.isPerforming } }

    /// Nothing begins after this.
    package func stop() {
        state.withLock { state in
            state.isStopped = true
            state.alarm?.cancel()
            state.alarm = nil
        }
    }
}

extension Duty {
    /// Marks and reports, once each, the recipients that have been queued for `delay`.
    package static func delayNotices(after delay: Duration, store: QueueStore, clock: any WallClock, log: Logger)
        -> Duty
    {
        // Rows changed in one commit, so that the writer is never held for long.
        let page = 500
        return Duty("giving delay notices", clock: clock, log: log) {
            while true {
                let now = clock.now
                // What is accepted meanwhile is due at `now + delay` at the earliest.
                guard let next = try await store.noticeDelays(at: now, limit: page) else { return now + delay }
                if next > now { return min(next, now + delay) }
            }
        }
    }

    /// Deletes, hourly, what is past its retention.
    package static func purging(_ retention: Retention, store: QueueStore, clock: any WallClock, log: Logger) -> Duty {
        Duty("purging", clock: clock, log: log) {
            while try await store.purge(at: clock.now, retention: retention) {}
            return clock.now + .seconds(3600)
        }
    }
}
