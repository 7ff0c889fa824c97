// DutyTests.swift — the daily check, and the end of retired keys.

import Mail
import Queue
import TestSupport
import Testing

@testable import Domains

@Suite struct DutyTests {
    private let acme = DomainsFixture.acme
    private static let day = Duration.seconds(86_400)

    /// Whatever the spread.
    private func checkDay(_ house: DomainsFixture) async throws {
        house.clock.advance(by: .seconds(95_040))
        try await house.registry.checkDue(at: house.clock.now, log: DomainsFixture.log)
    }

    @Test func everyDomainIsCheckedADayLater() async throws {
        try await withDomains { house in
            let created = try await house.create()
            house.zone.publish(created)
            try await house.registry.checkDue(at: created.domain.nextCheckAt - .milliseconds(1), log: DomainsFixture.log)
            #expect(try house.registry.domain(acme).domain.checkedAt == nil)
            try await house.registry.checkDue(at: created.domain.nextCheckAt, log: DomainsFixture.log)
            #expect(try house.registry.domain(acme).domain.status == .verified)
        }
    }

    @Test func aCheckThatFindsADomainFailingSaysSo() async throws {
        try await withDomains { house in
            house.zone.set(try await house.verified().record(.dkim).name)
            try await checkDay(house)
            #expect(try house.registry.domain(acme).domain.status == .failing)
            #expect(try await house.failingEvents().count == 1)
        }
    }

    @Test func manyDomainsAreAllChecked() async throws {
        try await withDomains { house in
            for number in 0..<25 {
                let domain = SendingDomain(
                    name: Domain(trusted: "d\(number).test"), original: "d\(number).test", createdAt: house.clock.now,
                    keys: [])
                _ = try await house.store.createDomain(domain)
            }
            try await checkDay(house)
            #expect(house.store.sendingDomains.all.allSatisfy { $0.checkedAt == house.clock.now })
        }
    }

    @Test func aRetiredKeyIsDestroyedWhenNobodyNeedsItAnyMore() async throws {
        try await withDomains { house in
            _ = try await house.verified()
            house.zone.publish(try await house.registry.addKeys([.ed25519SHA256], to: acme))
            _ = try await house.submit()
            _ = try await house.registry.activate(house.registry.domain(acme).selector("e2"), of: acme)
            let end = house.clock.now + DomainsFixture.lifetime + Self.day + Self.day

            func isThere(at time: Timestamp) async throws -> Bool {
                try await house.registry.checkDue(at: time, log: DomainsFixture.log)
                return try house.registry.domain(acme).keyStates.contains("e retired")
            }
            #expect(try await isThere(at: end))
            try await house.deliver()
            #expect(try await isThere(at: end - .milliseconds(1)))
            #expect(try await !isThere(at: end))
        }
    }

    @Test func theDutyComesAgainAndBeginsBeside() async throws {
        try await withDomains { house in
            let created = try await house.create()
            house.zone.publish(created)
            let duty = Duty.domainChecks(house.registry, log: DomainsFixture.log)
            duty.startBeside()
            #expect(house.clock.nextAlarm == house.clock.now)
            while try house.registry.domain(acme).domain.status != .verified {
                while house.clock.nextAlarm == nil { await Task.yield() }
                house.clock.advance(by: .seconds(3600))
            }
            #expect(house.clock.now >= created.domain.nextCheckAt)
            #expect(house.clock.now < created.domain.nextCheckAt + .seconds(7200))
            duty.stop()
        }
    }

    @Test func aClosedStoreEndsItQuietly() async throws {
        try await withDomains { house in
            try await house.create()
            house.clock.advance(by: .seconds(95_040))
            await house.store.close()
            let duty = Duty.domainChecks(house.registry, log: DomainsFixture.log)
            await duty.start()
            #expect(house.clock.nextAlarm == house.clock.now + Self.day)
            duty.stop()
        }
    }
}
