// MXCache.swift — plans by domain, each until its time is over, with a bound on their number.

import Mail
import Synchronization

final class MXCache: Sendable {
    private enum Entry {
        case pending(Task<MXPlan, Never>)
        case known(MXPlan, until: ContinuousClock.Instant)
    }

    private let entries = Mutex<[Domain: Entry]>([:])
    private let capacity: Int
    private let now: @Sendable () -> ContinuousClock.Instant

    init(capacity: Int, now: @escaping @Sendable () -> ContinuousClock.Instant) {
        (self.capacity, self.now) = (capacity, now)
    }

    var count: Int { entries.withLock { $0.count } }

    /// The plan that is known, or the one that `make` makes. `make` runs once for all who wait, in a task of its own:
    /// when one of them is cancelled, the others still get their answer.
    func plan(for domain: Domain, orMake make: @escaping @Sendable () async -> MXPlan) async -> MXPlan {
        let found = entries.withLock { entries -> Entry in
            switch entries[domain] {
            case .pending(let task): return .pending(task)
            case .known(let plan, let end) where now() < end: return .known(plan, until: end)
            case .known, nil:
                let task = Task {
                    let plan = await make()
                    self.store(plan, for: domain)
                    return plan
                }
                entries[domain] = .pending(task)
                return .pending(task)
            }
        }
        switch found {
        case .known(let plan, _): return plan
        case .pending(let task): return await task.value
        }
    }

    private func store(_ plan: MXPlan, for domain: Domain) {
        let now = now()
        entries.withLock { entries in
            entries[domain] = .known(plan, until: now + plan.ttl)
            if entries.count > capacity { Self.shrink(&entries, to: capacity - capacity / 8, now) }
        }
    }

    /// Drops what is over, then whatever comes first, down to well below the capacity: a full cache is gone through
    /// once for many new entries.
    private static func shrink(_ entries: inout [Domain: Entry], to count: Int, _ now: ContinuousClock.Instant) {
        var kept = 0
        entries = entries.filter { _, entry in
            switch entry {
            case .pending: return true
            case .known(_, let end):
                guard end > now, kept < count else { return false }
                kept += 1
                return true
            }
        }
    }
}
