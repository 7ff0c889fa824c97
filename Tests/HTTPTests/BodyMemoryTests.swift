// BodyMemoryTests.swift — the memory that all bodies share, and who is asked before a large one is read.

import HTTPTypes
import NIOCore
import Synchronization
import Testing

@testable import HTTP

@Suite struct BodyMemoryTests {
    private static let large = 1 << 20

    @Test func theLastEighthIsForSmallBodies() throws {
        let memory = BodyMemory(limit: 8 * Self.large)
        var large = BodyShare(of: memory)
        try large.grow(to: 7 * Self.large)
        var next = BodyShare(of: memory)
        #expect(throws: HTTPViolation.self) { try next.grow(to: HTTPLimits.smallBody + 1) }
        var small: [BodyShare] = []
        for _ in 1...16 {
            small.append(BodyShare(of: memory))
            try small[small.count - 1].grow(to: HTTPLimits.smallBody)
        }
        #expect(throws: HTTPViolation.self) { try next.grow(to: 1) }
        small[0].release()
        try next.grow(to: HTTPLimits.smallBody)
        for index in small.indices { small[index].release() }
        next.release()
        large.release()
        try large.grow(to: 7 * Self.large)
    }

    @Test func aShareOnlyGrows() throws {
        let memory = BodyMemory(limit: 100)
        var share = BodyShare(of: memory)
        try share.grow(to: 60)
        try share.grow(to: 20)
        try share.grow(to: 100)
        #expect(share.handOver() == 100)
        #expect(share.handOver() == 0)
        #expect(!memory.take(1, forBodyOf: 1))
        memory.giveBack(100)
        #expect(memory.take(100, forBodyOf: 100))
    }

    @Test func theRefusalSaysWhenToComeBack() throws {
        var share = BodyShare(of: BodyMemory(limit: 1))
        let violation = #expect(throws: HTTPViolation.self) { try share.grow(to: 2) }
        #expect(violation?.status == 503 && violation?.retryAfter == 1)
    }
}

/// Over sockets: room for one body of a mebibyte, and for small ones.
@Suite(.timeLimit(.minutes(5)))
struct SharedBodyTests {
    private var configuration = HTTPServer.Configuration()
    private static let size = 1 << 20
    private static let announcement =
        "POST /large HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: \(size)\r\n\r\n"

    init() {
        configuration.limits.maxBody = Self.size
        configuration.limits.bodyMemory = 2 * Self.size
        // Nothing here is about time, and machines can be slow.
        configuration.deadlines.bodyGrace = .minutes(1)
    }

    /// Has one announced, and the server's word that it may come.
    private func withAnnouncement(
        to server: HTTPServer, _ body: (TestClient) async throws -> Void
    ) async throws {
        try await TestClient.connect(to: server) { client in
            try await client.send(Self.announcement)
            #expect(try await client.response()?.status == 100)
            try await body(client)
        }
    }

    private func status(of request: String, at server: HTTPServer) async throws -> Int? {
        var status: Int?
        try await TestClient.connect(to: server) { client in
            try await client.send(request)
            status = try await client.response()?.status
        }
        return status
    }

    @Test func whatDoesNotFitIsRefusedBeforeItIsRead() async throws {
        try await withServer(.echo, configuration) { server in
            try await withAnnouncement(to: server) { first in
                try await TestClient.connect(to: server) { second in
                    try await second.send(Self.announcement)
                    let refusal = try #require(try await second.response())
                    #expect(refusal.status == 503)
                    #expect(refusal.fields["retry-after"] == "1")
                    #expect(refusal.fields["connection"] == "close")
                }
                let small = "POST /small HTTP/1.1\r\nHost: a\r\nContent-Length: 60000\r\n\r\n"
                #expect(try await status(of: small + String(repeating: "x", count: 60_000), at: server) == 200)
                try await first.send(String(repeating: "x", count: Self.size))
                #expect(try await first.response()?.body == "POST /large \(Self.size)")
            }
            try await withAnnouncement(to: server) { _ in }
        }
    }

    @Test func aBodyIsCountedUntilItIsAnswered() async throws {
        let (gate, openGate) = AsyncStream.makeStream(of: Void.self)
        let (begun, hasBegun) = AsyncStream.makeStream(of: Void.self)
        let handler = ScriptedHandler { request in
            hasBegun.finish()
            for await _ in gate {}
            return ScriptedHandler.text("\(request.body.count)")
        }
        try await withServer(handler, configuration) { server in
            try await withAnnouncement(to: server) { client in
                try await client.send(String(repeating: "x", count: Self.size))
                for await _ in begun {}
                #expect(try await status(of: Self.announcement, at: server) == 503)
                openGate.finish()
                #expect(try await client.response()?.body == "\(Self.size)")
            }
            #expect(try await status(of: Self.announcement, at: server) == 100)
        }
    }

