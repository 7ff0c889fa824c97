// DomainRegistry+Keys.swift — keys of sending domains: added, activated, deleted.

import Crypto
import Mail
import Queue

extension DomainRegistry {
    package func addKeys(_ algorithms: [SignatureAlgorithm], to name: SendingDomainName) async throws
        -> RegisteredDomain
    {
        guard try find(name).keys.count + algorithms.count <= Self.maximumKeys else { throw DomainRefusal.tooManyKeys }
        let made = await maker.keys(algorithms)
        return try await change(name) { domain in
            guard domain.keys.count + made.count <= Self.maximumKeys else { throw DomainRefusal.tooManyKeys }
            for key in made { self.maker.add(key, to: &domain.keys, of: domain.name, at: self.clock.now) }
            domain.expectRecords(at: self.clock.now)
        }
    }

    /// Mail is signed with this key from now on, and no more with the one of its algorithm that was active. Its record
    /// is looked up first, with all others.
    package func activate(_ selector: String, of name: SendingDomainName) async throws -> RegisteredDomain {
        var answers = RecordAnswers()
        return try await change(name) { domain in
            switch try Self.find(selector, in: domain).state {
            case .active: return
            case .retired: throw DomainRefusal.keyIsRetired
            case .publishing: break
            }
            let sightings = await self.sightings(of: domain, &answers)
            domain.take(sightings, at: self.clock.now, activating: selector)
            let key = try Self.find(selector, in: domain)
            if key.state != .active { throw self.described(domain).refusal(of: key) }
        }
    }

    package func deleteKey(_ selector: String, of name: SendingDomainName) async throws -> RegisteredDomain {
        try await change(name) { domain in
            let key = try Self.find(selector, in: domain)
            switch key.state {
            case .active: throw DomainRefusal.keyIsActive
            case .retired:
                let oldest = try await self.store.oldestQueued(from: [name])
                if key.isNeeded(by: oldest[name]) { throw DomainRefusal.keyIsNeeded }
            case .publishing: break
            }
            domain.remove([key])
        }
    }

    private static func find(_ selector: String, in domain: SendingDomain) throws -> DKIMKeyRow {
        guard let key = domain.keys.first(where: { $0.selector == selector }) else { throw DomainRefusal.noSuchKey }
        return key
    }
}

extension DKIMKeyRow {
    /// Whether it may have signed a message that is queued; `oldest`: when the oldest of its domain was accepted.
    func isNeeded(by oldest: Timestamp?) -> Bool {
        guard let retiredAt else { return true }
        return oldest.map { $0 <= retiredAt } ?? false
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
