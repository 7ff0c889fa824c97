// MXCacheTests.swift — how often the name server is really asked.

import Address
import Mail
import Synchronization
import TestSupport
import Testing

@testable import DNS

struct MXCacheTests {
    private final class Time: Sendable {
        private let offset = Mutex(Duration.zero)
        private let start = ContinuousClock.now
        var now: ContinuousClock.Instant { start + offset.withLock { $0 } }
        func advance(by wait: Duration) { offset.withLock { $0 += wait } }
    }

    private func resolver(_ server: ScriptedDNS, _ time: Time) throws -> MXResolver {
        let resolver = try Resolver(.init(servers: [try #require(NameServer(server.server))]))
        return MXResolver(resolver, policy: AddressPolicy(), now: { time.now })
    }

    /// The lookup's own cache is the one that is measured: libunbound's lives by the real clock and would answer too.
    @Test func `a plan is used until the least TTL among its records is over`() async throws {
        let address = Mutex("1.1.1.1")
        let time = Time()
        let server = try ScriptedDNS { _ in .records([.a(address.withLock { $0 })], ttl: 0) }
        let resolver = try resolver(server, time)
        func first() async throws -> String {
            guard case .hosts(let hosts) = await resolver.route(to: Domain(trusted: "a.test")) else {
                throw Unexpected()
            }
            return hosts[0].addresses[0].description
        }
        #expect(try await first() == "1.1.1.1")
        address.withLock { $0 = "1.1.1.2" }
        time.advance(by: .seconds(29))
        #expect(try await first() == "1.1.1.1")
        time.advance(by: .seconds(2))
        #expect(try await first() == "1.1.1.2")
    }

    @Test func `a failure is forgotten after five seconds`() async throws {
        let isUp = Mutex(false)
        let time = Time()
        let server = try ScriptedDNS { _ in isUp.withLock { $0 } ? .records([.a("1.1.1.1")], ttl: 0) : .refused }
        let resolver = try resolver(server, time)
        let domain = Domain(trusted: "a.test")
        guard case .temporary = await resolver.route(to: domain) else { throw Unexpected() }
        let asked = server.questions.count
        time.advance(by: .seconds(4))
        guard case .temporary = await resolver.route(to: domain) else { throw Unexpected() }
        #expect(server.questions.count == asked)
    }

    private final class Lookups: Sendable { let count = Mutex(0) }

    @Test func `those who ask while a domain is looked up share the answer`() async {
        let cache = MXCache(capacity: 10) { .now }
        let lookups = Lookups()
        let (gate, open) = AsyncStream.makeStream(of: Void.self)
        let domain = Domain(trusted: "a.test")
        await withDiscardingTaskGroup { group in
            for asker in 1...50 {
                group.addTask {
                    _ = await cache.plan(for: domain) {
                        lookups.count.withLock { $0 += 1 }
                        for await _ in gate {}
                        return MXPlan(lookup: .temporary(reason: "x"), ttl: .seconds(5))
                    }
                }
                // Whoever asks later than this finds the answer known, which is no second lookup either.
                if asker == 50 { open.finish() }
            }
        }
        #expect(lookups.count.withLock { $0 } == 1)
    }
}
