// MXResolver.swift — MX lookups with a cache of their outcomes.
//
// The cache holds plans, not records: a burst of messages to one domain costs one lookup, and a hit costs no thread
// hop. Attempts that ask for the same domain while it is looked up wait for the same answer.

import Address
import Mail

package final class MXResolver: MXResolving {
    private let planner: MXPlanner
    private let domains: MXCache
    private let hosts: MXCache
    private let random: @Sendable () -> UInt64

    /// `ownNames` are this machine's names as MX records may have them, without final dots. `now` and `random` are there for tests.
    package init(
        _ resolver: Resolver, policy: AddressPolicy, ownNames: [String] = [],
        now: @escaping @Sendable () -> ContinuousClock.Instant = { .now },
        random: @escaping @Sendable () -> UInt64 = { .random(in: .min ... .max) }
    ) {
        planner = MXPlanner(resolver: resolver, policy: policy, ownNames: Set(ownNames.map { $0.lowercased() }))
        domains = MXCache(capacity: 50_000, now: now)
        hosts = MXCache(capacity: 100, now: now)
        self.random = random
    }

    package func route(to domain: Domain) async -> MXLookup {
        let plan = await domains.plan(for: domain) { [planner] in await planner.plan(for: domain) }
        var generator = ClosureGenerator(random: random)
        return plan.lookup.shuffled(using: &generator)
    }

    package func addresses(of host: String) async -> MXLookup {
        await hosts.plan(for: Domain(trusted: host)) { [planner] in await planner.plan(forHost: host) }.lookup
    }
}

private struct ClosureGenerator: RandomNumberGenerator {
    let random: @Sendable () -> UInt64
    mutating func next() -> UInt64 { random() }
}
