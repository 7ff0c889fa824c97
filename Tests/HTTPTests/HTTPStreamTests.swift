// HTTPStreamTests.swift — bodies that come piece by piece, and clients that do not wait for them.

import HTTP
import HTTPTypes
import NIOCore
import NIOPosix
import Synchronization
import Testing

private func get(_ path: String, version: String = "1.1") -> String { "GET \(path) HTTP/\(version)\r\nHost: a\r\n\r\n" }

private struct Broken: Error {}

extension ScriptedHandler {
    /// Streams what `pieces` says under /stream, and is an echo elsewhere.
    fileprivate static func streaming(
        _ stream: @escaping @Sendable (HTTPServerRequest, HTTPBodyWriter) async throws -> Void
    ) -> ScriptedHandler {
        ScriptedHandler { request in
            guard request.head.path == "/stream" else { return await echo.answer(request) }
            return HTTPServerResponse(head: HTTPResponse(status: .ok)) { try await stream(request, $0) }
        }
    }

    fileprivate static func pieces(_ pieces: String...) -> ScriptedHandler {
        streaming { _, writer in for piece in pieces { try await writer.write(Array(piece.utf8)) } }
    }
}

extension ClientPresence {
    /// Returns when it is over.
    fileprivate func end() async {
        let (over, isOver) = AsyncStream.makeStream(of: Void.self)
        whenOver { isOver.finish() }
        for await _ in over {}
    }
}

@Suite(.timeLimit(.minutes(5)))
struct HTTPStreamTests {
    @Test func sendsEachPieceAsAChunkAndKeepsTheConnection() async throws {
        try await withServer(.pieces("one", "", "twelve bytes")) { server in
            try await TestClient.connect(to: server) { client in
                try await client.send(get("/stream"))
                let head = try #require(try await client.response())
                #expect(head.status == 200)
                #expect(head.fields["transfer-encoding"] == "chunked")
                #expect(head.fields["content-length"] == nil && head.fields["connection"] == nil)
                let body = "3\r\none\r\nc\r\ntwelve bytes\r\n0\r\n\r\n"
                #expect(try await client.text(ofLength: body.utf8.count) == body)
                try await client.send(get("/next"))
                #expect(try await client.response()?.body == "GET /next 0")
            }
        }
    }

    @Test func sendsOldClientsTheBareBytesAndCloses() async throws {
        try await withServer(.pieces("one", "two")) { server in
            try await TestClient.connect(to: server) { client in
                try await client.send(get("/stream", version: "1.0"))
                let head = try #require(try await client.response())
                #expect(head.fields["transfer-encoding"] == nil && head.fields["content-length"] == nil)
                #expect(head.fields["connection"] == "close")
                #expect(try await client.rest() == "onetwo")
            }
        }
    }

