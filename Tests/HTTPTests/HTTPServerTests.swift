// HTTPServerTests.swift — the server over real sockets: what a client sees.

import Foundation
import HTTP
import HTTPTypes
import NIOPosix
import Testing

private func get(_ path: String) -> String { "GET \(path) HTTP/1.1\r\nHost: a.test\r\n\r\n" }

@Suite(.timeLimit(.minutes(5)))
struct HTTPServerTests {
    @Test func addsTheFieldsThatAreItsOwn() async throws {
        try await withServer { server in
            try await TestClient.connect(to: server) { client in
                try await client.send("GET /a HTTP/1.1\r\nHost: a\r\nRequest-Id: mine\r\n\r\n")
                let response = try #require(try await client.response())
                #expect(response.status == 200)
                #expect(response.body == "GET /a 0")
                #expect(response.fields["content-length"] == "8")
                #expect(response.fields["content-type"] == "text/plain")
                #expect(response.fields["date"]?.hasSuffix(" GMT") == true)
                #expect(response.fields["connection"] == nil)
                let id = try #require(response.fields["request-id"])
                #expect(id.hasPrefix("req_") && id.utf8.count == 20)
            }
        }
    }

    @Test func keepsTheConnection() async throws {
        try await withServer { server in
            try await TestClient.connect(to: server) { client in
                var ids: Set<String> = []
                for path in ["/1", "/2", "/3"] {
                    try await client.send(get(path))
                    let response = try #require(try await client.response())
                    #expect(response.body == "GET \(path) 0")
                    ids.insert(try #require(response.fields["request-id"]))
                }
                #expect(ids.count == 3)
            }
        }
    }

    @Test(arguments: ["GET / HTTP/1.0\r\n\r\n", "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"])
    func closesWhenAskedTo(request: String) async throws {
        try await withServer { server in
            try await TestClient.connect(to: server) { client in
                try await client.send(request + get("/ignored"))
                #expect(try await client.response()?.fields["connection"] == "close")
                #expect(try await client.rest() == "")
            }
        }
    }

    @Test func answersPipelinedRequestsInOrder() async throws {
        let handler = ScriptedHandler { request in
            for _ in 0..<Int.random(in: 0...3) { await Task.yield() }
            return ScriptedHandler.text(request.head.path ?? "")
        }
        try await withServer(handler) { server in
            try await TestClient.connect(to: server) { client in
                try await client.send((0..<50).map { get("/\($0)") }.joined())
                for number in 0..<50 { #expect(try await client.response()?.body == "/\(number)") }
            }
        }
    }

    @Test func answersMorePipelinedRequestsThanItBuffers() async throws {
        try await withServer { server in
            try await TestClient.connect(to: server) { client in
                try await client.send(String(repeating: get("/"), count: 2_500))
                client.endInput()
                let answers = try await client.rest()
                #expect(answers.components(separatedBy: "HTTP/1.1 200").count - 1 == 2_500)
            }
        }
    }

    @Test func runsTheHandlerOnTheEventLoopAlsoAfterASuspension() async throws {
        let handler = ScriptedHandler { _ in
            let before = MultiThreadedEventLoopGroup.currentEventLoop
            await Task.detached {}.value
            let after = MultiThreadedEventLoopGroup.currentEventLoop
            return ScriptedHandler.text(before != nil && before === after ? "same" : "another")
        }
        try await withServer(handler) { server in
            try await TestClient.connect(to: server) { client in
                try await client.send(get("/"))
                #expect(try await client.response()?.body == "same")
            }
        }
    }

    @Test func readsLargeBodies() async throws {
        try await withServer { server in
            try await TestClient.connect(to: server) { client in
                let chunk = "40000\r\n" + String(repeating: "x", count: 256 << 10) + "\r\n"
                try await client.send("POST /c HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n")
                for _ in 0..<4 { try await client.send(chunk) }
                try await client.send("0\r\n\r\nPOST /l HTTP/1.1\r\nHost: a\r\nContent-Length: 1048576\r\n\r\n")
                try await client.send(String(repeating: "x", count: 1 << 20))
                #expect(try await client.response()?.body == "POST /c 1048576")
                #expect(try await client.response()?.body == "POST /l 1048576")
            }
        }
    }

    @Test func continuesWhenTheClientWaits() async throws {
        try await withServer { server in
            try await TestClient.connect(to: server) { client in
                try await client.send("POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n")
                #expect(try await client.response()?.status == 100)
                try await client.send("ok")
                #expect(try await client.response()?.body == "POST / 2")
            }
        }
    }

    @Test func sendsNoBodyForHead() async throws {
        try await withServer { server in
            try await TestClient.connect(to: server) { client in
                try await client.send("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n" + get("/2"))
                #expect(try await client.response(toHead: true)?.fields["content-length"] == "8")
                #expect(try await client.response()?.body == "GET /2 0")
            }
        }
    }

    @Test func sendsNoLengthWhereThereIsNoContent() async throws {
        let handler = ScriptedHandler { _ in HTTPServerResponse(head: HTTPResponse(status: .noContent)) }
        try await withServer(handler) { server in
            try await TestClient.connect(to: server) { client in
                try await client.send(get("/"))
                let response = try #require(try await client.response())
                #expect(response.status == 204)
                #expect(response.fields["content-length"] == nil)
            }
        }
    }

    @Test func refusesInTheHandlersWordsAndCloses() async throws {
        try await withServer { server in
            try await TestClient.connect(to: server) { client in
                try await client.send("GET / HTTP/1.1\r\n\r\n" + get("/smuggled"))
                let response = try #require(try await client.response())
                #expect(response.status == 400)
                #expect(response.body == "There must be one Host field.")
                #expect(response.fields["connection"] == "close")
                #expect(response.fields["request-id"] != nil)
                #expect(try await client.rest() == "")
            }
        }
    }

    @Test func letsTheRefusalOfALargeBodyBeRead() async throws {
        var configuration = HTTPServer.Configuration()
        configuration.limits.maxBody = 1000
        configuration.deadlines.linger = .seconds(60)
        try await withServer(.echo, configuration) { server in
            try await TestClient.connect(to: server) { client in
                try await client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 300000\r\n\r\n")
                try await client.send(String(repeating: "x", count: 300_000))
                #expect(try await client.response()?.status == 413)
                #expect(try await client.rest() == "")
            }
        }
    }

    @Test func answersAClientThatHasClosedItsSide() async throws {
        try await withServer { server in
            try await TestClient.connect(to: server) { client in
                try await client.send(get("/1") + get("/2") + "GET /half")
                client.endInput()
                #expect(try await client.response()?.body == "GET /1 0")
                #expect(try await client.response()?.body == "GET /2 0")
                #expect(try await client.response()?.status == 400)
                #expect(try await client.rest() == "")
            }
        }
    }

    @Test func finishesTheWorkOfAClientThatHasGone() async throws {
        let (begun, hasBegun) = AsyncStream.makeStream(of: Void.self)
        let (gone, isGone) = AsyncStream.makeStream(of: Void.self)
        let (finished, hasFinished) = AsyncStream.makeStream(of: Void.self)
        let handler = ScriptedHandler { _ in
            hasBegun.finish()
            for await _ in gone {}
            hasFinished.yield()
            hasFinished.finish()
            return ScriptedHandler.text("too late")
        }
        try await withServer(handler) { server in
            try await TestClient.connect(to: server) { client in
                try await client.send(get("/"))
                for await _ in begun {}
            }
            isGone.finish()
            var count = 0
            for await _ in finished { count += 1 }
            #expect(count == 1)
        }
    }

    @Test func acceptsNoMoreThanItsLimit() async throws {
        var configuration = HTTPServer.Configuration()
        configuration.limits.connections = 1
        let (paths, path) = AsyncStream.makeStream(of: String.self)
        let handler = ScriptedHandler { request in
            path.yield(request.head.path ?? "")
            return ScriptedHandler.text("")
        }
        try await withServer(handler, configuration) { server in
            try await TestClient.connect(to: server) { first in
                try await first.send(get("/1"))
                _ = try await first.response()
                try await TestClient.connect(to: server) { second in
                    try await second.send(get("/second"))
                    for number in 2...20 {
                        try await first.send(get("/\(number)"))
                        #expect(try await first.response() != nil)
                    }
                    first.endInput()
                    #expect(try await first.rest() == "")
                    #expect(try await second.response()?.status == 200)
                }
            }
        }
        path.finish()
        #expect(await paths.reduce(into: []) { $0.append($1) } == (1...20).map { "/\($0)" } + ["/second"])
    }
}
