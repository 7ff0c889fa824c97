// Duty+Domains.swift — the daily look at every domain's records, and the end of keys that nobody needs any more.

import Logging
import Queue

extension Duty {
    /// Checks each domain a day after its last check, and destroys retired keys. Begin it with `startBeside`: after a
    /// long stop many checks may be due, each as slow as DNS.
    package static func domainChecks(_ registry: DomainRegistry, log: Logger) -> Duty {
        Duty("checking domains", clock: registry.clock, log: log) {
            let start = registry.clock.now
            do {
                try await registry.checkDue(at: start, log: log)
            } catch StoreFailure.closed {
                return start + SendingDomain.checkInterval
            }
            // A domain that is registered meanwhile is not due before that.
            let next = registry.store.sendingDomains.all.map(\.nextCheckAt).min()
            return min(max(next ?? .init(milliseconds: .max), start + .seconds(1)), start + .seconds(3600))
        }
    }
}

extension DomainRegistry {
    /// How many are checked at the same time, so that one dead name server does not hold up the rest.
    private static let width = 10

    func checkDue(at now: Timestamp, log: Logger) async throws {
        var due = store.sendingDomains.all.filter { $0.nextCheckAt <= now }[...]
        try await withThrowingTaskGroup(of: Void.self) { group in
            for domain in due.prefix(Self.width) { group.addTask { try await self.check(domain, log) } }
            due = due.dropFirst(Self.width)
            while try await group.next() != nil {
                guard let domain = due.popFirst() else { continue }
                group.addTask { try await self.check(domain, log) }
            }
        }
        for domain in store.sendingDomains.all { try await destroyKeys(of: domain, at: now) }
    }

    private func check(_ domain: SendingDomain, _ log: Logger) async throws {
        do {
            let after = try await verify(domain.name).domain
            if after.status == .failing, domain.status != .failing {
                log.warning("sending domain failing", metadata: ["domain": "\(domain.name)"])
            }
        } catch is DomainRefusal {
            // Deleted meanwhile, or being changed: its next hour comes.
        }
    }

    /// Those retired long enough for all that they signed to have arrived and been looked at.
    private func destroyKeys(of domain: SendingDomain, at now: Timestamp) async throws {
        var gone: [DKIMKeyRow] = []
        for key in domain.keys {
            guard let retiredAt = key.retiredAt, retiredAt + settings.retirement <= now else { continue }
            if try await !isNeeded(key, of: domain) { gone.append(key) }
        }
        guard !gone.isEmpty else { return }
        do {
            _ = try await change(domain.name) { $0.remove(gone) }
        } catch is DomainRefusal {
            // As above.
        }
    }
}
