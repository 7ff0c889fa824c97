// ServerSessionTests.swift — the server session against scripted clients.

import Mail
import NIOCore
import NIOPosix
import Synchronization
import TestSupport
import Testing

@testable import SMTP

@Suite struct ServerSessionTests {
    private final class Received: Sendable { let messages = Mutex<[ReceivedMessage]>([]) }

    /// Plays `script` after the greeting and returns what the server took.
    private func play(
        _ script: String, _ change: (inout SMTPServerSettings) -> Void = { _ in }
    ) async throws -> [ReceivedMessage] {
        let received = Received()
        var settings = SMTPServerSettings(name: "mx.test")
        change(&settings)
        let server = try await SMTPServer.start(
            at: SocketAddress(ipAddress: "127.0.0.1", port: 0), on: MultiThreadedEventLoopGroup.singleton,
            settings: settings,
            behaviour: SMTPServerBehaviour(
                recipient: { $0.localPart == "unknown" ? Reply(550, "5.1.1 No such user") : Reply(250, "2.1.5 Ok") },
                message: { message in
                    received.messages.withLock { $0.append(message) }
                    return message.content.isEmpty ? .disconnect : .reply(Reply(250, "2.0.0 Taken"))
                }))
        let port = try #require(server.address.port)
        try await ScriptedClient.play("S: 220 mx.test ESMTP Postrider\n" + script, port: port)
        await server.stop()
        return received.messages.withLock(\.self)
    }

    @Test func asksForAnOriginOnlyIfItIsToldTo() async throws {
        let dialogue = { (extensions: String, reply: String) in
            """
            C: EHLO client.test
            S: 250-mx.test
            S: 250-PIPELINING
            S: 250-SIZE 52428800
            S: 250-8BITMIME
            S: 250-ENHANCEDSTATUSCODES
            \(extensions)
            C: MAIL FROM:<a@x.test> XORIGIN=1.msg_1
            S: \(reply)
            C: QUIT
            S: 221 2.0.0 Bye
            X: end
            """
        }
        _ = try await play(dialogue("S: 250 SMTPUTF8", "555 5.5.4 Unsupported parameter"))
        _ = try await play(dialogue("S: 250-SMTPUTF8\nS: 250 XORIGIN", "250 2.1.0 Ok")) { $0.offersOrigin = true }
    }

    @Test func takesPipelinedMessage() async throws {
        let messages = try await play(
            """
            C: EHLO client.test
            S: 250-mx.test
            S: 250-PIPELINING
            S: 250-SIZE 52428800
            S: 250-8BITMIME
            S: 250-ENHANCEDSTATUSCODES
            S: 250 SMTPUTF8
            c: mail from:<from@sender.test> size=10 BODY=8BITMIME\\r\\nRCPT TO:<unknown@x.test>\\r\\n
            c: RCPT TO:<"a >b"@X.test>\\r\\nDATA\\r\\n
            S: 250 2.1.0 Ok
            S: 550 5.1.1 No such user
            S: 250 2.1.5 Ok
            S: 354 End with <CRLF>.<CRLF>
            c: Subject: hi\\r\\n\\r\\n..\\r\\n.\\r\\nNOOP\\r\\n
            S: 250 2.0.0 Taken
            S: 250 2.0.0 Ok
            C: QUIT
            S: 221 2.0.0 Bye
            X: end
            """)
        let message = try #require(messages.first)
        #expect(messages.count == 1)
        #expect(message.reversePath == .mailbox(mailbox("from", "sender.test")))
        #expect(message.forwardPaths == [mailbox("\"a >b\"", "x.test")])
        #expect(message.content == Array("Subject: hi\r\n\r\n.\r\n".utf8))
    }

    @Test func refusesCommandsOutOfOrder() async throws {
        let messages = try await play(
            """
            C: MAIL FROM:<>
            S: 503 *
            C: HELO client.test
            S: 250 mx.test
            C: RCPT TO:<a@x.test>
            S: 503 *
            C: DATA
            S: 503 *
            C: MAIL FROM:<>
            S: 250 *
            C: MAIL FROM:<>
            S: 503 *
            C: DATA
            S: 554 *
            C: RSET
            S: 250 *
            C: RCPT TO:<a@x.test>
            S: 503 *
            C: VRFY a
            S: 252 *
            C: STARTTLS
            S: 502 *
            C: EXPN a
            S: 500 *
            """)
        #expect(messages.isEmpty)
    }

