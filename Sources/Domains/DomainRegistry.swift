// DomainRegistry.swift — the sending domains: registered, checked against DNS, their keys rotated and destroyed.
//
// A domain is read from memory, a step of it made as a value, and stored if nobody has changed it meanwhile; else the
// step is made again. Every answer is the domain as it was stored. Aspects: +Keys, +Checks; Duty+Domains.swift.

import Crypto
import DNS
import Mail
import Queue

package final class DomainRegistry: Sendable {
    static let maximumKeys = 20
    /// Bytes of a name that leave room for `SELECTOR._domainkey.` before it (RFC 1035 §2.3.4).
    package static let maximumNameLength = 253 - Selector.length - "._domainkey.".utf8.count
    /// How many domains' records are asked for at the same time, each with a few dozen questions at most.
    static let width = 8

    let store: QueueStore
    let resolver: Resolver
    let clock: any WallClock
    let settings: DomainSettings
    let maker: KeyMaker
    let checks = ChecksUnderWay()
    let turnstile = Turnstile(width: DomainRegistry.width)

    /// `resolver` is to remember no answers: who has just published a record wants it seen.
    package init(
        store: QueueStore, resolver: Resolver, maker: KeyMaker, clock: any WallClock, settings: DomainSettings
    ) {
        (self.store, self.resolver, self.maker) = (store, resolver, maker)
        (self.clock, self.settings) = (clock, settings)
    }

    /// Checks under way and to come know nothing any more, and end.
    package func close() { resolver.close() }
}

// MARK: Domains

extension DomainRegistry {
    /// With a key of each algorithm. `original` is how its owner wrote the name. Nothing is looked up yet.
    package func create(_ name: SendingDomainName, original: String) async throws -> RegisteredDomain {
        guard store.sendingDomains[name] == nil else { throw DomainRefusal.alreadyRegistered }
        let made = await maker.keys([.rsaSHA256, .ed25519SHA256])
        let now = clock.now
        var keys: [DKIMKeyRow] = []
        for key in made { maker.add(key, to: &keys, of: name.domain, at: now) }
        var domain = SendingDomain(
            name: name.domain, project: name.project, original: original, createdAt: now, keys: keys)
        domain.expectRecords(at: now)
        guard let stored = try await store.createDomain(domain) else { throw DomainRefusal.alreadyRegistered }
        return described(stored)
    }

    package func domain(_ name: SendingDomainName) throws -> RegisteredDomain { described(try find(name)) }

    /// Newest first; `before` is the key of the last one of the page before.
    package func domains(in project: ProjectID, before: Int64?, limit: Int) -> [RegisteredDomain] {
        store.sendingDomains.page(in: project, before: before, limit: limit).map(described)
    }

    /// Its keys are destroyed with it; queued messages of it go out unsigned.
    package func delete(_ name: SendingDomainName) async throws -> RegisteredDomain {
        let gone = described(try find(name))
        guard try await store.deleteDomain(name) else { throw DomainRefusal.noSuchDomain }
        return gone
    }
}

// MARK: Changing

extension DomainRegistry {
    private static let maximumTries = 10

    func described(_ domain: SendingDomain) -> RegisteredDomain { RegisteredDomain(domain, settings) }

    func find(_ name: SendingDomainName) throws -> SendingDomain {
        guard let domain = store.sendingDomains[name] else { throw DomainRefusal.noSuchDomain }
        return domain
    }

    /// What `step` makes of the domain is stored, with its event if it fails by that; nothing, if it stays as it was.
    func change(
        _ name: SendingDomainName, _ step: (inout SendingDomain) async throws -> Void
    ) async throws -> RegisteredDomain {
        for _ in 1...Self.maximumTries {
            let before = try find(name)
            var after = before
            try await step(&after)
            if after == before { return described(before) }
            if let stored = try await store.updateDomain(after, failing: failing(from: before, to: after)) {
                return described(stored)
            }
        }
        throw DomainRefusal.changedMeanwhile
    }

    private func failing(from before: SendingDomain, to after: SendingDomain) -> DomainFailing? {
        guard before.status != .failing, after.status == .failing else { return nil }
        return DomainFailing(at: clock.now, data: described(after).eventData)
    }
}
