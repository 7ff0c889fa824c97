// StoreWriter.swift — the one thread that writes: natural group commit.
//
// The next transaction is whatever arrived while the last one synced: no timer, and under load the syncs per second do
// not grow. What a commit is, and what follows when one fails, is `Committer`'s; this file only gathers and hands on.
// Model: notqmail's todo, and every database's group commit.

import Dispatch
import Foundation
import Synchronization

final class StoreWriter: Sendable {
    /// Bounds of one transaction: past them the wait for the first of it grows and nothing is gained.
    static let maximumCount = 1_000
    static let maximumBytes = 32 << 20

    /// How much may wait, in commits under way too, before new promises are refused: about two seconds' worth, and no
    /// more memory than can be spared. Results of what was promised always get in.
    struct Bounds: Sendable {
        var count: Int
        var bytes: Int
    }

    private struct State {
        var waiting: [any PendingWrite] = []
        /// Of those handed over and not finished.
        var pendingCount = 0, pendingBytes = 0
        /// The thread sleeps, or is about to, until `wake` is signalled.
        var isAsleep = false
        var isClosing = false
        var hasEnded = false
        var onEnd: [UnsafeContinuation<Void, Never>] = []
    }

    private let state = Mutex(State())
    private let wake = DispatchSemaphore(value: 0)
    private let bounds: Bounds

    /// Starts the thread; `commit` runs on it alone, with batches in the order of arrival, and must finish every
    /// write of the batch. `end` runs last.
    init(
        bounds: Bounds, commit: @escaping @Sendable (ArraySlice<any PendingWrite>) -> Void,
        end: @escaping @Sendable () -> Void
    ) {
        self.bounds = bounds
        let thread = Thread { [self] in
            Thread.current.name = "store-writer"
            while let arrived = waitForWrites() {
                for batch in Self.batches(of: arrived) {
                    commit(batch)
                    forget(batch)
                }
            }
            end()
            finish()
        }
        thread.start()
    }

    /// Hands `write` over; it is finished after its commit, or at once if the writer is closing or has too much.
    func enqueue(_ write: any PendingWrite) {
        let (refusal, mustWake) = state.withLock { state -> (StoreFailure?, Bool) in
            if state.isClosing { return (.closed, false) }
            if write.isRefusedWhenFull, state.pendingCount > 0, isTooMuch(write, beside: state) {
                return (.overloaded, false)
            }
            state.waiting.append(write)
            state.pendingCount += 1
            state.pendingBytes += write.bytes
            defer { state.isAsleep = false }
            return (nil, state.isAsleep)
        }
        if let refusal { write.finish(refusal) }
        if mustWake { wake.signal() }
    }

    /// How many writes have been handed over and are not finished.
    var pendingCount: Int { state.withLock { $0.pendingCount } }

    private func isTooMuch(_ write: any PendingWrite, beside state: borrowing State) -> Bool {
        state.pendingCount >= bounds.count || state.pendingBytes + write.bytes > bounds.bytes
    }

    private func forget(_ batch: ArraySlice<any PendingWrite>) {
        let bytes = batch.reduce(0) { $0 + $1.bytes }
        state.withLock { state in
            state.pendingCount -= batch.count
            state.pendingBytes -= bytes
        }
    }

    /// Takes nothing more and returns when everything handed over is finished.
    func close() async {
        await withUnsafeContinuation { continuation in
            let (hasEnded, mustWake) = state.withLock { state in
                state.isClosing = true
                if !state.hasEnded { state.onEnd.append(continuation) }
                defer { state.isAsleep = false }
                return (state.hasEnded, state.isAsleep)
            }
            if hasEnded { continuation.resume() }
            if mustWake { wake.signal() }
        }
    }

    /// Everything that has arrived since the last call, at least one; nil when closing and nothing is left.
    private func waitForWrites() -> [any PendingWrite]? {
        while true {
            let (arrived, isClosing) = state.withLock { state in
                var arrived: [any PendingWrite] = []
                swap(&arrived, &state.waiting)
                state.isAsleep = arrived.isEmpty && !state.isClosing
                return (arrived, state.isClosing)
            }
            if !arrived.isEmpty { return arrived }
            if isClosing { return nil }
            wake.wait()
        }
    }

    private func finish() {
        let waiting = state.withLock { state in
            state.hasEnded = true
            defer { state.onEnd = [] }
            return state.onEnd
        }
        for continuation in waiting { continuation.resume() }
    }

    /// Cuts what arrived into transactions within the bounds, at least one write each.
    static func batches(of writes: [any PendingWrite]) -> [ArraySlice<any PendingWrite>] {
        var batches: [ArraySlice<any PendingWrite>] = []
        var start = 0, bytes = 0
        for (index, write) in writes.enumerated() {
            if index > start, index - start == maximumCount || bytes + write.bytes > maximumBytes {
                batches.append(writes[start..<index])
                (start, bytes) = (index, 0)
            }
            bytes += write.bytes
        }
        batches.append(writes[start...])
        return batches
    }
}
