// StoreHealth.swift — what the writer's thread and everyone else know together: whether the store still works, who is
// told of commits, and how far they have been told.

import Synchronization

final class StoreHealth: Sendable {
    struct Sinks: Sendable {
        var ready: @Sendable ([ReadyMessage]) -> Void = { _ in }
        var changes: @Sendable ([QueueChange]) -> Void = { _ in }
        var endpoints: @Sendable () -> Void = {}
        var events: @Sendable (Int64) -> Void = { _ in }
    }

    private struct State {
        var failure: StoreFailure?
        var sinks = Sinks()
        var highestMessage: Int64 = 0
    }

    private let state = Mutex(State())
    let watch = CommitWatch()
    private let onBroken: @Sendable (StoreFailure) -> Void

    init(onBroken: @escaping @Sendable (StoreFailure) -> Void) { self.onBroken = onBroken }

    /// Why nothing more is taken; nil while all is well.
    var failure: StoreFailure? { state.withLock { $0.failure } }
    var sinks: Sinks { state.withLock { $0.sinks } }
    var highestMessage: MessageKey { state.withLock { MessageKey(rawValue: $0.highestMessage) } }

    func set(_ sinks: Sinks) { state.withLock { $0.sinks = sinks } }
    func announced(message: Int64) { state.withLock { $0.highestMessage = message } }

    /// The first failure stays, and alone is reported; returns it.
    func fail(_ failure: StoreFailure) -> StoreFailure {
        let (first, isNew) = state.withLock { state in
            if let known = state.failure { return (known, false) }
            state.failure = failure
            return (failure, true)
        }
        if isNew, case .broken = first { onBroken(first) }
        return first
    }
}
