// StreamClient.swift — a client that reads server-sent events as they come, over a real socket.

import NIOCore
import NIOPosix
import Testing

@testable import API

final class StreamClient {
    private var inbound: NIOAsyncChannelInboundStream<ByteBuffer>.AsyncIterator
    private var received: [UInt8] = []
    private var text: [UInt8] = []
    private(set) var head = ""

    private init(_ inbound: NIOAsyncChannelInboundStream<ByteBuffer>) { self.inbound = inbound.makeAsyncIterator() }

    /// Asks for `path` and runs `body` when the head has come; hangs up then.
    static func open(
        _ api: APIFixture, _ path: String = "/v1/events/stream", _ fields: [String: String] = [:],
        _ body: (StreamClient) async throws -> Void
    ) async throws {
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .connect(host: "127.0.0.1", port: api.client.port) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
                }
            }
        try await channel.executeThenClose { inbound, outbound in
            let all = ["Host": "a", "Authorization": "Bearer \(api.client.key ?? "")"].merging(fields) { $1 }
            let lines = all.map { "\($0): \($1)\r\n" }.joined()
            try await outbound.write(ByteBuffer(string: "GET \(path) HTTP/1.1\r\n\(lines)\r\n"))
            let client = StreamClient(inbound)
            try await client.readHead()
            try await body(client)
        }
    }

    private func readHead() async throws {
        head = String(decoding: try #require(try await take(through: "\r\n\r\n")), as: UTF8.self)
    }

    /// The next block of lines before an empty one; nil at the end of the stream.
    func block() async throws -> String? {
        while true {
            if let end = text.firstRange(of: [10, 10]) {
                defer { text.removeFirst(end.upperBound) }
                return String(decoding: text[..<end.lowerBound], as: UTF8.self)
            }
            guard let line = try await take(through: "\r\n"),
                let size = Int(String(decoding: line.dropLast(2), as: UTF8.self), radix: 16), size > 0
            else { return nil }
            while received.count < size + 2 {
                guard try await receive() else { return nil }
            }
            text += received.prefix(size)
            received.removeFirst(size + 2)
        }
    }

    /// `3 message.accepted` for each of the next events.
    func events(_ count: Int) async throws -> [String] {
        var events: [String] = []
        while events.count < count, let block = try await block() {
            let lines = block.split(separator: "\n")
            guard lines.contains(where: { $0.hasPrefix("data: ") }) else { continue }
            #expect(lines.count == 3)
            events.append(lines.prefix(2).map { $0.drop { $0 != " " }.dropFirst() }.joined(separator: " "))
        }
        return events
    }

    private func take(through mark: String) async throws -> [UInt8]? {
        while true {
            if let end = received.firstRange(of: Array(mark.utf8)) {
                defer { received.removeFirst(end.upperBound) }
                return Array(received[..<end.upperBound])
            }
            guard try await receive() else { return nil }
        }
    }

    private func receive() async throws -> Bool {
        guard let bytes = try await inbound.next(isolation: #isolation) else { return false }
        bytes.withUnsafeReadableBytes { received.append(contentsOf: $0) }
        return true
    }
}

/// Returns when `condition` holds; the suite's time limit bounds it.
func until(_ condition: () -> Bool) async {
    while !condition() { await Task.yield() }
}
