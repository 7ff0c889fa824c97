// ClientPresence.swift — whether a client may be kept waiting: it is still there, and the server is not about to leave.
//
// A client that has closed its side only cannot be told from one that has gone, and counts as there.

import Synchronization

/// Of one connection, whose requests are answered one after the other: so there is one who waits, at the most.
package final class ClientPresence: Sendable {
    private struct State {
        var isOver = false
        var action: (@Sendable () -> Void)?
    }

    private let state = Mutex(State())

    package init() {}

    /// Nobody is to wait any longer. Stays true.
    package var isOver: Bool { state.withLock { $0.isOver } }

    /// Runs `action` when it is over, once, on any thread; at once if it is already. Nil: what was set is forgotten.
    package func whenOver(_ action: (@Sendable () -> Void)?) {
        let isOver = state.withLock { state in
            if !state.isOver { state.action = action }
            return state.isOver
        }
        if isOver { action?() }
    }

    package func end() {
        let action = state.withLock { state in
            state.isOver = true
            defer { state.action = nil }
            return state.action
        }
        action?()
    }
}
