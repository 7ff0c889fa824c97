// RotationTests.swift — new keys, which sign once their record is seen, and old ones, which stay while they are needed.

import Crypto
import Mail
import Queue
import TestSupport
import Testing

@testable import Domains

@Suite struct RotationTests {
    private let acme = DomainsFixture.acme

    @Test func aNewKeySignsOnceItsRecordIsSeen() async throws {
        try await withDomains { house in
            _ = try await house.verified()
            house.clock.advance(by: .seconds(60))
            let added = try await house.registry.addKeys([.rsaSHA256], to: acme)
            #expect(added.keyStates == ["r active", "e active", "r2 publishing"])
            let selector = try added.selector("r2")

            let refusal = await #expect(throws: DomainRefusal.self) {
                try await house.registry.activate(selector, of: acme)
            }
            #expect(refusal?.description.contains("there is none") == true)
            house.zone.publish(added)
            #expect(try await house.registry.verify(acme).keyStates == added.keyStates)

            let rotated = try await house.registry.activate(selector, of: acme)
            #expect(rotated.keyStates == ["r retired", "e active", "r2 active"])
            #expect(rotated.domain.keys[0].retiredAt == house.clock.now)
            #expect(rotated.records.filter { $0.purpose == .dkim }.count == 3)
            #expect(rotated.domain.status == .verified)
        }
    }

    @Test func anotherKeysRecordIsToldOf() async throws {
        try await withDomains { house in
            let first = try await house.verified()
            let added = try await house.registry.addKeys([.ed25519SHA256], to: acme)
            let selector = try added.selector("e2")
            let record = try first.record(.dkim)
            house.zone.set("\(selector)._domainkey.acme.test", .txt(record.value))
            let refusal = await #expect(throws: DomainRefusal.self) {
                try await house.registry.activate(selector, of: acme)
            }
            #expect(refusal?.description.contains("another kind of key; found \"\(record.value)\"") == true)
            #expect(try house.registry.domain(acme).keyStates == ["r active", "e active", "e2 publishing"])
        }
    }

    @Test func activatingAnActiveKeyChangesNothing() async throws {
        try await withDomains { house in
            let domain = try await house.verified()
            let asked = house.dns.questions.count
            let after = try await house.registry.activate(domain.selector("r"), of: acme)
            #expect(after.domain == domain.domain)
            #expect(house.dns.questions.count == asked)
        }
    }

    @Test func aRetiredKeyStaysWhileItsMessagesAreQueued() async throws {
        try await withDomains { house in
            _ = try await house.verified()
            let old = try house.registry.domain(acme).selector("e")
            house.zone.publish(try await house.registry.addKeys([.ed25519SHA256], to: acme))
            _ = try await house.submit()
            house.clock.advance(by: .seconds(1))
            let rotated = try await house.registry.activate(house.registry.domain(acme).selector("e2"), of: acme)
            #expect(rotated.keyStates.contains("e retired"))
            await #expect(throws: DomainRefusal.keyIsRetired) { try await house.registry.activate(old, of: acme) }
            await #expect(throws: DomainRefusal.keyIsNeeded) { try await house.registry.deleteKey(old, of: acme) }
            try await house.deliver()
            let after = try await house.registry.deleteKey(old, of: acme)
            #expect(after.keyStates == ["r active", "e active"])
            #expect(try after.selector("e") != old)
            #expect(after.records.filter { $0.purpose == .dkim }.count == 2)
        }
    }

    @Test func anActiveKeyIsNotDeletedAndANewOneIs() async throws {
        try await withDomains { house in
            let domain = try await house.verified()
            await #expect(throws: DomainRefusal.keyIsActive) {
                try await house.registry.deleteKey(domain.selector("r"), of: acme)
            }
            let added = try await house.registry.addKeys([.ed25519SHA256], to: acme)
            let gone = try added.selector("e2")
            let after = try await house.registry.deleteKey(gone, of: acme)
            #expect(after.keyStates == domain.keyStates)
            #expect(try await house.registry.addKeys([.ed25519SHA256], to: acme).selector("e2") != gone)
        }
    }

    @Test func aDomainHasNotMoreKeysThanItMay() async throws {
        try await withDomains { house in
            try await house.create()
            let room = DomainRegistry.maximumKeys - 2
            let many = [SignatureAlgorithm](repeating: .ed25519SHA256, count: room)
            #expect(try await house.registry.addKeys(many, to: acme).domain.keys.count == DomainRegistry.maximumKeys)
            await #expect(throws: DomainRefusal.tooManyKeys) {
                try await house.registry.addKeys([.ed25519SHA256], to: acme)
            }
        }
    }

    /// A step that meets another's change is made again on top of it.
    @Test func changesAtTheSameTimeAllHappen() async throws {
        try await withDomains { house in
            try await house.create()
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<3 {
                    group.addTask { _ = try await house.registry.addKeys([.ed25519SHA256], to: DomainsFixture.acme) }
                }
                try await group.waitForAll()
            }
            let selectors = try house.registry.domain(acme).domain.keys.map(\.selector)
            #expect(selectors.count == 5 && Set(selectors).count == 5)
        }
    }

    @Test func aStepIsMadeAgainOnWhatIsThereNow() async throws {
        try await withDomains { house in
            try await house.create()
            var runs = 0
            let after = try await house.registry.change(acme.ofDefaultProject) { domain in
                runs += 1
                if runs == 1 { _ = try await house.registry.addKeys([.ed25519SHA256], to: acme) }
                domain.keys.removeFirst()
            }
            #expect(runs == 2)
            #expect(after.keyStates == ["e publishing", "e2 publishing"])
        }
    }

    @Test func aStepIsGivenUpWhenOthersAreAlwaysFaster() async throws {
        try await withDomains { house in
            try await house.create()
            await #expect(throws: DomainRefusal.changedMeanwhile) {
                try await house.registry.change(acme.ofDefaultProject) { domain in
                    _ = try await house.registry.addKeys([.ed25519SHA256], to: acme)
                    domain.checkedAt = house.clock.now
                }
            }
            #expect(try house.registry.domain(acme).domain.keys.count > 2)
        }
    }
}
