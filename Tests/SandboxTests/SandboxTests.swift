// SandboxTests.swift — the sandbox as a sending session sees it, and what it has caught.

import Mail
import NIOCore
import NIOPosix
import SMTP
import Testing

@testable import Sandbox

@Suite struct SandboxBehaviourTests {
    @Test(arguments: [
        ("delivered", SandboxBehaviour.accepts), ("anybody", .accepts), ("delivered+1", .accepts),
        ("bounced", .refuses(Reply(550, "5.1.1 No such user here"))),
        ("Bounced+tag", .refuses(Reply(550, "5.1.1 No such user here"))),
        ("delayed", .refuses(Reply(451, "4.7.1 Try again later"))),
        ("550", .refuses(Reply(550, "5.0.0 As you asked"))), ("452+x", .refuses(Reply(452, "4.0.0 As you asked"))),
        ("250", .accepts), ("600", .accepts), ("5500", .accepts), ("+550", .accepts),
        ("slow-5s", .isSlow(seconds: 5)), ("slow-5s+a", .isSlow(seconds: 5)), ("slow-s", .accepts),
        ("slow-60s", .isSlow(seconds: 60)), ("slow-61s", .accepts), ("slow--5s", .accepts),
        ("disconnect", .disconnects),
    ])
    func followsLocalPart(localPart: String, behaviour: SandboxBehaviour) {
        #expect(SandboxBehaviour(mailbox(localPart)) == behaviour)
    }
}

@Suite struct SandboxServerTests {
    private func withSandbox(_ body: (SandboxServer) async throws -> Void) async throws {
        let server = try await SandboxServer.start(
            at: SocketAddress(ipAddress: "127.0.0.1", port: 0), on: MultiThreadedEventLoopGroup.singleton)
        try await body(server)
        await server.stop()
    }

    private func send(
        _ content: String, to names: String..., through server: SandboxServer
    ) async throws -> TransactionResult {
        let session = try await SMTPSession.open(
            to: server.address, on: MultiThreadedEventLoopGroup.singleton.next(),
            settings: SMTPSessionSettings(heloName: "client.test", tls: .disabled))
        let result = await session.send(
            MailTransaction(reversePath: .null, forwardPaths: names.map { mailbox($0) }, content: Array(content.utf8)))
        await session.quit()
        return result
    }

    @Test func keepsWhatItCatches() async throws {
        try await withSandbox { server in
            let first = try await send("Subject: 1\r\n\r\n.\r\n", to: "a", "bounced", through: server)
            #expect(first.recipients == [.accepted, .refused(Reply(550, "5.1.1 No such user here"))])
            #expect(first.isContentAccepted)
            _ = try await send("Subject: 2\r\n\r\n", to: "b", through: server)
            let messages = server.messages(newestFirst: 10)
            #expect(messages.map(\.id) == [2, 1])
            #expect(messages.last?.content == Array("Subject: 1\r\n\r\n.\r\n".utf8))
            #expect(messages.last?.recipients == [mailbox("a")])
            #expect(server.messages(newestFirst: 10, before: 2).map(\.id) == [1])
            #expect(server.message(2)?.recipients == [mailbox("b")])
            #expect(server.latest(to: "A@x.test")?.id == 1)
            #expect(server.latest(to: "bounced@x.test") == nil)
            server.delete { _ in true }
            #expect(server.messages(newestFirst: 10).isEmpty)
        }
    }

    @Test func knowsWhoseMessageItCaught() async throws {
        try await withSandbox { server in
            let session = try await SMTPSession.open(
                to: server.address, on: MultiThreadedEventLoopGroup.singleton.next(),
                settings: SMTPSessionSettings(heloName: "client.test", tls: .disabled))
            for origin in ["\(server.token).1.msg_A", nil, "x.1.msg_A", "1.msg_A", "\(server.token).2.msg_B"] {
                var transaction = MailTransaction(
                    reversePath: .null, forwardPaths: [mailbox("a")], content: Array("Subject: 1\r\n\r\n".utf8))
                transaction.origin = origin
                _ = await session.send(transaction)
            }
            await session.quit()
            #expect(server.messages(newestFirst: 10).map(\.origin) == ["2.msg_B", nil, nil, nil, "1.msg_A"])
            #expect(server.messages(newestFirst: 1) { $0.origin == "1.msg_A" }.map(\.id) == [1])
            #expect(server.latest(to: nil) { $0.origin == nil }?.id == 4)
            server.delete { $0.origin != nil }
            #expect(server.messages(newestFirst: 10).map(\.id) == [4, 3, 2])
        }
    }

    @Test func disconnectsOncePerMessage() async throws {
        try await withSandbox { server in
            let content = "Subject: x\r\nMessage-ID: <1@x.test>\r\n\r\nbody\r\n"
            let first = try await send(content, to: "disconnect", through: server)
            #expect(first.isInDoubt)
            #expect(server.messages(newestFirst: 1).isEmpty)
            let again = try await send("X-Attempt: 2\r\n" + content, to: "disconnect", through: server)
            #expect(again.isContentAccepted)
            let other = try await send("Message-ID: <2@x.test>\r\n\r\n", to: "disconnect", through: server)
            #expect(other.isInDoubt)
        }
    }
}

@Suite struct SandboxStoreTests {
    private func store(_ store: SandboxStore, bytes: Int, of origin: String? = nil) {
        store.insert(received([UInt8](repeating: 0, count: bytes), of: origin))
    }

    private func received(_ content: [UInt8], of origin: String?) -> ReceivedMessage {
        var message = ReceivedMessage(
            reversePath: .null, forwardPaths: [mailbox("a")], content: content, tls: nil)
        message.origin = origin
        return message
    }

    @Test func aProjectTakesNoRoomOfAnothers() {
        let full = SandboxStore(maximumCount: 2, maximumBytes: 6 * 1024)
        store(full, bytes: 0, of: "2.msg_A")
        for _ in 1...3 { store(full, bytes: 0, of: "1.msg_A") }
        #expect(full.messages(newestFirst: 10, before: nil).map(\.id) == [4, 3, 1])
        store(full, bytes: 3 * 1024, of: "1.msg_A")
        #expect(full.messages(newestFirst: 10, before: nil).map(\.id) == [5, 4, 1])
        store(full, bytes: 1024, of: "2.msg_B")
        #expect(full.messages(newestFirst: 10, before: nil).map(\.id) == [6, 1])
    }

    @Test func hangsUpOnceForEachMessageThoughTwoProjectsGiveOneMessageID() {
        let store = SandboxStore()
        let content = Array("Message-ID: <1@x.test>\r\n\r\n".utf8)
        let sights = ["1.msg_A", "2.msg_B", "1.msg_A"].map { store.isFirstSight(of: received(content, of: $0)) }
        #expect(sights == [true, true, false])
    }

    @Test func forgetsOldestBeyondCount() {
        let full = SandboxStore(maximumCount: 2)
        for _ in 1...3 { store(full, bytes: 1) }
        #expect(full.messages(newestFirst: 10, before: nil).map(\.id) == [3, 2])
    }

    @Test func forgetsOldestBeyondBytes() {
        let full = SandboxStore(maximumBytes: 3 * 1024)
        for size in [500, 700, 300] { store(full, bytes: size) }
        #expect(full.messages(newestFirst: 10, before: nil).map(\.id) == [3, 2])
        store(full, bytes: 4096)
        #expect(full.messages(newestFirst: 10, before: nil).map(\.id) == [4])
    }
}

private func mailbox(_ localPart: String) -> Mailbox {
    Mailbox(localPart: localPart, domain: Domain(trusted: "x.test"))
}
