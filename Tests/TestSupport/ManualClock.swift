// ManualClock.swift — a clock that stands still until a test moves it.

import Queue
import Synchronization

package final class ManualClock: WallClock {
    private struct Alarm { let id: Int; let time: Timestamp; let action: @Sendable () -> Void }
    private struct State { var now: Timestamp; var nextID = 0; var alarms: [Alarm] = [] }
    private let state: Mutex<State>

    package init(at start: Timestamp = Timestamp(milliseconds: 1_790_000_000_000)) {
        state = Mutex(State(now: start))
    }

    package var now: Timestamp { state.withLock { $0.now } }

    /// The earliest alarm that is set, if any.
    package var nextAlarm: Timestamp? { state.withLock { $0.alarms.map(\.time).min() } }

    @discardableResult
    package func schedule(at time: Timestamp, _ action: @escaping @Sendable () -> Void) -> any ClockTimer {
        let id = state.withLock { state in
            state.nextID += 1
            state.alarms.append(Alarm(id: state.nextID, time: time, action: action))
            return state.nextID
        }
        return Timer(clock: self, id: id)
    }

    /// Moves on by `wait`, ringing each alarm on the way at its own time, in order, on the calling thread; also those
    /// that are set while it moves. `advance(by: .zero)` rings what is due now.
    package func advance(by wait: Duration) {
        let end = now + wait
        while let action = ring(until: end) { action() }
        state.withLock { $0.now = end }
    }

    private func ring(until end: Timestamp) -> (@Sendable () -> Void)? {
        state.withLock { state in
            guard let next = state.alarms.indices.min(by: { state.alarms[$0].time < state.alarms[$1].time }),
                state.alarms[next].time <= end
            else { return nil }
            let alarm = state.alarms.remove(at: next)
            state.now = max(state.now, alarm.time)
            return alarm.action
        }
    }

    private struct Timer: ClockTimer {
        let clock: ManualClock
        let id: Int
        func cancel() { clock.state.withLock { state in state.alarms.removeAll { $0.id == id } } }
    }
}
