// SuppressionTests.swift — dead mailboxes are suppressed, and the suppressed are left alone, also when it comes late.

import Mail
import NIOCore
import NIOPosix
import Queue
import SMTP
import Synchronization
import TestSupport
import Testing

@testable import Delivery

struct SuppressionTests {
    /// A server that answers each RCPT with what is set for its local-part, and keeps who was named.
    private final class Host: Sendable {
        private let state = Mutex((replies: [String: Reply](), named: [String]()))
        private let server = Mutex<SMTPServer?>(nil)

        static func start(_ replies: [String: Reply] = [:]) async throws -> (host: Host, address: SocketAddress) {
            let host = Host()
            host.state.withLock { $0.replies = replies }
            let server = try await SMTPServer.start(
                at: SocketAddress(ipAddress: "127.0.0.1", port: 0), on: MultiThreadedEventLoopGroup.singleton,
                settings: SMTPServerSettings(name: "mx.test"),
                behaviour: SMTPServerBehaviour(
                    recipient: { mailbox in
                        host.state.withLock { state in
                            state.named.append(mailbox.localPart)
                            return state.replies[mailbox.localPart.lowercased()] ?? Reply(250, "2.1.5 Ok")
                        }
                    }, message: { _ in .reply(Reply(250, "2.0.0 Ok")) }))
            host.server.withLock { $0 = server }
            return (host, server.address)
        }

        var named: [String] { state.withLock { $0.named } }
        func stop() async { await server.withLock { $0 }?.stop() }
    }

    private static let unknown = Reply(550, "5.1.1 User unknown")
    private static let later = Reply(451, "4.3.0 Not today")

    private func suppress(_ address: String, _ mail: DeliveryFixture) async throws {
        let new = NewSuppression(address: SuppressedAddress(try Mailbox(parsing: address)))
        _ = try await mail.store.suppress([new], in: .default, at: mail.clock.now)
    }

    private func suppressed(_ mail: DeliveryFixture) async throws -> [String] {
        try await mail.store.suppressions(in: .default, at: mail.clock.now, limit: 9).map(\.address.description)
    }

    @Test func onlyADeadMailboxIsSuppressed() async throws {
        let (host, address) = try await Host.start([
            "bob": Self.unknown, "full": Reply(552, "5.2.2 Mailbox full"),
            "bad": Reply(554, "5.7.1 Spam message rejected"),
        ])
        let mail = try await DeliveryFixture.open(.hosts("mx.test"), peers: ["mx.test": address])
        let id = try await mail.send(to: [
            "Bob@example.test", "full@example.test", "bad@example.test", "eve@example.test",
        ])
        try await mail.settle()
        #expect(try await mail.message(id).recipients.map(\.state) == [.bounced, .bounced, .bounced, .delivered])
        #expect(try await mail.recipient(id).bounce?.kind == .hard)
        #expect(try await suppressed(mail) == ["bob@example.test"])
        let again = try await mail.send(to: ["bob@EXAMPLE.test"]) { $0.markSuppressed(by: mail.store.suppressions) }
        try await mail.settle()
        #expect(try await mail.recipient(again).state == .suppressed)
        await mail.end()
        await host.stop()
    }

    @Test func suppressesNobodyIfTheOperatorWantsItSo() async throws {
        let (host, address) = try await Host.start(["bob": Self.unknown])
        var settings = DeliverySettings()
        settings.suppressesDeadMailboxes = false
        let mail = try await DeliveryFixture.open(.hosts("mx.test"), peers: ["mx.test": address], settings: settings)
        try await mail.send()
        try await mail.settle()
        #expect(try await suppressed(mail) == [])
        await mail.end()
        await host.stop()
    }

    @Test func whoeverIsSuppressedWhileWaitingIsLeftAlone() async throws {
        let (host, address) = try await Host.start(["bob": Self.later])
        let mail = try await DeliveryFixture.open(.hosts("mx.test"), peers: ["mx.test": address])
        let id = try await mail.send()
        try await mail.settle()
        try await suppress("BOB@example.test", mail)
        try await mail.pass(.minutes(10))
        let recipient = try await mail.recipient(id)
        #expect(recipient.state == .suppressed && recipient.attempts == 1)
        #expect(host.named == ["bob"])
        #expect(try await mail.eventTypes(id) == [.accepted, .suppressed])
        #expect(try await mail.message(id).finishedAt != nil)
        await mail.end()
        await host.stop()
    }

    /// It is in memory already, and a session is opened for it, when the suppression comes.
    @Test func whoeverIsSuppressedBeforeTheTransactionIsNotNamed() async throws {
        let (host, address) = try await Host.start()
        let door = Doorway()
        let connector = WaitingConnector(door: door, address: address)
        let mail = try await DeliveryFixture.open(.hosts("mx.test")) { $0.connector = connector }
        let id = try await mail.send(to: ["bob@example.test", "eve@example.test"])
        await door.arrival()
        try await suppress("bob@example.test", mail)
        door.open()
        try await mail.settle()
        #expect(try await mail.message(id).recipients.map(\.state) == [.suppressed, .delivered])
        #expect(host.named == ["eve"])
        let only = try await mail.send()
        try await mail.settle()
        #expect(try await mail.recipient(only).state == .suppressed)
        #expect(host.named == ["eve"])
        await mail.end()
        await host.stop()
    }

