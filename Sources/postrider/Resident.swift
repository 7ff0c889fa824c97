// Resident.swift — the rooms as the service group sees them: who leaves when, and what ends the house at once.

import Console
import ServiceLifecycle

/// A room that runs by itself from when it is opened; here it only waits to be told to leave.
struct Resident: Service, CustomStringConvertible {
    let description: String
    /// Returns when the room has ended what it may not break off.
    let leave: @Sendable () async -> Void

    init(_ description: String, leave: @escaping @Sendable () async -> Void) {
        (self.description, self.leave) = (description, leave)
    }

    func run() async throws {
        // It throws if the group is cancelled, because another service failed: time to leave all the same.
        try? await gracefulShutdown()
        await leave()
    }
}

/// Ends the house, in failure, when someone rings: after a broken store, for one, the process must go.
struct Alarm: Service {
    private let reasons = AsyncStream<String>.makeStream()

    /// On any thread, any number of times; the first counts.
    func ring(_ reason: String) { reasons.continuation.yield(reason) }

    func run() async throws {
        for await reason in reasons.stream.cancelOnGracefulShutdown() { throw CommandFailure(reason) }
    }
}
