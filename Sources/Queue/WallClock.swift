// WallClock.swift — the clock that everything with a due time runs on; tests inject their own.

import Dispatch
import Foundation

/// Tells the time and rings at a given one. Timeouts of sockets are not its business: they are the event loops'.
package protocol WallClock: Sendable {
    var now: Timestamp { get }

    /// Runs `action` once, on a thread of the clock's choice, as soon as `now` has reached `time`; at once (but not
    /// before this returns) if it has already. `action` must not block.
    @discardableResult
    func schedule(at time: Timestamp, _ action: @escaping @Sendable () -> Void) -> any ClockTimer
}

extension WallClock {
    /// Returns when `now` has reached `time`.
    package func wait(until time: Timestamp) async {
        await withUnsafeContinuation { continuation in
            schedule(at: time) { continuation.resume() }
        }
    }
}

/// What `WallClock.schedule` hands out. Dropping it does not cancel.
package protocol ClockTimer: Sendable {
    /// After this the action does not begin, unless it has begun already.
    func cancel()
}

/// The machine's clock.
package struct SystemClock: WallClock {
    private static let queue = DispatchQueue(label: "postrider.clock")

    package init() {}

    package var now: Timestamp {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(milliseconds: Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000)
    }

    @discardableResult
    package func schedule(at time: Timestamp, _ action: @escaping @Sendable () -> Void) -> any ClockTimer {
        let source = DispatchSource.makeTimerSource(queue: Self.queue)
        source.setEventHandler {
            source.cancel()
            action()
        }
        // By the wall: when the clock is set forward, what has fallen due by it rings at once.
        let due = min(max(time, now), now + .seconds(366 * 86_400)).milliseconds
        let moment = timespec(tv_sec: Int(due / 1000), tv_nsec: Int(due % 1000) * 1_000_000)
        source.schedule(wallDeadline: DispatchWallTime(timespec: moment))
        source.activate()
        return Timer(source: source)
    }

    /// Cancelled, it is gone at once: of those who wait, most are woken long before their time. A source's `cancel` may
    /// be called from any thread (libdispatch), which its type does not say.
    private struct Timer: ClockTimer, @unchecked Sendable {
        let source: any DispatchSourceTimer
        func cancel() { source.cancel() }
    }
}
