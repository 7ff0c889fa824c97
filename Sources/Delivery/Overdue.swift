// Overdue.swift — the duties that fall due without an attempt: the delay notice at four hours, retention.

import Logging
import Queue
import Synchronization

package final class Overdue: Sendable {
    private let store: QueueStore
    private let clock: any WallClock
    private let noticeAfter: Duration
    private let log: Logger
    private let alarm = Mutex<(any ClockTimer)?>(nil)
    private let isStopped = Atomic(false)

    /// Rows changed in one commit, so that the writer is never held for long.
    private static let page = 500

    package init(store: QueueStore, clock: any WallClock, noticeAfter: Duration, log: Logger) {
        (self.store, self.clock, self.noticeAfter, self.log) = (store, clock, noticeAfter, log)
    }

    /// Gives the notices that are due, and again whenever the next one is, until `stop`.
    package func start() async {
        guard !isStopped.load(ordering: .acquiring) else { return }
        let wake = await noticeDelays()
        let timer = clock.schedule(at: wake) { [weak self] in
            guard let self else { return }
            Task { await self.start() }
        }
        alarm.withLock { $0 = timer }
    }

    package func stop() {
        isStopped.store(true, ordering: .releasing)
        alarm.withLock { $0?.cancel() }
    }

    /// Marks and reports every recipient whose notice is due; returns when to look again. A message accepted meanwhile
    /// is due `noticeAfter` from now at the earliest.
    private func noticeDelays() async -> Timestamp {
        do {
            while true {
                let now = clock.now
                guard let next = try await store.noticeDelays(at: now, limit: Self.page) else { return now + noticeAfter }
                if next > now { return min(next, now + noticeAfter) }
            }
        } catch {
            log.error("giving delay notices failed", metadata: ["error": "\(error)"])
            return clock.now + .seconds(60)
        }
    }
}
