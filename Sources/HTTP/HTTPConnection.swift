// HTTPConnection.swift — one client's connection: reads a request, has it answered, writes the answer, and again.
//
// Requests are answered one after the other, as RFC 9112 §9.3.2 wants it for methods that change something; pipelined
// ones wait in the parser, and when many do, nothing more is read. All of it, the handler's code included, runs on the
// channel's event loop. Aspect: +Stream (bodies that come piece by piece).

import HTTPTypes
import NIOCore
import TLS

final class HTTPConnection: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// Asks a connection to close as soon as what it has begun is answered.
    struct Drain: Sendable {}

    enum State {
        case reading
        case answering
        case writing
        /// A body is being written piece by piece.
        case streaming(BodyFraming)
        /// Our side has been closed; what still comes is thrown away.
        case lingering
        case closed
    }

    /// A request that is being answered.
    struct Exchange {
        let id: String
        let isHead: Bool
        let isLast: Bool
        var isVersion10 = false
    }

    private static let maximumBuffered = 64 << 10

    let service: Service
    let eventLoop: any EventLoop
    private let executor: EventLoopTaskExecutor
    let deadline: ConnectionDeadline
    private let presence = ClientPresence()
    var context: ChannelHandlerContext?
    private var remoteAddress = ""
    private var parser: HTTPParser
    private var share: BodyShare
    private var requestIDs = RequestIDs()
    var state = State.reading
    private var isAdvancing = false
    private var inputHasEnded = false
    var isDraining = false
    /// The peer has more to say than we want to hear now.
    private var readIsDue = false
    /// When the first bytes of the request's head, or of its body, were there.
    private var phaseBegan: (phase: HTTPParser.Phase, at: NIODeadline)?

    init(service: Service, eventLoop: any EventLoop) {
        self.service = service
        self.eventLoop = eventLoop
        executor = EventLoopTaskExecutor(eventLoop)
        deadline = ConnectionDeadline(eventLoop: eventLoop)
        parser = service.parser
        share = BodyShare(of: service.memory)
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        deadline.whenOver = { [unowned self] in self.deadlineIsOver() }
    }

    func channelActive(context: ChannelHandlerContext) {
        remoteAddress = context.remoteAddress?.ipAddress ?? ""
        deadline.set(.now() + (service.isSecure ? service.deadlines.handshake : service.deadlines.idle))
        context.read()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if case .lingering = state { return }
        unwrapInboundIn(data).withUnsafeReadableBytes { parser.feed($0) }
        advance()
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        switch state {
        case .reading, .lingering: readIsDue = false
        case .answering, .writing, .streaming, .closed: readIsDue = parser.buffered >= Self.maximumBuffered
        }
        if !readIsDue { context.read() }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case ChannelEvent.inputClosed:
            inputHasEnded = true
            if case .lingering = state { close() } else { advance() }
        case is Drain:
            isDraining = true
            presence.end()
            if case (.reading, .idle) = (state, parser.phase) { close() }
        case is TLSHandshakeCompleted: deadline.set(.now() + service.deadlines.idle)
        case let violation as HTTPViolation: if case .reading = state { refuse(violation) }
        default: break
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        // A handler that is still at work finishes; only its answer is dropped. One that lets its client wait need not.
        state = .closed
        deadline.cancel()
        presence.end()
        share.release()
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
        deadline.whenOver = {}
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { close() }

    func close() {
        state = .closed
        deadline.cancel()
        presence.end()
        context?.close(promise: nil)
    }
}

// MARK: - Reading

extension HTTPConnection {
    /// Goes on with what the parser has, until it needs more or a request is being answered.
    private func advance() {
        // An answer that is there at once comes back here: the loop below goes on then, not a deeper call.
        guard !isAdvancing else { return }
        isAdvancing = true
        defer { isAdvancing = false }
        while case .reading = state {
            do {
                switch try parser.next() {
                case .needsBytes:
                    try share.grow(to: parser.kept)
                    return awaitBytes()
                case .continueExpected: writeContinue()
                case .largeBody(let length): try admit(bodyOf: length)
                case .request(let request):
                    try share.grow(to: request.body.count)
                    answer(request)
                }
            } catch {
                refuse(error)
            }
        }
    }

    /// Asks the handler once for each body, and the memory whenever it grows.
    private func admit(bodyOf length: Int) throws(HTTPViolation) {
        if !share.isLarge {
            let id = requestIDs.next()
            let request = HTTPServerRequest(
                head: parser.request, remoteAddress: remoteAddress, id: id, presence: presence)
            if let refusal = service.handler.refusal(of: request) { return end(with: refusal, id: id) }
        }
        try share.grow(to: length)
    }

