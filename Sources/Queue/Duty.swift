// Duty.swift — something done whenever its time has come: notices, retention, checks of DNS.

import Logging
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

    package init(
        _ name: String, clock: any WallClock, log: Logger, perform: @escaping @Sendable () async throws -> Timestamp
    ) {
        (self.name, self.clock, self.log, self.perform) = (name, clock, log, perform)
    }

    /// Returns when what is due now has been done, and goes on by itself.
    package func start() async {
        guard begin() else { return }
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

    /// As `start`, but returns at once.
    package func startBeside() {
        state.withLock { state in
            guard !state.isStopped else { return }
            state.alarm = clock.schedule(at: clock.now) { self.ring() }
        }
    }

    private func ring() {
        guard begin() else { return }
        Task { await start() }
    }

    /// False when it has been stopped: an alarm that rings at that moment can no longer be cancelled.
    private func begin() -> Bool {
        state.withLock { state in
            state.isPerforming = !state.isStopped
            return state.isPerforming
        }
    }

    /// Nothing is being done; the next alarm is set. For tests.
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
