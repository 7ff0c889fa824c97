// ResolverTests.swift — answers, refusals and silences of a name server, and what the resolver makes of them.

import DNS
import Foundation
import Synchronization
import TestSupport
import Testing

struct ResolverTests {
    private func resolver(
        _ server: ScriptedDNS, anchor: String? = nil, timeout: Duration = .seconds(20)
    ) throws -> Resolver {
        let server = try #require(NameServer(server.server))
        return try Resolver(.init(servers: [server], trustAnchorFile: anchor, timeout: timeout))
    }

    @Test func `records come with their TTL, and unsigned ones are not secure`() async throws {
        let server = try ScriptedDNS { _ in .records([.a("192.0.2.1"), .a("192.0.2.2")], ttl: 120) }
        guard case .records(let set) = await (try resolver(server)).records(.a, of: "a.test") else {
            Issue.record("no records")
            return
        }
        #expect(Set(set.rdata) == [[192, 0, 2, 1], [192, 0, 2, 2]])
        #expect(set.ttl == 120)
        #expect(!set.isSecure)
    }

    @Test func `a CNAME is followed`() async throws {
        let server = try ScriptedDNS(["www.a.test": [.cname("a.test"), .a("192.0.2.1")], "a.test": [.a("192.0.2.1")]])
        let answer = await (try resolver(server)).records(.a, of: "www.a.test")
        #expect(answer == .records(RecordSet(rdata: [[192, 0, 2, 1]], ttl: 300, isSecure: false)))
    }

    @Test func `a name without records of the type is not a name that does not exist`() async throws {
        let server = try ScriptedDNS(["a.test": []])
        let resolver = try resolver(server)
        guard case .noData = await resolver.records(.mx, of: "a.test") else { throw Unexpected() }
        guard case .noSuchDomain = await resolver.records(.mx, of: "b.test") else { throw Unexpected() }
    }

    @Test(arguments: [ScriptedDNS.Answer.serverFailure, .refused])
    func `a server that fails leaves the question open`(answer: ScriptedDNS.Answer) async throws {
        let server = try ScriptedDNS { _ in answer }
        guard case .failed(let reason) = await (try resolver(server)).records(.mx, of: "a.test") else {
            throw Unexpected()
        }
        #expect(reason.contains("SERVFAIL"))
    }

    @Test func `silence ends in time`() async throws {
        let server = try ScriptedDNS { _ in .silence }
        let resolver = try resolver(server, timeout: .milliseconds(50))
        #expect(await resolver.records(.mx, of: "a.test") == .failed(reason: "a.test: no answer in time"))
    }

    /// `signed.test` has a trust anchor, but the server has no signatures for it.
    @Test func `an answer whose signatures are missing below a trust anchor is not believed`() async throws {
        let server = try ScriptedDNS { _ in .records([.a("192.0.2.1")]) }
        let anchor = FileManager.default.temporaryDirectory.appending(path: "anchor-\(UUID()).key")
        let digest = String(repeating: "0123456789ABCDEF", count: 4)
        try Data("signed.test. IN DS 12345 8 2 \(digest)\n".utf8).write(to: anchor)
        defer { try? FileManager.default.removeItem(at: anchor) }
        let resolver = try resolver(server, anchor: anchor.path)
        guard case .failed = await resolver.records(.a, of: "www.signed.test") else { throw Unexpected() }
        guard case .records = await resolver.records(.a, of: "www.unsigned.test") else { throw Unexpected() }
    }

    /// Private zones are not in the signed root, and a server may pass on no signatures for anything.
    @Test(arguments: [
        "d1.test", "a.example", "mail.corp", "mx.home.arpa", "b.onion", "c.invalid", "host.local", "example.com",
        "acme.dev",
    ])
    func `a server that knows no DNSSEC is believed for any name, as unsigned`(name: String) async throws {
        let server = try ScriptedDNS { question in
            question.type == 1 ? .records([.a("127.0.0.1")], ttl: 3600) : .records([])
        }
        guard case .records(let set) = await (try resolver(server)).records(.a, of: name) else { throw Unexpected() }
        #expect(set.rdata == [[127, 0, 0, 1]])
        #expect(!set.isSecure)
    }

