// BounceAddressesTests.swift — reverse-paths by which a bounce is matched to its recipient, and which nobody can make up.

import Mail
import Queue
import SMTP
import TestSupport
import Testing

@testable import Delivery

struct BounceAddressesTests {
    private static let domain = Domain(trusted: "bounce.test")
    private static let text = "b-01081g81860w40j2gb1g6gw3rg-1grwt70606esknyn"
    private let addresses = BounceAddresses(domain: domain, key: Array(repeating: UInt8(ascii: "k"), count: 32))
    private let id: RecipientID

    init() throws { id = try #require(RecipientID(bytes: Array(1...16))) }

    @Test func holdsTheRecipientAndACode() {
        #expect(addresses.reversePath(for: id).description == Self.text + "@bounce.test")
    }

    @Test(arguments: [text, text.uppercased(), "B" + text.dropFirst()])
    func knowsItsOwnInAnyCase(localPart: String) {
        #expect(addresses.recipient(of: Mailbox(localPart: localPart, domain: Self.domain)) == id)
    }

    @Test func knowsThoseOfNewRecipients() {
        for _ in 0..<100 {
            let id = RecipientID(at: Timestamp(milliseconds: 1_790_000_000_000))
            #expect(addresses.recipient(of: addresses.reversePath(for: id)) == id)
        }
    }

    @Test func knowsNoneThatDiffersInOneCharacter() {
        for position in Self.text.utf8.indices {
            var altered = Array(Self.text.utf8)
            let index = Self.text.utf8.distance(from: Self.text.utf8.startIndex, to: position)
            altered[index] = altered[index] == UInt8(ascii: "1") ? UInt8(ascii: "2") : UInt8(ascii: "1")
            let mailbox = Mailbox(localPart: String(decoding: altered, as: UTF8.self), domain: Self.domain)
            #expect(addresses.recipient(of: mailbox) == nil, "\(mailbox)")
        }
    }

    @Test(arguments: [
        "", "b-", String(text.dropLast()), text + "0", "postmaster", text.replacing("-1grw", with: "-lgrw"),
    ])
    func knowsNoOtherMailbox(localPart: String) {
        #expect(addresses.recipient(of: Mailbox(localPart: localPart, domain: Self.domain)) == nil)
    }

    @Test func knowsNoneOfAnotherDomainOrKey() {
        let other = BounceAddresses(domain: Domain(trusted: "other.test"), key: Array("k".utf8))
        let stranger = BounceAddresses(domain: Self.domain, key: Array("k".utf8))
        #expect(other.recipient(of: addresses.reversePath(for: id)) == nil)
        #expect(stranger.recipient(of: addresses.reversePath(for: id)) == nil)
    }
}

struct BounceAddressDeliveryTests {
    private let addresses = BounceAddresses(domain: Domain(trusted: "bounce.test"), key: [1, 2, 3])

    private func open(_ server: Refusing) async throws -> DeliveryFixture {
        try await .open(.hosts("mx.test"), peers: ["mx.test": server.address]) { $0.bounceAddresses = addresses }
    }

    @Test func givesEachRecipientItsOwnTransactionAndReversePath() async throws {
        let server = try await Refusing.start { _ in Reply(250, "2.1.5 Ok") }
        let mail = try await open(server)
        let id = try await mail.send(to: ["a@example.test", "b@example.test", "c@example.test"])
        try await mail.settle()
        let recipients = try await mail.message(id).recipients
        #expect(recipients.map(\.state) == [.delivered, .delivered, .delivered])
        #expect(
            server.messages.map(\.reversePath) == recipients.map { .mailbox(addresses.reversePath(for: $0.id)) })
        #expect(server.messages.map(\.forwardPaths) == recipients.map { [$0.mailbox] })
        await mail.end()
        await server.stop()
    }