    @Test func aMessageMayIgnoreSuppressions() async throws {
        let (host, address) = try await Host.start(["bob": Self.unknown])
        let mail = try await DeliveryFixture.open(.hosts("mx.test"), peers: ["mx.test": address])
        try await suppress("bob@example.test", mail)
        let id = try await mail.send { $0.ignoresSuppressions = true }
        try await mail.settle()
        #expect(try await mail.recipient(id).state == .bounced && host.named == ["bob"])
        await mail.end()
        await host.stop()
    }
}

/// Mail for the sandbox.
extension SuppressionTests {
    private func hop(_ address: SocketAddress) -> Hop {
        let port = UInt16(address.port ?? 0)
        return Hop(host: "sandbox", address: HostAddress(ip: .v4(0x7F00_0001), port: port), isSandbox: true)
    }

    @Test func mailForTheSandboxGoesNowhereElse() async throws {
        let (world, worldAddress) = try await Host.start()
        let (sandbox, sandboxAddress) = try await Host.start(["bob": Self.unknown])
        var settings = DeliverySettings()
        settings.sandbox = hop(sandboxAddress)
        settings.requireTLS = true
        let peers = ["mx.test": worldAddress, "sandbox": sandboxAddress]
        let mail = try await DeliveryFixture.open(.hosts("mx.test"), peers: peers, settings: settings)
        let id = try await mail.send(to: ["eve@example.test"]) { $0.isSandbox = true }
        let bounced = try await mail.send { $0.isSandbox = true }
        try await mail.settle()
        #expect(try await mail.recipient(id).state == .delivered)
        #expect(try await mail.recipient(bounced).bounce?.kind == .hard)
        #expect(Set(sandbox.named) == ["eve", "bob"] && world.named == [])
        #expect(try await suppressed(mail) == [])
        #expect(try await mail.attempts(id).map(\.host) == ["sandbox"])
        await mail.end()
        await world.stop()
        await sandbox.stop()
    }

    @Test func itIsTriedAgainThereFromDisk() async throws {
        let (sandbox, address) = try await Host.start(["bob": Self.later])
        var settings = DeliverySettings()
        settings.sandbox = hop(address)
        let mail = try await DeliveryFixture.open(
            .temporary(reason: "no DNS"), peers: ["sandbox": address], settings: settings)
        let id = try await mail.send { $0.isSandbox = true }
        try await mail.pass(.minutes(10))
        #expect(try await mail.recipient(id).attempts == 2 && sandbox.named == ["bob", "bob"])
        await mail.end()
        await sandbox.stop()
    }

    @Test func withoutASandboxItWaits() async throws {
        let (world, address) = try await Host.start()
        let mail = try await DeliveryFixture.open(.hosts("mx.test"), peers: ["mx.test": address])
        let id = try await mail.send { $0.isSandbox = true }
        try await mail.settle()
        #expect(try await mail.recipient(id).state == .queued && world.named == [])
        #expect(try await mail.attempts(id).map(\.reply) == ["the sandbox is not running"])
        await mail.end()
        await world.stop()
    }

    @Test(arguments: [
        ("1.msg_01KB0Q5S7ZEQ0V3M8F4W2N6T9A", true), ("msg_01KB0Q5S7ZEQ0V3M8F4W2N6T9A", false), ("+1.x", false),
    ])
    func readsOnlyTheOriginsThatItWrote(text: String, isOrigin: Bool) {
        #expect((MessageOrigin(text)?.description == text) == isOrigin)
    }
}

/// Lets sessions be opened when the test says so.
private final class Doorway: Sendable {
    private struct State {
        var isOpen = false, hasArrived = false
        var waiting: [CheckedContinuation<Void, Never>] = []
        var observer: CheckedContinuation<Void, Never>?
    }
    private let state = Mutex(State())

    func pass() async {
        await withCheckedContinuation { continuation in
            let (isOpen, observer) = state.withLock { state in
                state.hasArrived = true
                if !state.isOpen { state.waiting.append(continuation) }
                defer { state.observer = nil }
                return (state.isOpen, state.observer)
            }
            observer?.resume()
            if isOpen { continuation.resume() }
        }
    }

    /// Returns when somebody has come to it.
    func arrival() async {
        await withCheckedContinuation { continuation in
            let hasArrived = state.withLock { state in
                if !state.hasArrived { state.observer = continuation }
                return state.hasArrived
            }
            if hasArrived { continuation.resume() }
        }
    }

    func open() {
        let waiting = state.withLock { state in
            state.isOpen = true
            defer { state.waiting = [] }
            return state.waiting
        }
        for continuation in waiting { continuation.resume() }
    }
}

private struct WaitingConnector: HostConnecting {
    let door: Doorway
    let address: SocketAddress

    func connect(to hop: Hop, on loop: any EventLoop) async throws(SMTPFailure) -> SMTPSession {
        await door.pass()
        return try await SMTPSession.open(
            to: address, on: loop, settings: SMTPSessionSettings(heloName: "client.test", tls: .disabled))
    }
}
