// ConcurrencyTests.swift — checks, activations and deletions of one domain at the same time, through DNS.

import Mail
import Queue
import Synchronization
import TestSupport
import Testing

@testable import Domains

@Suite(.timeLimit(.minutes(5))) struct ConcurrencyTests {
    private let acme = DomainsFixture.acme

    @Test func whoeverAsksMeanwhileGetsTheSameOutcome() async throws {
        try await withDomains { house in
            house.zone.publish(try await house.create())
            let domains = try await withThrowingTaskGroup(of: RegisteredDomain.self) { group in
                house.dns.hold()
                for _ in 0..<20 { group.addTask { try await house.registry.verify(DomainsFixture.acme) } }
                while house.registry.checks.sharers(of: DomainsFixture.acme.ofDefaultProject) < 20 {
                    await Task.yield()
                }
                house.dns.release()
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(domains.count == 20 && domains.allSatisfy { $0.domain.status == .verified })
            #expect(Set(domains.map(\.domain.revision)) == [1])
            #expect(house.dns.questions.count == domains[0].records.count)
        }
    }

    /// The duty looks, a user comes: he is told at once what is so.
    @Test func aUserWhoJoinsTheDutyIsToldWhatIsSo() async throws {
        try await withDomains { house in
            house.zone.set(try await house.verified().record(.dkim).name)
            let asked = house.dns.questions.count
            house.dns.hold()
            async let look = house.registry.check(acme, isAskedFor: false)
            while house.dns.questions.count == asked { await Task.yield() }
            async let answer = house.registry.verify(acme)
            while house.registry.checks.sharers(of: acme.ofDefaultProject) < 2 { await Task.yield() }
            house.dns.release()
            #expect(try await answer.domain.status == .failing)
            #expect(try await look.domain.status == .failing)
        }
    }

    @Test func aCheckThatMeetsANewKeyAsksForItsRecordAlone() async throws {
        try await withDomains { house in
            let created = try await house.create()
            house.zone.publish(created)
            let key = await house.registry.maker.keys([.ed25519SHA256])[0]
            house.dns.hold()
            async let check = house.registry.verify(acme)
            while house.dns.questions.isEmpty { await Task.yield() }
            let added = try await house.registry.change(acme.ofDefaultProject) { domain in
                house.registry.maker.add(key, to: &domain.keys, of: domain.name, at: house.clock.now)
            }
            house.dns.release()
            #expect(try await check.keyStates == ["r active", "e active", "e2 publishing"])
            // While it waited, the resolver may have asked for the first ones more than once; they stand before it.
            let new = Set(added.records.map(\.name)).subtracting(created.records.map(\.name))
            let second = house.dns.questions.drop { !new.contains($0.name) }
            #expect(new.count == 1 && Set(second.map(\.name)) == new)
        }
    }

    @Test func aCheckOfADomainThatIsDeletedMeanwhileFindsNone() async throws {
        try await withDomains { house in
            house.zone.publish(try await house.create())
            house.dns.hold()
            let check = Task { try await house.registry.verify(DomainsFixture.acme) }
            while house.dns.questions.isEmpty { await Task.yield() }
            _ = try await house.registry.delete(acme)
            house.dns.release()
            await #expect(throws: DomainRefusal.noSuchDomain) { try await check.value }
            #expect(house.store.sendingDomains[acme.ofDefaultProject] == nil)
        }
    }

    @Test func anActivationAndChecksAtTheSameTimeAllHappen() async throws {
        try await withDomains { house in
            _ = try await house.verified()
            let added = try await house.registry.addKeys([.rsaSHA256], to: acme)
            house.zone.publish(added)
            let selector = try added.selector("r2")
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<10 {
                    group.addTask { _ = try await house.registry.verify(DomainsFixture.acme) }
                    group.addTask { _ = try await house.registry.activate(selector, of: DomainsFixture.acme) }
                }
                try await group.waitForAll()
            }
            let after = try house.registry.domain(acme)
            #expect(after.keyStates == ["r retired", "e active", "r2 active"])
            #expect(after.domain.status == .verified)
        }
    }

    @Test func notMoreThanAFewPassTheTurnstileAtOnce() async {
        final class Inside: Sendable { let count = Mutex((now: 0, most: 0)) }
        let turnstile = Turnstile(width: 3), inside = Inside()
        await withDiscardingTaskGroup { group in
            for _ in 0..<50 {
                group.addTask {
                    await turnstile.pass {
                        inside.count.withLock { $0 = ($0.now + 1, max($0.most, $0.now + 1)) }
                        await Task.yield()
                        inside.count.withLock { $0.now -= 1 }
                    }
                }
            }
        }
        #expect(inside.count.withLock { $0.now } == 0)
        #expect((1...3).contains(inside.count.withLock { $0.most }))
    }
}
