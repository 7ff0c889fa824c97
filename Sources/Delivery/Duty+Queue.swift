// Duty+Queue.swift — what falls due without an attempt: the delay notice at four hours, the end of what a pause holds, and
// deleting what is past its time.

import Logging
import Queue

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

    /// Expires, once a minute, what is past its lifetime at destinations that are paused. Elsewhere that takes an attempt,
    /// and here none is made: but nothing waits for ever.
    package static func pausedExpiry(of dispatcher: Dispatcher) -> Duty {
        Duty("expiring at paused destinations", clock: dispatcher.house.clock, log: dispatcher.house.log) {
            await dispatcher.expirePaused()
            return dispatcher.house.clock.now + .seconds(60)
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