    /// Records, none of that type, no such name, each with a TTL: the second answer is of the second question.
    @Test(arguments: [
        ScriptedDNS.Answer.records([.txt("old")]), .records([.cname("b.test"), .txt("old")]), .records([]),
        .noSuchDomain, .serverFailure,
    ])
    func `a resolver that remembers no answers sees each change at once`(first: ScriptedDNS.Answer) async throws {
        let current = Mutex(first)
        let server = try ScriptedDNS { _ in current.withLock { $0 } }
        var configuration = Resolver.Configuration(servers: [try #require(NameServer(server.server))])
        configuration.remembersAnswers = false
        let resolver = try Resolver(configuration)
        _ = await resolver.records(.txt, of: "a.test")
        for text in ["new", "newer"] {
            current.withLock { $0 = .records([.txt(text)]) }
            let answer = await resolver.records(.txt, of: "a.test")
            let rdata = [UInt8(text.utf8.count)] + Array(text.utf8)
            #expect(answer == .records(RecordSet(rdata: [rdata], ttl: 300, isSecure: false)))
        }
        current.withLock { $0 = .noSuchDomain }
        guard case .noSuchDomain = await resolver.records(.txt, of: "a.test") else { throw Unexpected() }
    }

    /// Libunbound's settings are partly those of the process: the one that delivery asks must go on remembering.
    @Test func `another resolver beside it remembers`() async throws {
        let server = try ScriptedDNS { _ in .records([.a("192.0.2.1")]) }
        var configuration = Resolver.Configuration(servers: [try #require(NameServer(server.server))])
        let remembering = try Resolver(configuration)
        configuration.remembersAnswers = false
        let forgetting = try Resolver(configuration)
        for resolver in [forgetting, remembering, forgetting, remembering, forgetting] {
            guard case .records = await resolver.records(.a, of: "a.test") else { throw Unexpected() }
        }
        #expect(server.questions.filter { $0.name == "a.test" }.count == 4)
    }

    @Test func `many questions at once are all answered`() async throws {
        let server = try ScriptedDNS { _ in .records([.a("192.0.2.1")]) }
        let resolver = try resolver(server)
        let answered = await withTaskGroup(of: Bool.self) { group in
            for number in 0..<300 {
                group.addTask {
                    if case .records = await resolver.records(.a, of: "n\(number).test") { true } else { false }
                }
            }
            return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(answered == 300)
    }

    @Test func `closing answers the open questions and refuses new ones`() async throws {
        let server = try ScriptedDNS { _ in .silence }
        let resolver = try resolver(server)
        async let open = resolver.records(.a, of: "a.test")
        while server.questions.isEmpty { await Task.yield() }
        resolver.close()
        #expect(await open == .failed(reason: "a.test: the resolver is closed"))
        #expect(await resolver.records(.a, of: "b.test") == .failed(reason: "the resolver is closed"))
    }

    @Test(arguments: ["a\0.test", "", "..", String(repeating: "a", count: 300) + ".test"])
    func `a name that cannot be one has no records`(name: String) async throws {
        let server = try ScriptedDNS { _ in .records([.a("192.0.2.1")]) }
        if case .records = await (try resolver(server)).records(.mx, of: name) { throw Unexpected() }
    }

    @Test func `a trust anchor file that is not there stops the start, by name`() throws {
        let error = #expect(throws: ResolverError.self) { try Resolver(.init(trustAnchorFile: "/nowhere/anchor.key")) }
        #expect(error?.description == "dns.trust_anchor_file: /nowhere/anchor.key: No such file or directory")
    }

    @Test(arguments: [
        ("192.0.2.1", "192.0.2.1:53"), ("192.0.2.1:5353", "192.0.2.1:5353"), ("2001:db8::1", "[2001:db8::1]:53"),
        ("[2001:db8::1]:5353", "[2001:db8::1]:5353"),
    ])
    func `a server is an address with or without a port`(text: String, meaning: String) {
        #expect(NameServer(text)?.description == meaning)
    }

    @Test(arguments: [
        "", "dns.example", "192.0.2.1:", "192.0.2.1:0", "192.0.2.1:+53", "192.0.2.1:65536", "[192.0.2.1]:53",
        "[2001:db8::1]", ":53",
    ])
    func `what is no server is refused`(text: String) {
        #expect(NameServer(text) == nil)
    }
}

struct Unexpected: Error {}