    private func awaitBytes() {
        if inputHasEnded { return endOfInput() }
        let now = NIODeadline.now()
        switch (parser.phase, phaseBegan?.phase) {
        case (.idle, _):
            if isDraining { return close() }
            phaseBegan = nil
            deadline.set(now + service.deadlines.idle)
        case (.head, .head), (.body, .body): break
        case (.head, _), (.body, _): phaseBegan = (parser.phase, now)
        }
        if let phaseBegan {
            // Who has sent much may still not fall silent for as long as that much could have taken.
            deadline.set(min(phaseBegan.at + allowance(for: parser.phase), now + service.deadlines.idle))
        }
        if readIsDue {
            readIsDue = false
            context?.read()
        }
    }

    private func endOfInput() {
        if case .idle = parser.phase { return close() }
        refuse(HTTPViolation(status: 400, detail: "The request ends too early."))
    }

    private func allowance(for phase: HTTPParser.Phase) -> TimeAmount {
        switch phase {
        case .idle: service.deadlines.idle
        case .head: service.deadlines.header
        case .body(let received): service.deadlines.bodyGrace + service.deadlines.transfer(of: received)
        }
    }

    private func deadlineIsOver() {
        switch state {
        case .reading:
            if case .idle = parser.phase { return close() }
            refuse(HTTPViolation(status: 408, detail: "The request did not arrive in time."))
        case .writing, .streaming, .lingering: close()
        case .answering, .closed: break
        }
    }

    private func writeContinue() {
        context?.writeAndFlush(wrapOutboundOut(ByteBuffer(string: "HTTP/1.1 100 Continue\r\n\r\n")), promise: nil)
    }
}

// MARK: - Answering

extension HTTPConnection {
    private func answer(_ request: HTTPParser.Request) {
        state = .answering
        phaseBegan = nil
        deadline.clear()
        let exchange = Exchange(
            id: requestIDs.next(), isHead: request.head.method == .head, isLast: request.isLast,
            isVersion10: request.isVersion10)
        let served = HTTPServerRequest(
            head: request.head, body: request.body, remoteAddress: remoteAddress, id: exchange.id, presence: presence)
        let connection = NIOLoopBound(self, eventLoop: eventLoop)
        let (handler, memory, held) = (service.handler, service.memory, share.handOver())
        // Starts here and now, and comes back to this loop after each suspension: no thread is changed for a request
        // whose answer is at hand.
        Task.immediate(executorPreference: executor) {
            let response = await handler.respond(to: served)
            memory.giveBack(held)
            switch response.body {
            case .bytes(let bytes): connection.value.write(response.head, bytes, exchange)
            case .stream(let stream):
                await HTTPBodyWriter(connection: connection).write(stream, after: response.head, exchange)
            }
        }
    }

    private func refuse(_ violation: HTTPViolation) {
        let id = requestIDs.next()
        end(with: service.handler.response(to: violation, id: id), id: id)
    }

    /// The last answer, to a request that is not there whole. Not a stream, which would have to outlive the connection.
    private func end(with response: HTTPServerResponse, id: String) {
        state = .answering
        write(response.head, response.bytes ?? [], Exchange(id: id, isHead: parser.isHead, isLast: true))
    }

    private func write(_ head: HTTPResponse, _ body: [UInt8], _ exchange: Exchange) {
        guard case .answering = state, let context else { return }
        let isLast = exchange.isLast || isDraining
        var buffer = context.channel.allocator.buffer(capacity: body.count + 512)
        buffer.writeHead(
            of: head, framing: .length(body.count), date: service.date.now, requestID: exchange.id, isLast: isLast)
        if !exchange.isHead { buffer.writeBytes(body) }
        writeEnd(buffer, context, isLast: isLast)
    }

    func writeEnd(_ buffer: ByteBuffer, _ context: ChannelHandlerContext, isLast: Bool) {
        state = .writing
        flush(buffer, context).whenComplete { self.finishWriting($0, isLast: isLast) }
    }

    /// Completes when the kernel has taken it, within the time that its size allows.
    func flush(_ buffer: ByteBuffer, _ context: ChannelHandlerContext) -> EventLoopFuture<Void>.Isolated {
        deadline.set(.now() + service.deadlines.write + service.deadlines.transfer(of: buffer.readableBytes))
        let written = eventLoop.makePromise(of: Void.self)
        context.writeAndFlush(wrapOutboundOut(buffer), promise: written)
        return written.futureResult.assumeIsolated()
    }

    private func finishWriting(_ result: Result<Void, any Error>, isLast: Bool) {
        guard case .writing = state else { return }
        guard case .success = result else { return close() }
        if isLast { return linger() }
        state = .reading
        advance()
    }

    /// RFC 9112 §9.6 — closes our side only: a full close would answer bytes still on their way with a reset, and the
    /// reset could overtake the response.
    private func linger() {
        if inputHasEnded { return close() }
        state = .lingering
        // With what it holds of a body that nobody wants any more.
        parser = service.parser
        share.release()
        deadline.set(.now() + service.deadlines.linger)
        context?.close(mode: .output, promise: nil)
        context?.read()
    }
}
