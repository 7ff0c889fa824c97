// ResidentTests.swift — the order in which the house empties, and the alarm.

import Console
import Logging
import ServiceLifecycle
import Synchronization
import Testing

@testable import postrider

@Suite struct ResidentTests {
    private final class Departures: Sendable {
        private let names = Mutex<[String]>([])
        var list: [String] { names.withLock { $0 } }
        func resident(_ name: String) -> Resident {
            Resident(name) { self.names.withLock { $0.append(name) } }
        }
    }

    private func group(_ services: [any Service]) -> ServiceGroup {
        ServiceGroup(
            configuration: .init(services: services, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }))
    }

    @Test func theLastToComeIsTheFirstToLeave() async throws {
        let departures = Departures()
        let group = group([Alarm()] + ["store", "delivery", "http"].map(departures.resident))
        async let house: Void = group.run()
        await group.triggerGracefulShutdown()
        try await house
        #expect(departures.list == ["http", "delivery", "store"])
    }

    @Test func theAlarmEndsTheHouseInFailureAndAllLeave() async throws {
        let departures = Departures()
        let alarm = Alarm()
        let group = group([alarm, departures.resident("store"), departures.resident("http")])
        alarm.ring("the disk failed")
        alarm.ring("and again")
        let failure = await #expect(throws: CommandFailure.self) { try await group.run() }
        #expect(failure?.description == "the disk failed")
        #expect(Set(departures.list) == ["http", "store"])
    }
}