    @Test func givesARetryTheSameAgain() async throws {
        let peer = try ScriptedPeer(
            scripts: ["451 4.7.1 Later", "550 5.1.1 No"].map { reply in
                """
                S: 220 mx.test
                C: EHLO client.test
                S: 250 mx.test
                C: MAIL FROM:<b-*
                S: 250 Ok
                C: RCPT TO:<bob@example.test>
                S: \(reply)
                C: QUIT
                S: 221 Bye
                """
            })
        let mail = try await DeliveryFixture.open(.hosts("mx.test"), peers: ["mx.test": peer.address]) {
            $0.bounceAddresses = addresses
        }
        let id = try await mail.send()
        try await mail.pass(.minutes(6))
        let expected = "MAIL FROM:<\(addresses.reversePath(for: try await mail.recipient(id).id))>"
        let attempts = try await mail.attempts(id)
        #expect(attempts.count == 2)
        #expect(attempts.allSatisfy { $0.transcript.contains(expected) })
        await mail.end()
        try await peer.finish()
    }

    /// RFC 5321 §4.5.5 — it is a bounce itself, and must not come back as one.
    @Test func leavesTheNullReversePathAlone() async throws {
        let server = try await Refusing.start { _ in Reply(250, "2.1.5 Ok") }
        let mail = try await open(server)
        try await mail.send(to: ["a@example.test", "b@example.test"]) { $0.reversePath = .null }
        try await mail.settle()
        #expect(server.messages.map(\.reversePath) == [.null])
        await mail.end()
        await server.stop()
    }

    // MARK: Many transactions of one message

    private static let hello = "S: 220 mx.test\nC: EHLO client.test\nS: 250 mx.test"

    private static func transaction(to localPart: String) -> String {
        """

        C: MAIL FROM:<b-*
        S: 250 Ok
        C: RCPT TO:<\(localPart)@example.test>
        S: 250 Ok
        C: DATA
        S: 354 Go
        C: ...
        S: 250 Queued
        """
    }

    private func deliverFive(to peer: ScriptedPeer, messagesPerSession: Int) async throws {
        var settings = DeliverySettings()
        settings.messagesPerSession = messagesPerSession
        settings.maxSessionsPerHost = 1
        let mail = try await DeliveryFixture.open(
            .hosts("mx.test"), peers: ["mx.test": peer.address], settings: settings
        ) { $0.bounceAddresses = addresses }
        let id = try await mail.send(to: ["a", "b", "c", "d", "e"].map { "\($0)@example.test" })
        try await mail.settle()
        #expect(try await mail.message(id).recipients.allSatisfy { $0.state == .delivered && $0.attempts == 1 })
        await mail.end()
        try await peer.finish()
    }

    @Test func goesOnInAnotherSessionWhenOneHasTakenItsShare() async throws {
        let peer = try ScriptedPeer(
            scripts: [["a", "b"], ["c", "d"], ["e"]].map { share in
                Self.hello + share.map(Self.transaction).joined() + "\nC: QUIT\nS: 221 Bye"
            })
        try await deliverFive(to: peer, messagesPerSession: 2)
    }

    /// Each session has served before it ends: that is no failure of the host.
    @Test(arguments: ["\nC: MAIL *\nS: 421 4.7.0 Enough for now\nX: close", "\nC: MAIL *\nX: close"])
    func goesOnInAnotherSessionWhenTheServerHasHadEnough(end: String) async throws {
        let peer = try ScriptedPeer(
            scripts: ["a", "b", "c", "d", "e"].map { name in
                Self.hello + Self.transaction(to: name) + (name == "e" ? "\nC: QUIT\nS: 221 Bye" : end)
            })
        try await deliverFive(to: peer, messagesPerSession: 100)
    }

    @Test(.timeLimit(.minutes(5))) func leavesTheRestOnDiskWhenStopped() async throws {
        let gate = Gate(opensAt: .max)
        let server = try await gate.serve()
        let mail = try await DeliveryFixture.open(.hosts("mx.test"), peers: ["mx.test": server.address]) {
            $0.bounceAddresses = addresses
        }
        let id = try await mail.send(to: ["a@example.test", "b@example.test"])
        await gate.reached()
        async let stop: Void = mail.dispatcher.stop(within: .seconds(20))
        while !mail.dispatcher.isStopping { await Task.yield() }
        gate.open()
        await stop
        #expect(try await mail.message(id).recipients.map(\.state) == [.delivered, .queued])
        #expect(gate.passed == 1)
        await mail.end()
        await server.stop()
    }
}
