// Bell.swift — wakes one who waits, once for all who rang since it last woke.

import Synchronization

package final class Bell: Sendable {
    private enum State {
        case silent
        case rung
        case awaited(UnsafeContinuation<Void, Never>)
    }

    private let state = Mutex(State.silent)

    package init() {}

    /// From any thread; never waits.
    package func ring() {
        let listener = state.withLock { state -> UnsafeContinuation<Void, Never>? in
            guard case .awaited(let listener) = state else {
                state = .rung
                return nil
            }
            state = .silent
            return listener
        }
        listener?.resume()
    }

    /// Since the last wait.
    var hasRung: Bool {
        state.withLock { state in
            if case .rung = state { true } else { false }
        }
    }

    /// Returns at once if it has rung since the last wait. One waits at a time.
    package func wait() async {
        await withUnsafeContinuation { listener in
            let hasRung = state.withLock { state in
                if case .rung = state {
                    state = .silent
                    return true
                }
                state = .awaited(listener)
                return false
            }
            if hasRung { listener.resume() }
        }
    }
}
