// TLSHandler.swift — TLS in a channel's pipeline: ciphertext towards the socket, plaintext towards the handlers after it.
//
// OpenSSL works between two memory BIOs and never touches the socket. The handler may be put first into a live
// pipeline (STARTTLS) and begins its handshake at once, or when the channel becomes active. It tells the handlers
// after it `TLSHandshakeCompleted` as an inbound user event; any failure is a `TLSError` through `errorCaught`, after
// which it closes the channel. How long a handshake may take is for those handlers to say.

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

    private let ssl: OpaquePointer
    /// Ciphertext from the peer and for the peer. `ssl` owns both.
    private let received: OpaquePointer
    private let outgoing: OpaquePointer
    private var state = State.idle
    /// Plaintext written before the handshake was done.
    private var early: [(bytes: ByteBuffer, promise: EventLoopPromise<Void>?)] = []

    /// `serverName` is sent as SNI (RFC 6066 §3); a name, not an address.
    package init(_ context: TLSContext, serverName: String? = nil) throws(TLSError) {
        guard let ssl = SSL_new(context.pointer) else { throw .fromQueue("cannot start TLS") }
        guard let received = BIO_new(BIO_s_mem()), let outgoing = BIO_new(BIO_s_mem()) else {
            SSL_free(ssl)
            throw .fromQueue("cannot start TLS")
        }
        (self.ssl, self.received, self.outgoing) = (ssl, received, outgoing)
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
        guard state != .closed else { return }
        unwrapInboundIn(data).withUnsafeReadableBytes { _ = BIO_write(received, $0.baseAddress, Int32($0.count)) }
        if state != .open { shakeHands(context) }
        if state == .open { readPlaintext(context) }
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
        if state == .open {
            // close_notify (RFC 8446 §6.1); we do not wait for the peer's.
            ERR_clear_error()
            _ = SSL_shutdown(ssl)
            sendCiphertext(context, nil)
        }
        state = .closed
        context.close(mode: mode, promise: promise)
    }

    private func shakeHands(_ context: ChannelHandlerContext) {
        state = .handshaking
        ERR_clear_error()
        let result = SSL_do_handshake(ssl)
        let error = result == 1 ? SSL_ERROR_NONE : SSL_get_error(ssl, result)
        // Before a failure too: the alert that says why.
        sendCiphertext(context, nil)
        switch error {
        case SSL_ERROR_NONE:
            state = .open
            for (bytes, promise) in early { encrypt(bytes, context, promise) }
            early = []
            context.fireUserInboundEventTriggered(TLSHandshakeCompleted(summary: summary))
        case SSL_ERROR_WANT_READ: break
        default: fail(.fromQueue("handshake failed"), context)
        }
    }

    private var summary: String {
        "\(String(cString: SSL_get_version(ssl))) \(String(cString: SSL_CIPHER_get_name(SSL_get_current_cipher(ssl))))"
    }

    private func readPlaintext(_ context: ChannelHandlerContext) {
        while state == .open {
            guard pr_bio_pending(received) > 0 || SSL_has_pending(ssl) == 1 else { return sendCiphertext(context, nil) }
            // One TLS record holds at most 16 KiB of plaintext (RFC 8446 §5.1).
            let expected = max(1_024, min(16_384, Int(pr_bio_pending(received))))
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
        sendCiphertext(context, nil)
        switch error {
        case SSL_ERROR_WANT_READ: break
        case SSL_ERROR_ZERO_RETURN: context.channel.close(promise: nil)
        default: fail(.fromQueue("broken TLS record"), context)
        }
    }

    private func encrypt(_ bytes: ByteBuffer, _ context: ChannelHandlerContext, _ promise: EventLoopPromise<Void>?) {
        guard bytes.readableBytes > 0 else { return context.write(wrapOutboundOut(bytes), promise: promise) }
        var count = 0
        ERR_clear_error()
        // A memory BIO takes everything.
        let result = bytes.withUnsafeReadableBytes { SSL_write_ex(ssl, $0.baseAddress, $0.count, &count) }
        guard result == 1 else {
            let error = TLSError.fromQueue("cannot encrypt")
            promise?.fail(error)
            return fail(error, context)
        }
        sendCiphertext(context, promise)
    }

    /// Always flushes: handshake messages and alerts have nobody else to do it, and writers here write whole buffers.
    private func sendCiphertext(_ context: ChannelHandlerContext, _ promise: EventLoopPromise<Void>?) {
        let pending = Int(pr_bio_pending(outgoing))
        guard pending > 0 else {
            promise?.succeed()
            return
        }
        var bytes = context.channel.allocator.buffer(capacity: pending)
        bytes.writeWithUnsafeMutableBytes(minimumWritableBytes: pending) {
            max(0, Int(BIO_read(outgoing, $0.baseAddress, Int32(pending))))
        }
        context.writeAndFlush(wrapOutboundOut(bytes), promise: promise)
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
