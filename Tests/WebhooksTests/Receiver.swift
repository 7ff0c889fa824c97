// Receiver.swift — an HTTP server on loopback that answers each request as the test's script says.

import NIOCore
import NIOPosix
import Synchronization

final class Receiver: Sendable {
    struct Request: Sendable {
        /// `POST /hook HTTP/1.1`
        let line: String
        /// Names in lower case.
        let headers: [String: String]
        let body: [UInt8]
    }

    enum Answer: Sendable {
        /// Bytes as they go out.
        case raw(String)
        /// Closes the connection after these bytes.
        case last(String)
        /// Never.
        case none
        static func status(_ code: Int, _ headers: String...) -> Answer {
            .raw("HTTP/1.1 \(code) X\r\n" + headers.map { $0 + "\r\n" }.joined() + "content-length: 0\r\n\r\n")
        }
    }

    typealias Script = @Sendable (Request) async -> Answer

    private struct Tally { var connections = 0, requests = 0, open = 0, mostOpen = 0 }
    private let tally = Mutex(Tally())
    private let arrivals = AsyncStream<Request>.makeStream()
    private let channel: any Channel

    static func listen(_ script: @escaping Script = { _ in .status(200) }) async throws -> Receiver {
        let arrived = Mutex<Receiver?>(nil)
        let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    guard let receiver = arrived.withLock(\.self) else { return }
                    receiver.tally.withLock { $0.connections += 1 }
                    try channel.pipeline.syncOperations.addHandler(Conversation(receiver, script))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        let receiver = Receiver(channel: channel)
        arrived.withLock { $0 = receiver }
        return receiver
    }

    private init(channel: any Channel) { self.channel = channel }
    deinit { channel.close(promise: nil) }

    var port: Int { channel.localAddress?.port ?? 0 }
    var url: String { "http://127.0.0.1:\(port)/hook" }
    var connections: Int { tally.withLock(\.connections) }
    var requests: Int { tally.withLock(\.requests) }
    /// The most requests that were without an answer at the same time.
    var mostOpen: Int { tally.withLock(\.mostOpen) }

    /// The next request, in the order of their arrival. Throws when the test's time is over.
    func next() async throws -> Request {
        for await request in arrivals.stream { return request }
        throw CancellationError()
    }

    fileprivate func take(_ request: Request) {
        tally.withLock { tally in
            tally.requests += 1
            tally.open += 1
            tally.mostOpen = max(tally.mostOpen, tally.open)
        }
        arrivals.continuation.yield(request)
    }

    fileprivate func answered() { tally.withLock { $0.open -= 1 } }
}

/// One connection.
private final class Conversation: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    private let receiver: Receiver
    private let script: Receiver.Script
    private var received: [UInt8] = []

    init(_ receiver: Receiver, _ script: @escaping Receiver.Script) {
        (self.receiver, self.script) = (receiver, script)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        received += unwrapInboundIn(data).readableBytesView
        while let request = Receiver.Request(from: &received) {
            receiver.take(request)
            let (receiver, script, channel) = (receiver, script, context.channel)
            Task {
                let answer = await script(request)
                receiver.answered()
                switch answer {
                case .raw(let text): channel.writeAndFlush(ByteBuffer(string: text), promise: nil)
                case .last(let text):
                    try? await channel.writeAndFlush(ByteBuffer(string: text))
                    channel.close(promise: nil)
                case .none: break
                }
            }
        }
    }
}

extension Receiver.Request {
    /// Takes one whole request off the front; nil while there is none.
    fileprivate init?(from bytes: inout [UInt8]) {
        let end = Array("\r\n\r\n".utf8)
        guard let head = bytes.indices.first(where: { bytes[$0...].starts(with: end) }) else { return nil }
        let lines = bytes[..<head].split(separator: 0x0A).map { line in
            String(decoding: line.last == 0x0D ? line.dropLast() : line, as: UTF8.self)
        }
        let pairs = lines.dropFirst().map { $0.split(separator: ":", maxSplits: 1) }.map { pair in
            (pair[0].lowercased(), pair.count == 2 ? String(pair[1].drop { $0 == " " }) : "")
        }
        headers = Dictionary(pairs) { $0 + ", " + $1 }
        let length = headers["content-length"].flatMap(Int.init) ?? 0
        guard bytes.count >= head + 4 + length else { return nil }
        line = lines[0]
        body = Array(bytes[(head + 4)..<(head + 4 + length)])
        bytes.removeFirst(head + 4 + length)
    }
}
