// TestClient.swift — a client that writes bytes and reads answers, and a server to talk to.

import HTTP
import HTTPTypes
import NIOCore
import NIOPosix
import TLS
import Testing

struct ScriptedHandler: HTTPHandler {
    var answer: @Sendable (HTTPServerRequest) async -> HTTPServerResponse
    var refuse: @Sendable (HTTPServerRequest) -> HTTPServerResponse? = { _ in nil }

    init(_ answer: @escaping @Sendable (HTTPServerRequest) async -> HTTPServerResponse) { self.answer = answer }

    /// Answers with what the request was: "POST /path 5".
    static let echo = ScriptedHandler { request in
        text("\(request.head.method) \(request.head.path ?? "") \(request.body.count)")
    }

    static func text(_ text: String) -> HTTPServerResponse {
        HTTPServerResponse(
            head: HTTPResponse(status: .ok, headerFields: [.contentType: "text/plain"]), body: Array(text.utf8))
    }

    func respond(to request: HTTPServerRequest) async -> HTTPServerResponse { await answer(request) }

    func refusal(of request: HTTPServerRequest) -> HTTPServerResponse? { refuse(request) }

    func response(to violation: HTTPViolation, id: String) -> HTTPServerResponse {
        var head = HTTPResponse(status: .init(code: violation.status))
        if let retryAfter = violation.retryAfter { head.headerFields[.retryAfter] = String(retryAfter) }
        return HTTPServerResponse(head: head, body: Array(violation.detail.utf8))
    }
}

func withServer(
    _ handler: ScriptedHandler = .echo, _ configuration: HTTPServer.Configuration = .init(),
    _ body: (HTTPServer) async throws -> Void
) async throws {
    let server = try await HTTPServer.bind(
        host: "127.0.0.1", port: 0, group: MultiThreadedEventLoopGroup.singleton, configuration: configuration,
        handler: handler)
    do {
        try await body(server)
    } catch {
        await server.drain(within: .zero)
        throw error
    }
    await server.drain(within: .zero)
}

struct Response {
    var status: Int
    var fields: [String: String]
    var body: String
}

final class TestClient {
    private var inbound: NIOAsyncChannelInboundStream<ByteBuffer>.AsyncIterator
    private let outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>
    private let channel: any Channel
    private var received: [UInt8] = []

    private init(
        _ inbound: NIOAsyncChannelInboundStream<ByteBuffer>, _ outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>,
        _ channel: any Channel
    ) {
        (self.inbound, self.outbound, self.channel) = (inbound.makeAsyncIterator(), outbound, channel)
    }

    /// By TLS, if there is a context for it.
    static func connect(
        to server: HTTPServer, by tls: TLSContext? = nil, _ body: (TestClient) async throws -> Void
    ) async throws {
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            // Without it a server that has said its last word could not be written to.
            .channelOption(.allowRemoteHalfClosure, value: true)
            .connect(host: "127.0.0.1", port: server.port) { channel in
                channel.eventLoop.makeCompletedFuture {
                    if let tls {
                        let handler = try TLSHandler(tls, closesHalves: true)
                        try channel.pipeline.syncOperations.addHandler(handler)
                    }
                    return try NIOAsyncChannel<ByteBuffer, ByteBuffer>(
                        wrappingChannelSynchronously: channel,
                        configuration: .init(isOutboundHalfClosureEnabled: true))
                }
            }
        try await channel.executeThenClose { inbound, outbound in
            try await body(TestClient(inbound, outbound, channel.channel))
        }
    }

    func send(_ text: String) async throws { try await outbound.write(ByteBuffer(string: text)) }

    /// Closes our side; the answer can still be read.
    func endInput() { outbound.finish() }

    /// The next response; nil if the connection ends before it begins.
    func response(toHead: Bool = false) async throws -> Response? {
        guard let end = try await offset(of: "\r\n\r\n") else { return nil }
        var lines = String(decoding: received[..<end], as: UTF8.self).split(separator: "\r\n").map(String.init)
        let status = Int(lines.removeFirst().split(separator: " ")[1]) ?? 0
        var fields: [String: String] = [:]
        for line in lines {
            let colon = line.firstIndex(of: ":") ?? line.endIndex
            fields[line[..<colon].lowercased()] = line[colon...].dropFirst(2).description
        }
        received.removeFirst(end + 4)
        let length = toHead ? 0 : Int(fields["content-length"] ?? "0") ?? 0
        while received.count < length {
            guard try await receive() else { return nil }
        }
        let body = String(decoding: received.prefix(length), as: UTF8.self)
        received.removeFirst(length)
        return Response(status: status, fields: fields, body: body)
    }

    /// What comes next, of which so much is waited for.
    func text(ofLength length: Int) async throws -> String? {
        while received.count < length {
            guard try await receive() else { return nil }
        }
        defer { received.removeFirst(length) }
        return String(decoding: received.prefix(length), as: UTF8.self)
    }

    /// The close at the end will be a reset: a client that has died.
    func resetAtTheEnd() throws {
        let socket = try #require(channel as? any SocketOptionProvider)
        _ = socket.setSoLinger(linger(l_onoff: 1, l_linger: 0))
    }

    /// Everything until the server closes.
    func rest() async throws -> String {
        while try await receive() {}
        return String(decoding: received, as: UTF8.self)
    }

    private func offset(of mark: String) async throws -> Int? {
        let mark = Array(mark.utf8)
        while true {
            if let found = received.indices.first(where: { received[$0...].starts(with: mark) }) { return found }
            guard try await receive() else { return nil }
        }
    }

    private func receive() async throws -> Bool {
        guard let bytes = try await inbound.next(isolation: #isolation) else { return false }
        bytes.withUnsafeReadableBytes { received.append(contentsOf: $0) }
        return true
    }
}