    @Test(arguments: [
        "MAIL FROM:a@x.test", "MAIL FROM:<a@x.test", "MAIL FROM: <a@x.test>", "MAIL FROM:<a@x.test>SIZE=1",
        "MAIL FROM:<a@x.test> SIZE=+1", "MAIL FROM:<a@x.test> SIZE", "MAIL FROM:<a@x.test> BODY=9BIT",
        "MAIL FROM:<a@x.test> FOO", "MAIL FROM:<a>", "MAIL FROM:<@x.test>", "MAIL FROM:<a@>", "MAIL FROM:<a@x..test>",
        "MAIL FROM:<a b@x.test>", "MAIL FROM:<.a@x.test>", "MAIL FROM:<\"a@x.test>", "MAIL FROM:<@y.test:a@x.test>",
        "EHLO", "HELO a b", "RSET now", "MAIL\u{0} FROM:<a@x.test>",
    ])
    func refusesBadSyntax(line: String) {
        #expect(throws: SMTPCommand.Refusal.self) { try SMTPCommand(Array(line.utf8)) }
    }

    /// RFC 6531 §3.5.
    @Test func takesAddressesInUTF8OnlyWhenDeclared() async throws {
        let messages = try await play(
            """
            C: EHLO client.test
            S: 250-mx.test
            S: 250-PIPELINING
            S: 250-SIZE 52428800
            S: 250-8BITMIME
            S: 250-ENHANCEDSTATUSCODES
            S: 250 SMTPUTF8
            C: MAIL FROM:<ผู้ส่ง@x.test>
            S: 553 5.6.7 *
            C: MAIL FROM:<a@x.test>
            S: 250 *
            C: RCPT TO:<ผู้รับ@x.test>
            S: 553 5.6.7 *
            C: RSET
            S: 250 *
            C: MAIL FROM:<ผู้ส่ง@x.test> BODY=8BITMIME SMTPUTF8
            S: 250 *
            C: RCPT TO:<ผู้รับ@x.test>
            S: 250 *
            C: DATA
            S: 354 *
            c: ก\\r\\n.\\r\\n
            S: 250 *
            """)
        #expect(messages.map(\.reversePath) == [.mailbox(mailbox("ผู้ส่ง", "x.test"))])
        #expect(messages.map(\.forwardPaths) == [[mailbox("ผู้รับ", "x.test")]])
        #expect(messages.map(\.content) == [Array("ก\r\n".utf8)])
    }

    @Test(arguments: ["c: NOOP\\n", "c: MAIL FROM:<>\\r\\nRCPT TO:<a@x.test>\\r\\nDATA\\r\\na\\n.\\r\\n"])
    func hangsUpOnBareLF(bytes: String) async throws {
        let isInContent = bytes.contains("DATA")
        let envelope = isInContent ? "S: 250 *\nS: 250 *\nS: 354 *\n" : ""
        let messages = try await play("C: HELO client.test\nS: 250 mx.test\n\(bytes)\n\(envelope)S: 521 *\nX: end")
        #expect(messages.isEmpty)
    }

    @Test func refusesTooLarge() async throws {
        let messages = try await play(
            """
            C: HELO client.test
            S: 250 mx.test
            C: MAIL FROM:<> SIZE=11
            S: 552 5.3.4 *
            C: MAIL FROM:<>
            S: 250 *
            C: RCPT TO:<a@x.test>
            S: 250 *
            C: DATA
            S: 354 *
            c: 0123456789\\r\\n.\\r\\n
            S: 552 5.3.4 *
            """
        ) { $0.maximumSize = 10 }
        #expect(messages.isEmpty)
    }

    @Test func refusesTooManyRecipients() async throws {
        _ = try await play(
            """
            C: HELO client.test
            S: 250 mx.test
            C: MAIL FROM:<>
            S: 250 *
            C: RCPT TO:<a@x.test>
            S: 250 *
            C: RCPT TO:<b@x.test>
            S: 452 4.5.3 *
            """
        ) { $0.maximumRecipients = 1 }
    }

    @Test func hangsUpOnLongLinesAndOnErrors() async throws {
        _ = try await play("C: \(String(repeating: "x", count: 2_100))\nS: 500 *\nX: end")
        let errors = String(repeating: "C: FOO\nS: 500 *\n", count: 50)
        _ = try await play(errors + "S: 421 *\nX: end")
    }

    @Test func disconnectsWithoutAWord() async throws {
        let messages = try await play(
            """
            C: HELO client.test
            S: 250 mx.test
            c: MAIL FROM:<>\\r\\nRCPT TO:<a@x.test>\\r\\nDATA\\r\\n
            S: 250 *
            S: 250 *
            S: 354 *
            C: .
            X: end
            """)
        #expect(messages.count == 1)
    }

    @Test func nothingMayFollowSTARTTLS() async throws {
        _ = try await play("c: STARTTLS\\r\\nNOOP\\r\\n\nS: 501 *\nX: end") {
            $0.tls = try? .selfSignedServer(name: "mx.test")
        }
    }

    @Test func silentClientIsLeft() async throws {
        _ = try await play("X: end") { $0.timeout = .milliseconds(30) }
    }
}
