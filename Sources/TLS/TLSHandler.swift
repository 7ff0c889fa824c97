// TLSHandler.swift — TLS in a channel's pipeline: ciphertext towards the socket, plaintext towards the handlers after it.
//
// OpenSSL works between two memory BIOs and never touches the socket. The handler may be put first into a live
// pipeline (STARTTLS) and begins its handshake at once, or when the channel becomes active. It tells the handlers
// after it `TLSHandshakeCompleted` as an inbound user event; any failure is a `TLSError` through `errorCaught`, after
// which it closes the channel. How long a handshake may take is for those handlers to say.
//
// A peer's close_notify closes the channel, unless the handler was told to close one half at a time.

import COpenSSL
import NIOCore

/// An inbound user event. What is written from now on is encrypted, what is read was.
package struct TLSHandshakeCompleted: Sendable {
    /// Protocol and cipher: `TLSv1.3 TLS_AES_256_GCM_SHA384`.
    package let summary: String
}

package final class TLSHandler: ChannelDuplexHandler {
    package typealias InboundIn = ByteBuffer
    package typealias InboundOut = ByteBuffer
    package typealias OutboundIn = ByteBuffer
    package typealias OutboundOut = ByteBuffer

    private enum State { case idle, handshaking, open, closed }

    let ssl: OpaquePointer
    /// Ciphertext from the peer and for the peer. `ssl` owns both.
    private let received: OpaquePointer
    private let outgoing: OpaquePointer
    private let closesHalves: Bool
    private let isServer: Bool
    /// Somebody wants to read, but the peer has not taken yet what it made us write.
    private var readIsHeld = false
    private var state = State.idle
    /// Our close_notify has been sent: nothing more may be.
    private var outputIsClosed = false
    private var inputIsClosed = false
    /// Plaintext written before the handshake was done; nil for the end of our output.
    private var early: [(bytes: ByteBuffer?, promise: EventLoopPromise<Void>?)] = []

    /// A record holds at most 16 KiB of plaintext (RFC 8446 §5.1). OpenSSL is fed and emptied in pieces of this size: its
    /// memory BIOs never give back what they once grew to.
    private static let recordSize = 16 << 10

    /// - serverName: sent as SNI (RFC 6066 §3); a name, not an address.
    /// - closesHalves: the peer's close_notify ends the input only, as `ChannelEvent.inputClosed`, and closing our output
    ///   leaves the input open (RFC 8446 §6.1).
    package init(_ context: TLSContext, serverName: String? = nil, closesHalves: Bool = false) throws(TLSError) {
        guard let ssl = SSL_new(context.pointer) else { throw .fromQueue("cannot start TLS") }
        guard let received = BIO_new(BIO_s_mem()), let outgoing = BIO_new(BIO_s_mem()) else {
            SSL_free(ssl)
            throw .fromQueue("cannot start TLS")
        }
        (self.ssl, self.received, self.outgoing) = (ssl, received, outgoing)
        self.closesHalves = closesHalves
        isServer = context.role == .server
        SSL_set_bio(ssl, received, outgoing)
        switch context.role {
        case .client:
            if let serverName { _ = pr_ssl_set_server_name(ssl, serverName) }
            SSL_set_connect_state(ssl)
        case .server: SSL_set_accept_state(ssl)
        }
    }

    deinit { SSL_free(ssl) }

    package func handlerAdded(context: ChannelHandlerContext) {
        if context.channel.isActive { shakeHands(context) }
    }

    package func handlerRemoved(context: ChannelHandlerContext) {
        state = .closed
        failEarlyWrites(ChannelError.ioOnClosedChannel)
    }

    package func channelActive(context: ChannelHandlerContext) {
        shakeHands(context)
        context.fireChannelActive()
    }

    package func channelInactive(context: ChannelHandlerContext) {
        if state == .handshaking { context.fireErrorCaught(TLSError("connection closed during the TLS handshake")) }
        state = .closed
        failEarlyWrites(ChannelError.ioOnClosedChannel)
        context.fireChannelInactive()
    }

    package func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var ciphertext = unwrapInboundIn(data)
        while state != .closed, !inputIsClosed, let piece = ciphertext.readPiece(atMost: Self.recordSize) {
            piece.withUnsafeReadableBytes { _ = BIO_write(received, $0.baseAddress, Int32($0.count)) }
            if state != .open { shakeHands(context) }
            if state == .open { readPlaintext(context) }
        }
    }

    /// A client makes its server write without any handler's doing, by key updates and alerts (RFC 8446 §4.6.3): one that does not
    /// take what comes is not heard further. A client of ours must hear early what a server says of that which it writes.
    package func read(context: ChannelHandlerContext) {
        readIsHeld = isServer && !context.channel.isWritable
        if !readIsHeld { context.read() }
    }

    package func channelWritabilityChanged(context: ChannelHandlerContext) {
        if readIsHeld, context.channel.isWritable { read(context: context) }
        context.fireChannelWritabilityChanged()
    }

    package func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        let bytes = unwrapOutboundIn(data)
        switch state {
        case .idle, .handshaking: early.append((bytes, promise))
        case .open: encrypt(bytes, context, promise)
        case .closed: promise?.fail(ChannelError.ioOnClosedChannel)
        }
    }

    package func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
        if mode == .output, closesHalves, state == .idle || state == .handshaking {
            return early.append((nil, promise))
        }
        if mode != .input { closeOutput(context) }
        if mode == .all || !closesHalves { state = .closed }
        context.close(mode: mode, promise: promise)
    }

    /// close_notify (RFC 8446 §6.1); we do not wait for the peer's.
    private func closeOutput(_ context: ChannelHandlerContext) {
        guard state == .open, !outputIsClosed else { return }
        outputIsClosed = true
        ERR_clear_error()
        _ = SSL_shutdown(ssl)
        sendCiphertext(context)
    }

    private func shakeHands(_ context: ChannelHandlerContext) {
        state = .handshaking
        ERR_clear_error()
        let result = SSL_do_handshake(ssl)
        let error = result == 1 ? SSL_ERROR_NONE : SSL_get_error(ssl, result)
        // Before a failure too: the alert that says why.
        sendCiphertext(context)
        switch error {
        case SSL_ERROR_NONE:
            state = .open
            sendEarlyWrites(context)
            context.fireUserInboundEventTriggered(TLSHandshakeCompleted(summary: summary))
        case SSL_ERROR_WANT_READ: break
        default: fail(.fromQueue("handshake failed"), context)
        }
    }

    private func sendEarlyWrites(_ context: ChannelHandlerContext) {
        let writes = early
        early = []
        for (bytes, promise) in writes {
            if let bytes {
                encrypt(bytes, context, promise)
            } else {
                close(context: context, mode: .output, promise: promise)
            }
        }
    }

    private var summary: String {
        "\(String(cString: SSL_get_version(ssl))) \(String(cString: SSL_CIPHER_get_name(SSL_get_current_cipher(ssl))))"
    }

    private func readPlaintext(_ context: ChannelHandlerContext) {
        while state == .open {
            guard pr_bio_pending(received) > 0 || SSL_has_pending(ssl) == 1 else { return sendCiphertext(context) }
            let expected = max(1_024, min(Self.recordSize, Int(pr_bio_pending(received))))
            var plaintext = context.channel.allocator.buffer(capacity: expected)
            var count = 0
            ERR_clear_error()
            let result = plaintext.withUnsafeMutableWritableBytes { SSL_read_ex(ssl, $0.baseAddress, $0.count, &count) }
            guard result == 1 else { return stopReading(SSL_get_error(ssl, result), context) }
            plaintext.moveWriterIndex(forwardBy: count)
            context.fireChannelRead(wrapInboundOut(plaintext))
        }
    }

    private func stopReading(_ error: Int32, _ context: ChannelHandlerContext) {
        // A key update or an alert may have to go out.
        sendCiphertext(context)
        switch error {
        case SSL_ERROR_WANT_READ: break
        case SSL_ERROR_ZERO_RETURN where closesHalves:
            inputIsClosed = true
            context.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
        case SSL_ERROR_ZERO_RETURN: context.channel.close(promise: nil)
        default: fail(.fromQueue("broken TLS record"), context)
        }
    }

    private func encrypt(_ bytes: ByteBuffer, _ context: ChannelHandlerContext, _ promise: EventLoopPromise<Void>?) {
        guard bytes.readableBytes > 0 else { return context.write(wrapOutboundOut(bytes), promise: promise) }
        guard state == .open, !outputIsClosed else {
            promise?.fail(ChannelError.outputClosed)
            return
        }
        var plaintext = bytes
        // 22 bytes of each record, 5 of its header and 17 of its end (RFC 8446 §5.2), and a few more in TLS 1.2.
        let overhead = (plaintext.readableBytes / Self.recordSize + 1) * 64
        var ciphertext = context.channel.allocator.buffer(capacity: plaintext.readableBytes + overhead)
        while let piece = plaintext.readPiece(atMost: Self.recordSize) {
            guard write(piece) else {
                let error = TLSError.fromQueue("cannot encrypt")
                promise?.fail(error)
                return fail(error, context)
            }
            takeCiphertext(into: &ciphertext)
        }
        context.writeAndFlush(wrapOutboundOut(ciphertext), promise: promise)
    }

    /// A memory BIO takes everything.
    private func write(_ piece: ByteBuffer) -> Bool {
        var count = 0
        ERR_clear_error()
        return piece.withUnsafeReadableBytes { SSL_write_ex(ssl, $0.baseAddress, $0.count, &count) } == 1
    }

    private func takeCiphertext(into bytes: inout ByteBuffer) {
        let pending = Int(pr_bio_pending(outgoing))
        bytes.writeWithUnsafeMutableBytes(minimumWritableBytes: pending) {
            max(0, Int(BIO_read(outgoing, $0.baseAddress, Int32(pending))))
        }
    }

    /// Always flushes: handshake messages and alerts have nobody else to do it, and writers here write whole buffers.
    private func sendCiphertext(_ context: ChannelHandlerContext) {
        let pending = Int(pr_bio_pending(outgoing))
        guard pending > 0 else { return }
        var bytes = context.channel.allocator.buffer(capacity: pending)
        takeCiphertext(into: &bytes)
        context.writeAndFlush(wrapOutboundOut(bytes), promise: nil)
    }

    private func fail(_ error: TLSError, _ context: ChannelHandlerContext) {
        guard state != .closed else { return }
        state = .closed
        failEarlyWrites(error)
        context.fireErrorCaught(error)
        context.close(promise: nil)
    }

    private func failEarlyWrites(_ error: any Error) {
        let writes = early
        early = []
        for (_, promise) in writes { promise?.fail(error) }
    }
}

extension ByteBuffer {
    /// Nil when nothing is left.
    fileprivate mutating func readPiece(atMost size: Int) -> ByteBuffer? {
        readableBytes == 0 ? nil : readSlice(length: min(size, readableBytes))
    }
}
