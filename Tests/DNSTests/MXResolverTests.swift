// MXResolverTests.swift — from a domain's records to the hosts to try.

import Address
import DNS
import Mail
import Synchronization
import TestSupport
import Testing

struct MXResolverTests {
    private func resolver(_ server: ScriptedDNS, policy: AddressPolicy = AddressPolicy(), ownNames: [String] = [])
        throws -> MXResolver
    {
        let resolver = try Resolver(.init(servers: [try #require(NameServer(server.server))], timeout: .seconds(10)))
        return MXResolver(resolver, policy: policy, ownNames: ownNames)
    }

    private func route(
        _ domain: String, in zone: [String: [ScriptedDNS.Record]], policy: AddressPolicy = AddressPolicy(),
        ownNames: [String] = []
    ) async throws -> MXLookup {
        try await resolver(ScriptedDNS(zone), policy: policy, ownNames: ownNames).route(to: Domain(trusted: domain))
    }

    private func host(_ preference: UInt16, _ name: String, _ addresses: String...) -> MXHost {
        MXHost(preference: preference, name: Domain(trusted: name), addresses: addresses.compactMap { IPAddress($0) })
    }

    @Test func `hosts come by preference`() async throws {
        let lookup = try await route(
            "a.test",
            in: [
                "a.test": [.mx(30, "mx3.a.test"), .mx(10, "MX1.A.test"), .mx(20, "mx2.b.test")],
                "mx1.a.test": [.a("1.1.1.1")], "mx2.b.test": [.a("1.1.1.2")], "mx3.a.test": [.a("1.1.1.3")],
            ])
        #expect(
            lookup
                == .hosts([
                    host(10, "mx1.a.test", "1.1.1.1"), host(20, "mx2.b.test", "1.1.1.2"),
                    host(30, "mx3.a.test", "1.1.1.3"),
                ]))
    }

    @Test func `hosts of equal preference change places from attempt to attempt`() async throws {
        let server = try ScriptedDNS([
            "a.test": [.mx(10, "mx1.a.test"), .mx(10, "mx2.a.test"), .mx(20, "mx3.a.test")],
            "mx1.a.test": [.a("1.1.1.1")], "mx2.a.test": [.a("1.1.1.2")], "mx3.a.test": [.a("1.1.1.3")],
        ])
        let resolver = try resolver(server)
        var firsts: Set<String> = []
        for _ in 0..<100 {
            guard case .hosts(let hosts) = await resolver.route(to: Domain(trusted: "a.test")) else {
                throw Unexpected()
            }
            firsts.insert(hosts[0].name.ascii)
            #expect(hosts.last?.name.ascii == "mx3.a.test")
        }
        #expect(firsts == ["mx1.a.test", "mx2.a.test"])
    }

    @Test func `addresses alternate, IPv6 first`() async throws {
        let lookup = try await route(
            "a.test",
            in: [
                "a.test": [.mx(10, "mx.a.test")],
                "mx.a.test": [.a("1.1.1.1"), .aaaa("2606:4700::1")],
            ])
        #expect(lookup == .hosts([host(10, "mx.a.test", "2606:4700::1", "1.1.1.1")]))
    }

    @Test func `without MX records the domain is its own host`() async throws {
        #expect(try await route("a.test", in: ["a.test": [.a("1.1.1.1")]]) == .hosts([host(0, "a.test", "1.1.1.1")]))
    }

    @Test func `a null MX takes no mail`() async throws {
        #expect(try await route("a.test", in: ["a.test": [.mx(0, "."), .a("1.1.1.1")]]) == .nullMX)
    }

    @Test func `a null MX beside another is no null MX`() async throws {
        let lookup = try await route(
            "a.test", in: ["a.test": [.mx(0, "."), .mx(10, "mx.a.test")], "mx.a.test": [.a("1.1.1.1")]])
        #expect(lookup == .hosts([host(10, "mx.a.test", "1.1.1.1")]))
    }

    @Test func `a domain that does not exist is told from one without hosts`() async throws {
        guard case .noSuchDomain = try await route("a.test", in: [:]) else { throw Unexpected() }
        guard case .noHosts = try await route("a.test", in: ["a.test": []]) else { throw Unexpected() }
        guard case .noHosts = try await route("a.test", in: ["a.test": [.mx(10, "gone.test")]]) else {
            throw Unexpected()
        }
    }

    @Test func `a server failure is temporary`() async throws {
        let server = try ScriptedDNS { _ in .serverFailure }
        guard case .temporary = try await resolver(server).route(to: Domain(trusted: "a.test")) else {
            throw Unexpected()
        }
    }

    @Test func `a failing host is left out while another works`() async throws {
        let server = try ScriptedDNS { question in
            switch question.name {
            case "a.test": .records([.mx(10, "broken.test"), .mx(20, "mx.a.test")])
            case "mx.a.test": .records([.a("1.1.1.1")])
            default: .serverFailure
            }
        }
        #expect(
            try await resolver(server).route(to: Domain(trusted: "a.test"))
                == .hosts([host(20, "mx.a.test", "1.1.1.1")]))
    }

    @Test(arguments: [["gone.test", "broken.test"], ["inside.test", "broken.test"]])
    func `a failing host makes the lookup temporary when no other works`(names: [String]) async throws {
        let server = try ScriptedDNS { question in
            switch question.name {
            case "a.test": .records(names.map { .mx(10, $0) })
            case "inside.test": .records([.a("10.0.0.1")])
            case "broken.test": .serverFailure
            default: .noSuchDomain
            }
        }
        guard case .temporary = try await resolver(server).route(to: Domain(trusted: "a.test")) else {
            throw Unexpected()
        }
    }

    @Test func `an MX that is a CNAME leads to its target's address`() async throws {
        let lookup = try await route(
            "a.test",
            in: [
                "a.test": [.mx(10, "alias.a.test")],
                "alias.a.test": [.cname("mx.a.test"), .a("1.1.1.1")], "mx.a.test": [.a("1.1.1.1")],
            ])
        #expect(lookup == .hosts([host(10, "alias.a.test", "1.1.1.1")]))
    }

    @Test func `an address in place of an MX name is no host`() async throws {
        let beside = try await route(
            "a.test", in: ["a.test": [.mx(5, "10.0.0.1"), .mx(10, "mx.a.test")], "mx.a.test": [.a("1.1.1.1")]])
        #expect(beside == .hosts([host(10, "mx.a.test", "1.1.1.1")]))
        guard case .noHosts = try await route("a.test", in: ["a.test": [.mx(5, "10.0.0.1")]]) else {
            throw Unexpected()
        }
    }

    @Test(arguments: ["127.0.0.1", "10.0.0.1", "169.254.169.254", "0.0.0.0"])
    func `a domain with only refused addresses is not allowed`(address: String) async throws {
        let lookup = try await route("a.test", in: ["a.test": [.mx(10, "mx.a.test")], "mx.a.test": [.a(address)]])
        guard case .notAllowed(let detail) = lookup else { throw Unexpected() }
        #expect(detail.contains("mx.a.test (\(address))"))
    }

    @Test func `refused addresses are dropped beside permitted ones`() async throws {
        let lookup = try await route(
            "a.test",
            in: [
                "a.test": [.mx(10, "mx1.a.test"), .mx(20, "mx2.a.test")],
                "mx1.a.test": [.a("10.0.0.1"), .aaaa("::1")], "mx2.a.test": [.a("1.1.1.1"), .aaaa("fe80::1")],
            ])
        #expect(lookup == .hosts([host(20, "mx2.a.test", "1.1.1.1")]))
    }

    @Test func `an opened network is allowed`() async throws {
        let policy = AddressPolicy(allowed: [try #require(Network("127.0.0.0/8"))])
        #expect(
            try await route("a.test", in: ["a.test": [.a("127.0.0.1")]], policy: policy)
                == .hosts([host(0, "a.test", "127.0.0.1")]))
    }

    private let withUs: [String: [ScriptedDNS.Record]] = [
        "a.test": [.mx(10, "best.test"), .mx(20, "us.test"), .mx(20, "peer.test"), .mx(30, "worse.test")],
        "best.test": [.a("1.1.1.1")], "us.test": [.a("1.1.1.2")], "peer.test": [.a("1.1.1.3")],
        "worse.test": [.a("1.1.1.4")],
    ]

    @Test func `hosts as far as ourselves or farther are dropped, by our name or by our address`() async throws {
        let best = MXLookup.hosts([host(10, "best.test", "1.1.1.1")])
        #expect(try await route("a.test", in: withUs, ownNames: ["US.test"]) == best)
        let policy = AddressPolicy(own: [try #require(IPAddress("1.1.1.2"))])
        #expect(try await route("a.test", in: withUs, policy: policy) == best)
    }

    @Test(arguments: ["127.0.0.1", "::1"])
    func `a host on loopback is not allowed, though loopback is ours too`(address: String) async throws {
        let policy = AddressPolicy(own: AddressPolicy.interfaceAddresses())
        let zone: [String: [ScriptedDNS.Record]] = [
            "a.test": [.mx(0, "here.test")], "here.test": [address.contains(":") ? .aaaa(address) : .a(address)],
        ]
        guard case .notAllowed = try await route("a.test", in: zone, policy: policy) else { throw Unexpected() }
    }

    @Test func `being the best host ourselves is a loop`() async throws {
        guard case .loop = try await route("a.test", in: withUs, ownNames: ["best.test"]) else { throw Unexpected() }
        let policy = AddressPolicy(own: [try #require(IPAddress("1.1.1.1"))])
        guard case .loop = try await route("a.test", in: withUs, policy: policy) else { throw Unexpected() }
    }

    @Test func `hosts and addresses are bounded`() async throws {
        let server = try ScriptedDNS { question in
            if question.name == "a.test" { return .records((0..<15).map { .mx($0, "mx\($0).test") }) }
            return question.type == 1 ? .records((1...6).map { .a("1.1.1.\($0)") }) : .records([])
        }
        guard case .hosts(let hosts) = try await resolver(server).route(to: Domain(trusted: "a.test")) else {
            throw Unexpected()
        }
        #expect(hosts.map(\.preference) == [0, 1, 2, 3])
        #expect(hosts.map(\.addresses.count) == [6, 6, 6, 2])
        #expect(Set(server.questions.map(\.name)).count == 11)
    }

    @Test func `a relay's addresses are taken as they are`() async throws {
        let resolver = try resolver(ScriptedDNS(["relay.test": [.a("10.0.0.1"), .mx(10, "other.test")]]))
        #expect(await resolver.addresses(of: "relay.test") == .hosts([host(0, "relay.test", "10.0.0.1")]))
        #expect(await resolver.addresses(of: "127.0.0.1") == .hosts([host(0, "127.0.0.1", "127.0.0.1")]))
        guard case .noHosts = await resolver.addresses(of: "gone.test") else { throw Unexpected() }
    }

    // MARK: Address literals

    @Test(arguments: [
        ("[1.1.1.1]", "1.1.1.1"), ("[IPv6:2606:4700::1]", "2606:4700::1"), ("[ipv6:2606:4700::1]", "2606:4700::1"),
    ])
    func `an address literal is its own host, and nothing is looked up`(domain: String, address: String) async throws {
        let server = try ScriptedDNS([:])
        let lookup = try await resolver(server).route(to: Domain(trusted: domain))
        #expect(lookup == .hosts([host(0, address, address)]))
        #expect(server.questions.isEmpty)
    }

    @Test(arguments: ["[10.0.0.1]", "[127.0.0.1]", "[IPv6:::1]", "[IPv6:::ffff:10.0.0.1]"])
    func `an address literal must be allowed like any other address`(domain: String) async throws {
        guard case .notAllowed(let detail) = try await route(domain, in: [:]) else { throw Unexpected() }
        #expect(detail.contains(domain))
        let policy = AddressPolicy(allowed: ["10.0.0.0/8", "127.0.0.0/8", "::/0"].compactMap { Network($0) })
        guard case .hosts = try await route(domain, in: [:], policy: policy) else { throw Unexpected() }
    }

    @Test func `an address literal of ours is a loop`() async throws {
        let policy = AddressPolicy(own: [try #require(IPAddress("1.1.1.1"))])
        guard case .loop = try await route("[1.1.1.1]", in: [:], policy: policy) else { throw Unexpected() }
    }

    @Test(arguments: ["[]", "[1.1.1]", "[::1]", "[IPv6:1.1.1.1]", "[IPv6:]", "[x400:1]", "[1.1.1.1"])
    func `a literal that is no address has no host`(domain: String) async throws {
        guard case .noHosts = try await route(domain, in: [:]) else { throw Unexpected() }
    }
}
