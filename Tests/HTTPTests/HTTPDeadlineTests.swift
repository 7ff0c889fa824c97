// HTTPDeadlineTests.swift — slow clients, and the drain at the end.

import HTTP
import HTTPTypes
import NIOCore
import Testing

private func configuration(_ change: (inout HTTPDeadlines) -> Void) -> HTTPServer.Configuration {
    var configuration = HTTPServer.Configuration()
    change(&configuration.deadlines)
    return configuration
}

private let get = "GET / HTTP/1.1\r\nHost: a\r\n\r\n"

@Suite(.timeLimit(.minutes(5)))
struct HTTPDeadlineTests {
    @Test(arguments: ["G", "GET / HTTP/1.1\r\nHost: a\r\nX: "])
    func refusesAHeadThatDoesNotEnd(piece: String) async throws {
        try await withServer(.echo, configuration { $0.header = .milliseconds(30) }) { server in
            try await TestClient.connect(to: server) { client in
                try await client.send(piece)
                #expect(try await client.response()?.status == 408)
                #expect(try await client.rest() == "")
            }
        }
    }

    @Test func refusesABodyThatDoesNotCome() async throws {
        let slow = configuration { ($0.bodyGrace, $0.bytesPerSecond) = (.milliseconds(30), 1000) }
        try await withServer(.echo, slow) { server in
            try await TestClient.connect(to: server) { client in
                try await client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n0123456789")
                #expect(try await client.response()?.status == 408)
                #expect(try await client.rest() == "")
            }
        }
    }

    @Test func refusesABodyThatComesFastAndThenNoMore() async throws {
        try await withGrowingPatience { patience in
            let slow = configuration { ($0.idle, $0.bodyGrace) = (patience, .minutes(5)) }
            try await withServer(.echo, slow) { server in
                try await TestClient.connect(to: server) { client in
                    try await client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n0123456789")
                    guard let answer = try await client.response() else { throw TooLate() }
                    #expect(answer.status == 408)
                    #expect(try await client.rest() == "")
                }
            }
        }
    }

    @Test func closesAConnectionOnWhichNothingComes() async throws {
        try await withServer(.echo, configuration { $0.idle = .milliseconds(30) }) { server in
            try await TestClient.connect(to: server) { client in
                let received = try await client.rest()
                #expect(received == "")
            }
        }
    }

    @Test func closesAConnectionThatHasBecomeIdle() async throws {
        try await withGrowingPatience { patience in
            try await withServer(.echo, configuration { $0.idle = patience }) { server in
                try await TestClient.connect(to: server) { client in
                    try await client.send(get)
                    guard try await client.response()?.status == 200 else { throw TooLate() }
                    #expect(try await client.rest() == "")
                }
            }
        }
    }

    @Test func hasNoDeadlineForTheHandler() async throws {
        try await withGrowingPatience { patience in
            let handler = ScriptedHandler { _ in
                try? await Task.sleep(for: .nanoseconds(2 * patience.nanoseconds))
                return ScriptedHandler.text("done")
            }
            try await withServer(handler, configuration { ($0.idle, $0.header) = (patience, patience) }) { server in
                try await TestClient.connect(to: server) { client in
                    try await client.send(get)
                    guard try await client.response()?.body == "done" else { throw TooLate() }
                }
            }
        }
    }

    private struct TooLate: Error {}

    /// On a busy machine a client may be late for a short deadline: it tries again with a longer one.
    private func withGrowingPatience(_ body: (TimeAmount) async throws -> Void) async throws {
        for milliseconds in [30, 120, 480] as [Int64] {
            do { return try await body(.milliseconds(milliseconds)) } catch { continue }
        }
        try await body(.seconds(4))
    }

    @Test func dropsAClientThatDoesNotRead() async throws {
        // More than the kernel buffers on both sides.
        let large = [UInt8](repeating: 0x78, count: 16 << 20)
        let impatient = configuration { ($0.write, $0.bytesPerSecond) = (.milliseconds(50), 1 << 40) }
        try await withServer(
            ScriptedHandler { _ in HTTPServerResponse(head: HTTPResponse(status: .ok), body: large) }, impatient
        ) { server in
            try await TestClient.connect(to: server) { client in
                try await client.send(get)
                try await client.send(get)
                // Nothing is read here: the connection can only end by the server's deadline.
                await server.drain(within: .seconds(30))
                let received = (try? await client.rest()) ?? ""
                #expect(received.utf8.count < large.count)
            }
        }
    }
}

@Suite(.timeLimit(.minutes(5)))
struct HTTPDrainTests {
    @Test func closesIdleConnectionsAtOnce() async throws {
        try await withServer { server in
            try await TestClient.connect(to: server) { client in
                try await client.send(get)
                #expect(try await client.response()?.status == 200)
                await server.drain(within: .seconds(30))
                #expect(try await client.rest() == "")
            }
        }
    }

    @Test func answersWhatHasBegun() async throws {
        let (begun, hasBegun) = AsyncStream.makeStream(of: Void.self)
        let (gate, openGate) = AsyncStream.makeStream(of: Void.self)
        let handler = ScriptedHandler { request in
            guard request.head.path == "/slow" else { return ScriptedHandler.text("") }
            hasBegun.finish()
            for await _ in gate {}
            return ScriptedHandler.text("done")
        }
        try await withServer(handler) { server in
            try await TestClient.connect(to: server) { client in
                try await client.send("GET /slow HTTP/1.1\r\nHost: a\r\n\r\n")
                for await _ in begun {}
                let drained = Task { await server.drain(within: .seconds(30)) }
                // The door is closed when a new connection is refused or closed unanswered.
                while (try? await answer(of: server)) != nil { await Task.yield() }
                openGate.finish()
                #expect(try await client.response()?.body == "done")
                #expect(try await client.rest() == "")
                await drained.value
            }
        }
    }

    private func answer(of server: HTTPServer) async throws -> Response? {
        var response: Response?
        try await TestClient.connect(to: server) { client in
            try await client.send(get)
            response = try await client.response()
        }
        return response
    }

    @Test func closesAtTheDeadlineWhatIsNotFinished() async throws {
        let (gate, openGate) = AsyncStream.makeStream(of: Void.self)
        let (begun, hasBegun) = AsyncStream.makeStream(of: Void.self)
        let handler = ScriptedHandler { _ in
            hasBegun.finish()
            for await _ in gate {}
            return ScriptedHandler.text("too late")
        }
        try await withServer(handler) { server in
            try await TestClient.connect(to: server) { client in
                try await client.send(get)
                for await _ in begun {}
                await server.drain(within: .milliseconds(20))
                #expect(try await client.rest() == "")
            }
            openGate.finish()
        }
    }
}
