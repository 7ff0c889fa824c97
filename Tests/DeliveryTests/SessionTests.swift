// SessionTests.swift — sessions on real sockets: how many at once, over TLS, and what stopping leaves to end.

import Address
import DNS
import Mail
import NIOCore
import NIOPosix
import Queue
import SMTP
import Synchronization
import TLS
import TestSupport
import Testing

@testable import Delivery

struct SessionTests {
    // MARK: Limits

    @Test(.timeLimit(.minutes(5))) func neverExceedsTheSessionsOfAHostAndUsesAll() async throws {
        var settings = DeliverySettings()
        settings.maxSessionsPerHost = 3
        let gate = Gate(opensAt: 3)
        let server = try await gate.serve()
        let mail = try await DeliveryFixture.open(
            .hosts("mx.test"), peers: ["mx.test": server.address], settings: settings)
        for _ in 1...12 { try await mail.send() }
        try await mail.settle()
        #expect(gate.passed == 12)
        #expect(gate.most == 3)
        await mail.end()
        await server.stop()
    }

    @Test(.timeLimit(.minutes(5))) func neverExceedsTheSessionsOfAllHostsAndUsesAll() async throws {
        var settings = DeliverySettings()
        settings.maxSessions = 4
        let gate = Gate(opensAt: 4)
        let server = try await gate.serve()
        let domains = (1...6).map { "d\($0).test" }
        let peers = Dictionary(uniqueKeysWithValues: domains.map { ($0, server.address) })
        let mail = try await DeliveryFixture.open(
            .nullMX, peers: peers, settings: settings, resolver: OwnHosts(domains: domains))
        for domain in domains + domains { try await mail.send(to: ["bob@\(domain)"]) }
        try await mail.settle()
        #expect(gate.passed == 12)
        #expect(gate.most == 4)
        await mail.end()
        await server.stop()
    }

    // MARK: TLS

    @Test(arguments: [TLSRequirement.opportunistic, .required])
    func recordsTheTLSOfTheSession(tls: TLSRequirement) async throws {
        let gate = Gate(opensAt: 1)
        let server = try await gate.serve(tls: try TLSContext.selfSignedServer(name: "mx.test"))
        let mail = try await DeliveryFixture.open(.hosts("mx.test"), peers: ["mx.test": server.address])
        let id = try await mail.send(tls: tls)
        try await mail.settle()
        #expect(try await mail.recipient(id).state == .delivered)
        let attempt = try await mail.attempts(id)[0]
        #expect(attempt.tls?.hasPrefix("TLSv1.3 ") == true)
        #expect(gate.ciphers == [attempt.tls], "both sides say the same")
        #expect(attempt.transcript.contains("> STARTTLS"))
        await mail.end()
        await server.stop()
    }

    // MARK: Stopping

    @Test(.timeLimit(.minutes(5))) func endsAndRecordsATransactionPastDATAWhenStopped() async throws {
        let gate = Gate(opensAt: .max)
        let server = try await gate.serve()
        let mail = try await DeliveryFixture.open(.hosts("mx.test"), peers: ["mx.test": server.address])
        let id = try await mail.send()
        await gate.reached()

        let hasStopped = Atomic(false)
        async let stop: Void = {
            await mail.dispatcher.stop(within: .seconds(30))
            hasStopped.store(true, ordering: .sequentiallyConsistent)
        }()
        while !mail.dispatcher.inspect(\.isStopping) { await Task.yield() }
        let late = try await mail.send()
        let isTooEarly = hasStopped.load(ordering: .sequentiallyConsistent)
        #expect(!isTooEarly)
        gate.open()
        await stop

        #expect(try await mail.recipient(id).state == .delivered)
        #expect(try await mail.recipient(late).state == .queued, "nothing new is begun")
        #expect(try await mail.recipient(late).attempts == 0)
        await mail.end()
        await server.stop()
    }

    @Test func doesNotWaitForSessionsThatAreJustBeingOpened() async throws {
        let silent = try ScriptedPeer("X: hold")
        let mail = try await DeliveryFixture.open(.hosts("mx.test"), peers: ["mx.test": silent.address])
        try await mail.send()
        while mail.dispatcher.inspect(\.sessionCount) == 0 { await Task.yield() }
        let begun = ContinuousClock.now
        await mail.end()
        #expect(begun.duration(to: .now) < .seconds(8), "the peer has not hung up yet")
    }
}

/// Holds each message between its final dot and the answer until so many are held together.
final class Gate: Sendable {
    private struct State {
        var held: [CheckedContinuation<Void, Never>] = []
        var most = 0
        var passed = 0
        var isOpen = false
        var ciphers: [String?] = []
        var onlooker: CheckedContinuation<Void, Never>?
    }
    private let state = Mutex(State())
    private let opensAt: Int

    init(opensAt: Int) { self.opensAt = opensAt }

    var most: Int { state.withLock(\.most) }
    var passed: Int { state.withLock(\.passed) }
    var ciphers: [String?] { state.withLock(\.ciphers) }

    /// A mail server whose messages all come by here.
    func serve(tls: TLSContext? = nil) async throws -> SMTPServer {
        try await SMTPServer.start(
            at: SocketAddress(ipAddress: "127.0.0.1", port: 0), on: MultiThreadedEventLoopGroup.singleton,
            settings: SMTPServerSettings(name: "mx.test", tls: tls),
            behaviour: SMTPServerBehaviour(
                recipient: { _ in Reply(250, "2.1.5 Ok") },
                message: { message in
                    await self.pass(message)
                    return .reply(Reply(250, "2.0.0 Ok"))
                }))
    }

    private func pass(_ message: ReceivedMessage) async {
        await withCheckedContinuation { continuation in
            let (free, onlooker) = state.withLock { state in
                state.ciphers.append(message.tls)
                state.held.append(continuation)
                state.most = max(state.most, state.held.count)
                defer { state.onlooker = nil }
                return (state.isOpen || state.held.count >= opensAt ? Self.release(&state) : [], state.onlooker)
            }
            onlooker?.resume()
            for continuation in free { continuation.resume() }
        }
    }

    private static func release(_ state: inout State) -> [CheckedContinuation<Void, Never>] {
        defer { state.held = [] }
        state.passed += state.held.count
        return state.held
    }

    /// Returns once a message is held.
    func reached() async {
        await withCheckedContinuation { continuation in
            let isThere = state.withLock { state in
                if state.held.isEmpty { state.onlooker = continuation }
                return !state.held.isEmpty
            }
            if isThere { continuation.resume() }
        }
    }

    func open() {
        let free = state.withLock { state in
            state.isOpen = true
            return Self.release(&state)
        }
        for continuation in free { continuation.resume() }
    }
}

/// Each domain is its own mail host, at an address of its own.
struct OwnHosts: MXResolving {
    let domains: [String]

    func route(to domain: Domain) async -> MXLookup {
        guard let index = domains.firstIndex(of: domain.ascii) else { return .noSuchDomain(detail: "\(domain)") }
        return .hosts([MXHost(preference: 0, name: domain, addresses: [.v4(0xC633_6401 + UInt32(index))])])
    }

    func addresses(of host: String) async -> MXLookup { .noHosts(detail: host) }
}