    /// One that goes away in the middle, one that breaks off, one that is refused for another reason.
    @Test(arguments: ["", "x", "POST / HTTP/1.1\r\n"])
    func whatIsGivenUpIsGivenBack(beginning: String) async throws {
        try await withServer(.echo, configuration) { server in
            try await withAnnouncement(to: server) { client in
                if !beginning.isEmpty { try await client.send(beginning) }
                client.endInput()
                #expect(try await client.response()?.status == 400)
            }
            while try await status(of: Self.announcement, at: server) != 100 { await Task.yield() }
        }
    }

    @Test func chunksAreCountedAsTheyAreAnnounced() async throws {
        let chunk = "70000\r\n" + String(repeating: "x", count: 0x70000) + "\r\n"
        let head = "POST /c HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
        try await withServer(.echo, configuration) { server in
            try await withAnnouncement(to: server) { _ in
                try await TestClient.connect(to: server) { client in
                    try await client.send(head + chunk)
                    try await client.send(chunk)
                    #expect(try await client.response()?.status == 503)
                }
            }
            #expect(try await status(of: head + chunk + "0\r\n\r\n", at: server) == 200)
        }
    }
}

@Suite(.timeLimit(.minutes(5)))
struct RefusalTests {
    private final class Log: Sendable {
        private let lines = Mutex<[String]>([])
        func add(_ line: String) { lines.withLock { $0.append(line) } }
        var all: [String] { lines.withLock { $0 } }
    }

    private let log = Log()

    /// Refuses what goes to /refused, whatever it is.
    private var handler: ScriptedHandler {
        var handler = ScriptedHandler { [log] request in
            log.add("answered \(request.head.path ?? "")")
            return ScriptedHandler.text("\(request.body.count)")
        }
        handler.refuse = { [log] request in
            log.add("asked \(request.head.path ?? "") \(request.remoteAddress)")
            guard request.head.path == "/refused" else { return nil }
            return HTTPServerResponse(head: HTTPResponse(status: .unauthorized), body: Array(request.id.utf8))
        }
        return handler
    }

    private static let framings = ["Content-Length: 70000", "Content-Length: 70000\r\nExpect: 100-continue"]

    @Test(arguments: framings) func isAnsweredBeforeTheBodyIsRead(framing: String) async throws {
        try await withServer(handler) { server in
            try await TestClient.connect(to: server) { client in
                try await client.send("POST /refused HTTP/1.1\r\nHost: a\r\n\(framing)\r\n\r\n")
                let answer = try #require(try await client.response())
                #expect(answer.status == 401)
                #expect(answer.body == answer.fields["request-id"])
                #expect(answer.fields["connection"] == "close")
                try await client.send(String(repeating: "x", count: 70_000))
                #expect(try await client.rest() == "")
            }
        }
        #expect(log.all == ["asked /refused 127.0.0.1"])
    }

    @Test func isAskedOnceForEachLargeBody() async throws {
        let chunk = "8000\r\n" + String(repeating: "x", count: 0x8000) + "\r\n"
        let small = "POST /small HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nsmall"
        try await withServer(handler) { server in
            try await TestClient.connect(to: server) { client in
                try await client.send(small)
                try await client.send("POST /c HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n")
                for _ in 1...4 { try await client.send(chunk) }
                try await client.send("0\r\n\r\nPOST /l HTTP/1.1\r\nHost: a\r\nContent-Length: 70000\r\n\r\n")
                try await client.send(String(repeating: "x", count: 70_000) + small)
                for body in ["5", "131072", "70000", "5"] { #expect(try await client.response()?.body == body) }
            }
        }
        #expect(
            log.all == [
                "answered /small", "asked /c 127.0.0.1", "answered /c", "asked /l 127.0.0.1", "answered /l",
                "answered /small",
            ])
    }

    @Test func aChunkedBodyIsRefusedOnceItIsNotSmall() async throws {
        let chunk = "8000\r\n" + String(repeating: "x", count: 0x8000) + "\r\n"
        try await withServer(handler) { server in
            try await TestClient.connect(to: server) { client in
                try await client.send("POST /refused HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n")
                for _ in 1...3 { try await client.send(chunk) }
                #expect(try await client.response()?.status == 401)
            }
        }
        #expect(log.all == ["asked /refused 127.0.0.1"])
    }
}
