// SessionTLSTests.swift — STARTTLS: taken, refused, failed, and attacked.

import Mail
import NIOCore
import NIOPosix
import Synchronization
import TLS
import TestSupport
import Testing

@testable import SMTP

@Suite struct SessionTLSTests {
    private static let offer = """
        S: 220 mx.test
        C: EHLO client.test
        S: 250-mx.test
        S: 250 STARTTLS
        C: STARTTLS

        """

    @Test func sendsOverTLS() async throws {
        let received = Mutex<[ReceivedMessage]>([])
        let server = try await SMTPServer.start(
            at: SocketAddress(ipAddress: "127.0.0.1", port: 0), on: MultiThreadedEventLoopGroup.singleton,
            settings: SMTPServerSettings(name: "mx.test", tls: .selfSignedServer(name: "mx.test")),
            behaviour: SMTPServerBehaviour(
                recipient: { _ in Reply(250, "2.1.5 Ok") },
                message: { message in
                    received.withLock { $0.append(message) }
                    return .reply(Reply(250, "2.0.0 Ok"))
                }))
        let settings = SMTPSessionSettings(
            heloName: "client.test", tls: .required(try .client()), serverName: "mx.test")
        let session = try await SMTPSession.open(to: server.address, on: loop, settings: settings)
        #expect(await session.tls == "TLSv1.3 TLS_AES_256_GCM_SHA384")
        // Larger than the slices, the socket buffers, and a TLS record.
        let line = String(repeating: "x", count: 76) + "\r\n"
        let content = "Subject: hi\r\n\r\n" + String(repeating: "." + line, count: 10_000)
        let result = await session.send(transaction(to: "a", content: content))
        #expect(result.failure == nil)
        #expect(result.isContentAccepted)
        #expect(timeless(result.transcript).contains("* TLSv1.3 TLS_AES_256_GCM_SHA384"))
        await session.quit()
        await server.stop()
        let messages = received.withLock(\.self)
        let message = try #require(messages.first)
        #expect(message.content == Array(content.utf8))
        #expect(message.tls == "TLSv1.3 TLS_AES_256_GCM_SHA384")
    }

    @Test func refusalOfSTARTTLSLeavesOpportunisticInClear() async throws {
        let peer = try ScriptedPeer(Self.offer + "S: 454 4.7.0 TLS not available\nC: QUIT\nS: 221 Bye")
        let session = try await open(peer, tls: .opportunistic(.client()))
        #expect(await session.tls == nil)
        await session.quit()
        try await peer.finish()
    }

    @Test func refusalOfSTARTTLSFailsRequired() async throws {
        let peer = try ScriptedPeer(Self.offer + "S: 454 4.7.0 TLS not available")
        let failure = try #require(try await failure(of: peer, tls: .required(.client())))
        #expect(failure.stage == .startTLS && failure.refusal?.code == 454)
        try await peer.finish()
    }

    @Test func requiredButNotOffered() async throws {
        let peer = try ScriptedPeer(
            """
            S: 220 mx.test
            C: EHLO client.test
            S: 250 mx.test
            """)
        let failure = try #require(try await failure(of: peer, tls: .required(.client())))
        #expect(failure.stage == .startTLS && failure.isTLS)
        try await peer.finish()
    }

    /// CVE-2021-38371: what came in clear text with the 220 would be read as said under TLS.
    @Test func injectedReplyIsProtocolError() async throws {
        let peer = try ScriptedPeer(Self.offer + "s: 220 Go\\r\\n250 injected\\r\\n")
        let failure = try #require(try await failure(of: peer, tls: .opportunistic(.client())))
        #expect(failure.stage == .startTLS && failure.isProtocolError)
        try await peer.finish()
    }

    @Test func failedHandshakeIsDistinguishable() async throws {
        // What follows the 220 only after the client's hello (which the script cannot read) is no TLS.
        let peer = try await HandshakeBreaker()
        let settings = SMTPSessionSettings(heloName: "client.test", tls: .opportunistic(try .client()))
        await #expect {
            try await SMTPSession.open(to: peer.address, on: loop, settings: settings)
        } throws: { ($0 as? SMTPFailure)?.isTLS == true }
        await peer.stop()
    }

    @Test func handshakeTimesOut() async throws {
        let peer = try ScriptedPeer(Self.offer + "S: 220 Go\nX: hold")
        let failure = try #require(
            try await failure(of: peer, tls: .opportunistic(.client())) { $0.timeouts.handshake = .milliseconds(30) })
        #expect(failure.stage == .startTLS && failure.isTLS)
        try await peer.finish()
    }
}

/// Says 220 to STARTTLS, and to the client's hello something that is no TLS.
private struct HandshakeBreaker {
    private let server: any Channel
    let address: SocketAddress

    init() async throws {
        server = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try channel.pipeline.syncOperations.addHandler(Dialogue()) }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        address = try #require(server.localAddress)
    }

    func stop() async { try? await server.close() }

    private final class Dialogue: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        typealias OutboundOut = ByteBuffer
        private var lines = ["250-mx.test\r\n250 STARTTLS\r\n", "220 Go\r\n", "550 I speak no TLS\r\n"]

        func channelActive(context: ChannelHandlerContext) { say("220 mx.test\r\n", context) }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            if !lines.isEmpty { say(lines.removeFirst(), context) }
        }

        private func say(_ text: String, _ context: ChannelHandlerContext) {
            context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: text)), promise: nil)
        }
    }
}
