// SMTPConnection.swift — a channel as straight-line code sees it: received bytes, writes that wait, one end.
//
// The last handler of its channel's pipeline, and what an actor pinned to the channel's event loop reads and writes
// with. It belongs to that loop: the handler's callbacks and the actor's code never run at the same time. It knows
// bytes and TLS; replies and commands are the sessions'. One coroutine may wait at a time.

import Glibc
import NIOCore
import TLS

final class SMTPConnection: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// Why nothing more will come or go.
    enum End: Error, Equatable {
        case timedOut
        case lost(String)
        case tls(String)
    }

    /// Bytes that may lie unread; then the socket is left alone until some were taken.
    private static let highWater = 128 * 1024

    let channel: any Channel
    /// Received and not yet taken. Whoever waits takes from its front.
    var inbound: ByteBuffer
    /// What had come before it may still lie in `inbound`.
    private(set) var end: End?
    /// Set by the handshake: protocol and cipher.
    private(set) var tls: String?

    private var hasGrown = false
    private var isReadHeld = false
    private var unwritten = 0
    private var waiter: CheckedContinuation<Void, Never>?
    private var deadline = NIODeadline.distantFuture
    private var timer: Scheduled<Void>?
    private var timerRings = NIODeadline.distantFuture

    /// On the channel's event loop. The channel must have been made with `autoRead` off, so that nothing is missed.
    init(_ channel: any Channel) {
        self.channel = channel
        inbound = channel.allocator.buffer(capacity: 1_024)
    }

    /// Puts the connection into the pipeline and, as soon as the channel is active, begins to read.
    func start() async {
        do {
            try channel.pipeline.syncOperations.addHandler(self)
            observeClosing()
            while !channel.isActive, end == nil { await pause(until: .distantFuture) }
            try channel.syncOptions?.setOption(.autoRead, value: true)
        } catch {
            finish(.lost(Self.describe(error)))
        }
    }

    private func observeClosing() {
        channel.closeFuture.assumeIsolated().whenComplete { _ in self.finish(.lost("closed by the peer")) }
    }

    func close() {
        finish(.lost("closed by us"))
        channel.close(promise: nil)
    }

    // MARK: Waiting

    /// Suspends until something has been received since the last call that returned; throws once nothing will.
    func receiveMore(until deadline: NIODeadline) async throws(End) {
        releaseRead()
        hasGrown = false
        while !hasGrown {
            if let end { throw end }
            await pause(until: deadline)
        }
    }

    /// Does not wait.
    func write(_ bytes: ByteBuffer) { channel.writeAndFlush(bytes, promise: nil) }

    /// Suspends until `bytes` have left for the kernel, or something has been received: the peer may have said no and
    /// stopped reading.
    func write(_ bytes: ByteBuffer, until deadline: NIODeadline) async throws(End) {
        beginWriting(bytes)
        if unwritten == 0 { await letLoopTurn() }
        while unwritten > 0, inbound.readableBytes == 0 {
            if let end { throw end }
            await pause(until: deadline)
        }
        if let end, inbound.readableBytes == 0 { throw end }
    }

    /// Suspends until the handshake is done. The caller has made sure that nothing lies in `inbound`.
    func startTLS(_ context: TLSContext, serverName: String?, until deadline: NIODeadline) async throws(End) {
        do {
            let handler = try TLSHandler(context, serverName: serverName)
            try channel.pipeline.syncOperations.addHandler(handler, position: .first)
        } catch {
            throw .tls(Self.describe(error))
        }
        while tls == nil {
            if let end { throw end }
            await pause(until: deadline)
        }
    }

    /// A fast peer takes slice after slice without making us wait; the loop must get to what others send, and to what
    /// this peer may have said meanwhile. It looks at its sockets only when no work is due.
    private func letLoopTurn() async {
        let alarm = schedule(at: .now() + .microseconds(100)) { self.wake() }
        await pause(until: .distantFuture)
        alarm.cancel()
    }

    private func beginWriting(_ bytes: ByteBuffer) {
        unwritten += 1
        channel.writeAndFlush(bytes).assumeIsolated().whenComplete { _ in
            self.unwritten -= 1
            self.wake()
        }
    }

    private func schedule(at deadline: NIODeadline, _ action: @escaping () -> Void) -> Scheduled<Void> {
        channel.eventLoop.assumeIsolated().scheduleTask(deadline: deadline) { action() }
    }

    private func pause(until deadline: NIODeadline) async {
        precondition(waiter == nil, "two wait on one connection")
        self.deadline = deadline
        if deadline < timerRings { setTimer() }
        await withCheckedContinuation { waiter = $0 }
    }

    private func wake() {
        guard let waiter else { return }
        self.waiter = nil
        waiter.resume()
    }

    private func finish(_ end: End) {
        if self.end == nil { self.end = end }
        timer?.cancel()
        timer = nil
        wake()
    }

    // MARK: The timer

    // One timer for many waits: it is set only if it would ring too late, and when it rings too early, because the wait
    // it was set for is over, it is set again. A session that is busy sets one every few minutes, not one per command.

    private func setTimer() {
        timer?.cancel()
        timerRings = deadline
        timer = schedule(at: deadline) { self.timerRang() }
    }

    private func timerRang() {
        timer = nil
        timerRings = .distantFuture
        guard waiter != nil else { return }
        if deadline <= .now() {
            finish(.timedOut)
            channel.close(promise: nil)
        } else if deadline < .distantFuture {
            setTimer()
        }
    }

    // MARK: The handler

    func channelActive(context: ChannelHandlerContext) { wake() }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var bytes = unwrapInboundIn(data)
        if inbound.readableBytes == 0 { inbound = bytes } else { inbound.writeBuffer(&bytes) }
        hasGrown = true
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        if hasGrown { wake() }
    }

    func read(context: ChannelHandlerContext) {
        if inbound.readableBytes < Self.highWater { context.read() } else { isReadHeld = true }
    }

    private func releaseRead() {
        guard isReadHeld, inbound.readableBytes < Self.highWater else { return }
        isReadHeld = false
        channel.read()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard let completed = event as? TLSHandshakeCompleted else { return }
        tls = completed.summary
        wake()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        finish(error is TLSError ? .tls("\(error)") : .lost(Self.describe(error)))
        context.close(promise: nil)
    }

    static func describe(_ error: any Error) -> String {
        guard let error = error as? IOError else { return "\(error)" }
        return String(cString: strerror(error.errnoCode))
    }
}
