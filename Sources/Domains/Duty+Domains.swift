// Duty+Domains.swift — looks at every domain's records now and then, and destroys keys that nobody needs any more.

import Logging
import Queue

extension Duty {
    /// Checks each domain when it is due. Begin it with `startBeside`: after a long stop many checks may be due, each as
    /// slow as DNS.
    package static func domainChecks(_ registry: DomainRegistry, log: Logger) -> Duty {
        Duty("checking domains", clock: registry.clock, log: log) {
            let start = registry.clock.now
            do { try await registry.checkDue(at: start, log: log) } catch StoreFailure.closed {
                return start + SendingDomain.longWait
            }
            // Users change meanwhile what is due when; and what could not be stored is due still.
            let next = registry.store.sendingDomains.all.map(\.nextCheckAt).min() ?? .init(milliseconds: .max)
            return min(max(next, start + .seconds(60)), start + .seconds(300))
        }
    }

    /// Hourly, for it goes through the queue.
    package static func endOfKeys(_ registry: DomainRegistry, log: Logger) -> Duty {
        Duty("destroying retired keys", clock: registry.clock, log: log) {
            let start = registry.clock.now
            do { try await registry.destroyKeys(at: start, log: log) } catch StoreFailure.closed {
                return start + SendingDomain.longWait
            }
            return start + .seconds(3600)
        }
    }
}

extension DomainRegistry {
    /// Half of the places, so that users who ask have the others.
    private static let dutyWidth = width / 2

    /// Throws `closed` alone; what else becomes of one domain does not hold up the others.
    func checkDue(at now: Timestamp, log: Logger) async throws(StoreFailure) {
        var due = store.sendingDomains.all.filter { $0.isDue(at: now) }[...]
        let isClosed = await withTaskGroup(of: Bool.self) { group in
            for domain in due.prefix(Self.dutyWidth) { group.addTask { await self.check(domain, log) } }
            due = due.dropFirst(Self.dutyWidth)
            while let isOpen = await group.next() {
                if !isOpen { return true }
                guard let domain = due.popFirst() else { continue }
                group.addTask { await self.check(domain, log) }
            }
            return false
        }
        if isClosed { throw .closed }
    }

    /// False when the store is closed.
    private func check(_ domain: SendingDomain, _ log: Logger) async -> Bool {
        do {
            let after = try await check(domain.fullName, isAskedFor: false).domain
            if after.status == .failing, domain.status != .failing {
                log.warning("sending domain failing", metadata: ["domain": "\(domain.name)"])
            }
        } catch is DomainRefusal {
            // Deleted meanwhile, or being changed: its next time comes.
        } catch StoreFailure.closed {
            return false
        } catch {
            log.error("checking a domain failed", metadata: ["domain": "\(domain.name)", "error": "\(error)"])
        }
        return true
    }

    /// Those retired long enough for all that they signed to have arrived and been looked at.
    func destroyKeys(at now: Timestamp, log: Logger) async throws(StoreFailure) {
        func isPast(_ key: DKIMKeyRow) -> Bool { key.retiredAt.map { $0 + settings.retirement <= now } ?? false }
        let domains = store.sendingDomains.all.filter { $0.keys.contains(where: isPast) }
        guard !domains.isEmpty else { return }
        let oldest = try await store.oldestQueued(from: domains.map(\.fullName))
        for domain in domains {
            let gone = domain.keys.filter { isPast($0) && !$0.isNeeded(by: oldest[domain.fullName]) }
            do { _ = try await change(domain.fullName) { $0.remove(gone) } } catch is DomainRefusal {
                // As above.
            } catch StoreFailure.closed {
                throw .closed
            } catch {
                log.error("destroying keys failed", metadata: ["domain": "\(domain.name)", "error": "\(error)"])
            }
        }
    }
}
