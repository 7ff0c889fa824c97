// HTTPConnection+Stream.swift — answers whose body comes piece by piece: chunked, or to HTTP/1.0 until the close.

import HTTPTypes
import NIOCore

extension HTTPBodyWriter {
    /// Writes a response whose body is a stream, from its head to its end.
    func write(
        _ stream: HTTPServerResponse.Stream, after head: HTTPResponse, _ exchange: HTTPConnection.Exchange
    ) async {
        guard await connection.value.beginStream(head, exchange) else { return }
        do {
            try await stream(self)
            connection.value.endStream(exchange)
        } catch {
            connection.value.close()
        }
    }
}

extension HTTPConnection {
    /// Writes the head. False if there is nobody to write a body to.
    fileprivate func beginStream(_ head: HTTPResponse, _ exchange: Exchange) async -> Bool {
        guard case .answering = state, let context else { return false }
        let framing = exchange.isVersion10 ? BodyFraming.untilClose : .chunked
        let isLast = exchange.isLast || isDraining
        var buffer = context.channel.allocator.buffer(capacity: 512)
        buffer.writeHead(of: head, framing: framing, date: service.date.now, requestID: exchange.id, isLast: isLast)
        if exchange.isHead {
            writeEnd(buffer, context, isLast: isLast)
            return false
        }
        state = .streaming(framing)
        return await send(buffer, context)
    }

    fileprivate func endStream(_ exchange: Exchange) {
        guard case .streaming(let framing) = state, let context else { return }
        var buffer = context.channel.allocator.buffer(capacity: 8)
        if case .chunked = framing { buffer.writeLastChunk() }
        writeEnd(buffer, context, isLast: exchange.isLast || isDraining)
    }

    /// Writes a piece of the body; false if there is nobody to write to.
    func write(piece: [UInt8]) async -> Bool {
        guard case .streaming(let framing) = state, let context else { return false }
        guard !piece.isEmpty else { return true }
        var buffer = context.channel.allocator.buffer(capacity: piece.count + 20)
        if case .chunked = framing { buffer.writeChunk(piece) } else { buffer.writeBytes(piece) }
        return await send(buffer, context)
    }

    /// Returns when the kernel has taken it. Somebody who does not read is waited for as long as for any response.
    private func send(_ buffer: ByteBuffer, _ context: ChannelHandlerContext) async -> Bool {
        let isWritten = await withUnsafeContinuation { continuation in
            flush(buffer, context).whenComplete { continuation.resume(returning: (try? $0.get()) != nil) }
        }
        guard case .streaming = state, isWritten else { return false }
        deadline.clear()
        return true
    }
}
