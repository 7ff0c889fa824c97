// Turnstile.swift — lets a few pass at the same time; the rest wait in the order of their coming.

import Synchronization

final class Turnstile: Sendable {
    private struct State {
        var free: Int
        var waiting: [UnsafeContinuation<Void, Never>] = []
    }

    private let state: Mutex<State>

    init(width: Int) { state = Mutex(State(free: width)) }

    func pass<Outcome>(_ body: () async -> Outcome) async -> Outcome {
        await enter()
        defer { leave() }
        return await body()
    }

    private func enter() async {
        await withUnsafeContinuation { continuation in
            let isFree = state.withLock { state in
                guard state.free > 0 else {
                    state.waiting.append(continuation)
                    return false
                }
                state.free -= 1
                return true
            }
            if isFree { continuation.resume() }
        }
    }

    /// Whoever waits takes the place over.
    private func leave() {
        let next = state.withLock { state -> UnsafeContinuation<Void, Never>? in
            guard state.waiting.isEmpty else { return state.waiting.removeFirst() }
            state.free += 1
            return nil
        }
        next?.resume()
    }
}