    @Test func closesAfterTheLastChunkWhenAskedTo() async throws {
        try await withServer(.pieces("one")) { server in
            try await TestClient.connect(to: server) { client in
                try await client.send("GET /stream HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
                #expect(try await client.response()?.fields["connection"] == "close")
                #expect(try await client.rest() == "3\r\none\r\n0\r\n\r\n")
            }
        }
    }

    @Test func startsNoStreamForHead() async throws {
        let handler = ScriptedHandler.streaming { _, _ in Issue.record("it was started") }
        try await withServer(handler) { server in
            try await TestClient.connect(to: server) { client in
                try await client.send("HEAD /stream HTTP/1.1\r\nHost: a\r\n\r\n" + get("/next"))
                #expect(try await client.response(toHead: true)?.fields["transfer-encoding"] == "chunked")
                #expect(try await client.response()?.body == "GET /next 0")
            }
        }
    }

    @Test func aRequestBehindAStreamWaitsForItsEnd() async throws {
        let (gate, openGate) = AsyncStream.makeStream(of: Void.self)
        let handler = ScriptedHandler.streaming { _, writer in
            try await writer.write(Array("a".utf8))
            for await _ in gate {}
            try await writer.write(Array("b".utf8))
        }
        try await withServer(handler) { server in
            try await TestClient.connect(to: server) { client in
                try await client.send(get("/stream") + get("/next"))
                _ = try await client.response()
                #expect(try await client.text(ofLength: 6) == "1\r\na\r\n")
                openGate.finish()
                #expect(try await client.text(ofLength: 11) == "1\r\nb\r\n0\r\n\r\n")
                #expect(try await client.response()?.body == "GET /next 0")
            }
        }
    }

    @Test func aStreamThatFailsIsCutOff() async throws {
        let handler = ScriptedHandler.streaming { _, writer in
            try await writer.write(Array("one".utf8))
            throw Broken()
        }
        try await withServer(handler) { server in
            try await TestClient.connect(to: server) { client in
                try await client.send(get("/stream") + get("/next"))
                _ = try await client.response()
                let rest = (try? await client.rest()) ?? "3\r\none\r\n"
                #expect(rest == "3\r\none\r\n", "no last chunk, and no other answer")
            }
        }
    }

    @Test func aClientThatDoesNotReadHoldsItsWriterAndIsClosedAtLast() async throws {
        var configuration = HTTPServer.Configuration()
        (configuration.deadlines.write, configuration.deadlines.bytesPerSecond) = (.milliseconds(50), 1 << 40)
        let (ended, hasEnded) = AsyncStream.makeStream(of: Int.self)
        let handler = ScriptedHandler.streaming { _, writer in
            var written = 0
            defer {
                hasEnded.yield(written)
                hasEnded.finish()
            }
            while true {
                try await writer.write([UInt8](repeating: 0x78, count: 64 << 10))
                written += 64 << 10
            }
        }
        try await withServer(handler, configuration) { server in
            try await TestClient.connect(to: server) { client in
                try await client.send(get("/stream"))
                // Nothing is read here, beyond what NIO takes in by itself.
                let written = await ended.reduce(0) { $1 }
                #expect(written < 64 << 20)
            }
        }
    }

    @Test func aStreamLearnsThatItsClientHasGone() async throws {
        let (ended, hasEnded) = AsyncStream.makeStream(of: Bool.self)
        let handler = ScriptedHandler.streaming { request, writer in
            await request.presence.end()
            do {
                try await writer.write([1])
                hasEnded.yield(false)
            } catch {
                hasEnded.yield(true)
            }
            hasEnded.finish()
        }
        try await withServer(handler) { server in
            try await TestClient.connect(to: server) { client in
                try await client.send(get("/stream"))
                _ = try await client.response()
                try client.resetAtTheEnd()
            }
            #expect(await ended.reduce(false) { $1 })
        }
    }

    @Test func aHandlerThatWaitsLearnsItToo() async throws {
        let (begun, hasBegun) = AsyncStream.makeStream(of: Void.self)
        let (ended, hasEnded) = AsyncStream.makeStream(of: Void.self)
        let handler = ScriptedHandler { request in
            hasBegun.finish()
            await request.presence.end()
            hasEnded.finish()
            return ScriptedHandler.text("nobody hears")
        }
        try await withServer(handler) { server in
            try await TestClient.connect(to: server) { client in
                try await client.send(get("/"))
                for await _ in begun {}
                try client.resetAtTheEnd()
            }
            for await _ in ended {}
        }
    }

    @Test func aClientThatHasClosedItsSideOnlyIsStillThere() async throws {
        let handler = ScriptedHandler.streaming { request, writer in
            try await writer.write(Array("\(request.presence.isOver)".utf8))
        }
        try await withServer(handler) { server in
            try await TestClient.connect(to: server) { client in
                try await client.send(get("/stream"))
                client.endInput()
                _ = try await client.response()
                #expect(try await client.rest() == "5\r\nfalse\r\n0\r\n\r\n")
            }
        }
    }

    @Test func aDrainEndsStreamsPolitely() async throws {
        let handler = ScriptedHandler.streaming { request, writer in
            try await writer.write(Array("one".utf8))
            await request.presence.end()
            try await writer.write(Array("bye".utf8))
        }
        try await withServer(handler) { server in
            var drained: Task<Void, Never>?
            try await TestClient.connect(to: server) { client in
                try await client.send(get("/stream"))
                _ = try await client.response()
                #expect(try await client.text(ofLength: 8) == "3\r\none\r\n")
                drained = Task { await server.drain(within: .seconds(30)) }
                #expect(try await client.rest() == "3\r\nbye\r\n0\r\n\r\n")
            }
            await drained?.value
        }
    }
}

@Suite struct ClientPresenceTests {
    @Test func tellsOnceThatItIsOver() {
        let presence = ClientPresence()
        let count = Mutex(0)
        presence.whenOver { count.withLock { $0 += 1 } }
        #expect(!presence.isOver)
        presence.end()
        presence.end()
        #expect(presence.isOver && count.withLock { $0 } == 1)
        presence.whenOver { count.withLock { $0 += 1 } }
        #expect(count.withLock { $0 } == 2, "at once, as it is over")
    }

    @Test func forgetsWhomItNeedNotTell() {
        let presence = ClientPresence()
        presence.whenOver { Issue.record("it told") }
        presence.whenOver(nil)
        presence.end()
    }
}
