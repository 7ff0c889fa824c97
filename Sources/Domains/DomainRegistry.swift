// DomainRegistry.swift — the sending domains: registered, checked against DNS, their keys rotated and destroyed.
//
// A domain is read from memory, a step of it made as a value, and stored if nobody has changed it meanwhile; else the
// step is made again. Every answer is the domain as it was stored.

import Crypto
import DNS
import Mail
import Queue

package final class DomainRegistry: Sendable {
    static let maximumKeys = 20

    let store: QueueStore
    private let dns: Resolver.Configuration
    let clock: any WallClock
    let settings: DomainSettings
    private let maker: KeyMaker

    package init(
        store: QueueStore, dns: Resolver.Configuration, secrets: SecretBox, clock: any WallClock,
        settings: DomainSettings
    ) {
        (self.store, self.dns, self.clock, self.settings) = (store, dns, clock, settings)
        maker = KeyMaker(secrets: secrets)
    }
}

// MARK: Domains

extension DomainRegistry {
    /// With a key of each algorithm. `original` is how its owner wrote the name. Nothing is looked up yet.
    package func create(_ name: Domain, original: String) async throws -> RegisteredDomain {
        guard store.sendingDomains[name] == nil else { throw DomainRefusal.alreadyRegistered }
        let made = await maker.keys([.rsaSHA256, .ed25519SHA256])
        let now = clock.now
        var keys: [DKIMKeyRow] = []
        for key in made { maker.add(key, to: &keys, of: name, at: now) }
        let domain = SendingDomain(name: name, original: original, createdAt: now, keys: keys)
        guard let stored = try await store.createDomain(domain) else { throw DomainRefusal.alreadyRegistered }
        return described(stored)
    }

    package func domain(_ name: Domain) throws -> RegisteredDomain { described(try find(name)) }

    /// Newest first; `before` is the key of the last one of the page before.
    package func domains(before: Int64?, limit: Int) -> [RegisteredDomain] {
        store.sendingDomains.page(in: .default, before: before, limit: limit).map(described)
    }

    /// Its keys are destroyed with it; queued messages of it go out unsigned.
    package func delete(_ name: Domain) async throws -> RegisteredDomain {
        let gone = described(try find(name))
        guard try await store.deleteDomain(name, in: .default) else { throw DomainRefusal.noSuchDomain }
        return gone
    }

    /// Looks all records up, and lets keys and status follow.
    package func verify(_ name: Domain) async throws -> RegisteredDomain {
        try await change(name) { await $0.take(self.sightings(of: $0), at: self.clock.now) }
    }
}

// MARK: Keys

extension DomainRegistry {
    package func addKeys(_ algorithms: [SignatureAlgorithm], to name: Domain) async throws -> RegisteredDomain {
        guard try find(name).keys.count + algorithms.count <= Self.maximumKeys else { throw DomainRefusal.tooManyKeys }
        let made = await maker.keys(algorithms)
        return try await change(name) { domain in
            guard domain.keys.count + made.count <= Self.maximumKeys else { throw DomainRefusal.tooManyKeys }
            for key in made { self.maker.add(key, to: &domain.keys, of: domain.name, at: self.clock.now) }
        }
    }

    /// Mail is signed with this key from now on, and no more with the one of its algorithm that was active. Its record
    /// is looked up first, with all others.
    package func activate(_ selector: String, of name: Domain) async throws -> RegisteredDomain {
        try await change(name) { domain in
            switch try Self.find(selector, in: domain).state {
            case .active: return
            case .retired: throw DomainRefusal.keyIsRetired
            case .publishing: break
            }
            domain.take(await self.sightings(of: domain), at: self.clock.now, activating: selector)
            let key = try Self.find(selector, in: domain)
            if key.state != .active { throw self.described(domain).refusal(of: key) }
        }
    }

    package func deleteKey(_ selector: String, of name: Domain) async throws -> RegisteredDomain {
        try await change(name) { domain in
            let key = try Self.find(selector, in: domain)
            switch key.state {
            case .active: throw DomainRefusal.keyIsActive
            case .retired: if try await self.isNeeded(key, of: domain) { throw DomainRefusal.keyIsNeeded }
            case .publishing: break
            }
            domain.remove([key])
        }
    }

    /// Whether a message is queued that it may have signed.
    func isNeeded(_ key: DKIMKeyRow, of domain: SendingDomain) async throws(StoreFailure) -> Bool {
        guard let retiredAt = key.retiredAt else { return true }
        return try await store.hasQueued(from: domain.name, acceptedBy: retiredAt)
    }

    private static func find(_ selector: String, in domain: SendingDomain) throws -> DKIMKeyRow {
        guard let key = domain.keys.first(where: { $0.selector == selector }) else { throw DomainRefusal.noSuchKey }
        return key
    }
}

// MARK: Changing

extension DomainRegistry {
    private static let maximumTries = 5

    func described(_ domain: SendingDomain) -> RegisteredDomain { RegisteredDomain(domain, settings) }

    private func find(_ name: Domain) throws -> SendingDomain {
        guard let domain = store.sendingDomains[name], domain.project == .default else {
            throw DomainRefusal.noSuchDomain
        }
        return domain
    }

    /// What `step` makes of the domain is stored, with its event if it fails by that.
    func change(
        _ name: Domain, _ step: (inout SendingDomain) async throws -> Void
    ) async throws -> RegisteredDomain {
        for _ in 1...Self.maximumTries {
            let before = try find(name)
            var after = before
            try await step(&after)
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

    /// All questions at once, to a resolver of their own, which remembers nothing: who has just published a record wants
    /// it seen. (libunbound cannot be told to forget; its TTL options are those of the whole process.)
    func sightings(of domain: SendingDomain) async -> [Sighting] {
        let records = domain.records(settings)
        do {
            let resolver = try Resolver(dns)
            defer { resolver.close() }
            return await resolver.sightings(of: records)
        } catch {
            return records.map { $0.sighting(in: .failed(reason: error.description)) }
        }
    }
}

extension Resolver {
    /// In their order.
    fileprivate func sightings(of records: [PublishedRecord]) async -> [Sighting] {
        await withTaskGroup(of: (Int, Sighting).self) { group in
            for (index, record) in records.enumerated() {
                group.addTask { (index, record.sighting(in: await self.records(record.recordType, of: record.name))) }
            }
            var sightings: [Int: Sighting] = [:]
            for await (index, sighting) in group { sightings[index] = sighting }
            return records.indices.compactMap { sightings[$0] }
        }
    }
}

extension SendingDomain {
    /// With what was seen of their records.
    mutating func remove(_ gone: [DKIMKeyRow]) {
        keys.removeAll(where: gone.contains)
        let names = gone.map(recordName)
        findings.removeAll { $0.subject.purpose == .dkim && names.contains($0.subject.name) }
    }
}

extension RegisteredDomain {
    fileprivate func refusal(of key: DKIMKeyRow) -> DomainRefusal {
        let name = domain.recordName(of: key)
        let record = records.first { $0.purpose == .dkim && $0.name == name }
        let found = record?.found.map { "\"\($0)\"" }.joined(separator: ", ") ?? ""
        let seen = [record?.detail ?? "there is none", found.isEmpty ? nil : "found " + found].compactMap(\.self)
        return .recordNotSeen(name: name, seen: seen.joined(separator: "; "))
    }
}
