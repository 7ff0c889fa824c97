// TLSHandlerTests.swift — two handlers talking to each other through embedded channels.

import NIOCore
import NIOEmbedded
import Testing

@testable import TLS

@Suite struct TLSHandlerTests {
    /// A client and a server; `pump` carries ciphertext between them until both are silent.
    private struct Pair {
        let client = EmbeddedChannel()
        let server = EmbeddedChannel()
        let log = EventLog()
        let serverLog = EventLog()

        init(closesHalves: Bool = false) throws {
            try client.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 25)).wait()
            try server.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 25)).wait()
            let serverHandler = try TLSHandler(.selfSignedServer(name: "mx.test"), closesHalves: closesHalves)
            let clientHandler = try TLSHandler(.client(), serverName: "mx.test", closesHalves: closesHalves)
            try server.pipeline.syncOperations.addHandlers(serverHandler, serverLog)
            try client.pipeline.syncOperations.addHandlers(clientHandler, log)
        }

        func pump() throws {
            var isMoving = true
            while isMoving {
                isMoving = false
                while let bytes = try client.readOutbound(as: ByteBuffer.self) {
                    isMoving = true
                    if server.isActive { try server.writeInbound(bytes) }
                }
                while let bytes = try server.readOutbound(as: ByteBuffer.self) {
                    isMoving = true
                    if client.isActive { try client.writeInbound(bytes) }
                }
            }
        }
    }

    private final class EventLog: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        var summary: String?
        var error: (any Error)?
        var inputClosings = 0

        func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
            if let completed = event as? TLSHandshakeCompleted { summary = completed.summary }
            if event as? ChannelEvent == .inputClosed { inputClosings += 1 }
        }
        func errorCaught(context: ChannelHandlerContext, error: any Error) { self.error = error }
    }

    @Test func tellsVersionAndCipher() throws {
        let pair = try Pair()
        try pair.pump()
        #expect(pair.log.summary == "TLSv1.3 TLS_AES_256_GCM_SHA384")
        #expect(pair.log.error == nil)
    }

    @Test func carriesBytesOfManyRecords() throws {
        let pair = try Pair()
        try pair.pump()
        let sent = (0..<100_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        try pair.client.writeOutbound(ByteBuffer(bytes: sent))
        try pair.pump()
        var received: [UInt8] = []
        while let bytes = try pair.server.readInbound(as: ByteBuffer.self) { received += bytes.readableBytesView }
        #expect(received == sent)
    }

    @Test func keepsWhatIsWrittenBeforeTheHandshake() throws {
        let pair = try Pair()
        let written = pair.client.writeAndFlush(ByteBuffer(string: "early"))
        try pair.pump()
        #expect(try pair.server.readInbound(as: ByteBuffer.self) == ByteBuffer(string: "early"))
        try written.wait()
    }

    @Test func closeNotifyClosesThePeer() throws {
        let pair = try Pair()
        try pair.pump()
        try pair.server.close().wait()
        try pair.pump()
        #expect(!pair.client.isActive)
        #expect(pair.log.error == nil)
    }

    /// Counts how often the socket is asked for more.
    private final class ReadCounter: ChannelOutboundHandler {
        typealias OutboundIn = ByteBuffer
        var reads = 0
        func read(context: ChannelHandlerContext) { reads += 1 }
    }

    @Test func aServerDoesNotHearWhoDoesNotTakeItsAnswers() throws {
        let pair = try Pair()
        try pair.pump()
        let (server, client) = (ReadCounter(), ReadCounter())
        try pair.server.pipeline.syncOperations.addHandler(server, position: .first)
        try pair.client.pipeline.syncOperations.addHandler(client, position: .first)
        for channel in [pair.server, pair.client] {
            channel.isWritable = false
            channel.read()
        }
        #expect(server.reads == 0 && client.reads == 1)
        pair.server.isWritable = true
        pair.server.pipeline.fireChannelWritabilityChanged()
        pair.server.pipeline.fireChannelWritabilityChanged()
        #expect(server.reads == 1)
    }

    /// An embedded channel cannot close one half of itself.
    private final class HalfClosing: ChannelOutboundHandler {
        typealias OutboundIn = ByteBuffer

        func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
            if mode == .output { promise?.succeed() } else { context.close(mode: mode, promise: promise) }
        }
    }

    @Test func closeNotifyMayEndOneHalfOnly() throws {
        let pair = try Pair(closesHalves: true)
        try pair.client.pipeline.syncOperations.addHandler(HalfClosing(), position: .first)
        try pair.pump()
        pair.client.close(mode: .output, promise: nil)
        try pair.pump()
        #expect(pair.serverLog.inputClosings == 1)
        #expect(pair.server.isActive)
        try pair.server.writeOutbound(ByteBuffer(string: "the answer"))
        try pair.pump()
        #expect(try pair.client.readInbound(as: ByteBuffer.self) == ByteBuffer(string: "the answer"))
        #expect(throws: ChannelError.outputClosed) { try pair.client.writeOutbound(ByteBuffer(string: "more")) }
    }

    @Test func clearTextFailsTheHandshake() throws {
        let pair = try Pair()
        _ = try? pair.client.writeInbound(ByteBuffer(string: "550 I speak no TLS\r\n"))
        #expect(pair.log.error is TLSError)
        #expect(pair.log.summary == nil)
        #expect(!pair.client.isActive)
    }

    @Test func brokenRecordClosesTheChannel() throws {
        let pair = try Pair()
        try pair.pump()
        _ = try? pair.client.writeInbound(ByteBuffer(bytes: [0x17, 3, 3, 0, 32] + Array(repeating: 0, count: 32)))
        #expect(pair.log.error is TLSError)
        #expect(!pair.client.isActive)
    }

    @Test func losingTheConnectionFailsTheHandshake() throws {
        let pair = try Pair()
        pair.client.pipeline.fireChannelInactive()
        #expect(pair.log.error is TLSError)
    }

    @Test func missingCertificateIsNamed() {
        #expect {
            try TLSContext.server(certificateChain: "/nowhere.pem", privateKey: "/nowhere.pem")
        } throws: { "\($0)".hasPrefix("cannot use certificate /nowhere.pem: ") }
    }
}
