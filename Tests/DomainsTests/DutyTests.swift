// DutyTests.swift — the daily check, and the end of retired keys.

import Mail
import TestSupport
import Testing

@testable import Domains
@testable import Queue

@Suite struct DutyTests {
    private let acme = DomainsFixture.acme
    private static let day = Duration.seconds(86_400)

    /// Whatever the spread.
    private func checkDay(_ house: DomainsFixture) async throws {
        try await check(house, after: .seconds(95_040))
    }

    private func check(_ house: DomainsFixture, after wait: Duration) async throws {
        house.clock.advance(by: wait)
        try await house.registry.checkDue(at: house.clock.now, log: DomainsFixture.log)
    }

    /// `acme`, with a key twice: the store refuses what a check saw of it.
    private func createBroken(_ house: DomainsFixture) async throws {
        let key = DKIMKeyRow(
            selector: "a", algorithm: "rsa-sha256", sealedPrivateKey: "v1.a", publicKey: [], createdAt: house.clock.now)
        _ = try await house.store.createDomain(
            SendingDomain(name: acme, original: "acme.test", createdAt: house.clock.now, keys: [key, key]))
    }

    @Test func aNewDomainIsCheckedWhenItIsDue() async throws {
        try await withDomains { house in
            let created = try await house.create()
            house.zone.publish(created)
            try await house.registry.checkDue(
                at: created.domain.nextCheckAt - .milliseconds(1), log: DomainsFixture.log)
            #expect(try house.registry.domain(acme).domain.checkedAt == nil)
            try await house.registry.checkDue(at: created.domain.nextCheckAt, log: DomainsFixture.log)
            #expect(try house.registry.domain(acme).domain.status == .verified)
        }
    }

    @Test func aDomainThatTwoLooksFindFailingSaysSo() async throws {
        try await withDomains { house in
            house.zone.set(try await house.verified().record(.dkim).name)
            try await checkDay(house)
            #expect(try house.registry.domain(acme).domain.status == .verified)
            #expect(try house.registry.domain(acme).record(.dkim).status == .missing)
            #expect(try await house.failingEvents().isEmpty)
            try await check(house, after: .seconds(330))
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
                try await house.registry.destroyKeys(at: time, log: DomainsFixture.log)
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
                house.clock.advance(by: .seconds(300))
            }
            #expect(house.clock.now >= created.domain.nextCheckAt)
            #expect(house.clock.now < created.domain.nextCheckAt + .seconds(600))
            duty.stop()
        }
    }

    /// What could not be stored is due still: it is not tried in a loop.
    @Test func theDutyDoesNotComeAtOnceForWhatIsStillDue() async throws {
        try await withDomains { house in
            try await createBroken(house)
            let duty = Duty.domainChecks(house.registry, log: DomainsFixture.log)
            await duty.start()
            #expect(house.clock.nextAlarm == house.clock.now + .seconds(60))
            duty.stop()
        }
    }

    @Test func aDomainThatCannotBeStoredDoesNotHoldUpTheOthers() async throws {
        try await withDomains { house in
            try await createBroken(house)
            for number in 0..<9 {
                let name = Domain(trusted: "d\(number).test")
                _ = try await house.store.createDomain(
                    SendingDomain(name: name, original: name.ascii, createdAt: house.clock.now, keys: []))
            }
            try await house.registry.checkDue(at: house.clock.now, log: DomainsFixture.log)
            #expect(house.store.sendingDomains.all.filter { $0.checkedAt == nil }.map(\.name) == [acme])
        }
    }

    @Test func aClosedStoreEndsThemQuietly() async throws {
        try await withDomains { house in
            _ = try await house.verified()
            house.zone.publish(try await house.registry.addKeys([.ed25519SHA256], to: acme))
            _ = try await house.registry.activate(house.registry.domain(acme).selector("e2"), of: acme)
            house.clock.advance(by: house.registry.settings.retirement)
            await house.store.close()
            for duty: Duty in [
                .domainChecks(house.registry, log: DomainsFixture.log),
                .endOfKeys(house.registry, log: DomainsFixture.log),
            ] {
                await duty.start()
                #expect(house.clock.nextAlarm == house.clock.now + Self.day)
                duty.stop()
            }
        }
    }

    @Test func aDutyThatWasStoppedWhileItsAlarmRangDoesNothing() async throws {
        let clock = ManualClock()
        let duty = Duty("test", clock: clock, log: DomainsFixture.log) {
            Issue.record("performed")
            return clock.now
        }
        duty.stop()
        await duty.start()
        duty.startBeside()
        #expect(duty.isWaiting && clock.nextAlarm == nil)
    }
}
