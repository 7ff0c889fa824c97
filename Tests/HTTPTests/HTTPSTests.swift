// HTTPSTests.swift — the server behind TLS, over real sockets: what holds in clear text holds here, and the handshake.

import HTTP
import HTTPTypes
import NIOCore
import TLS
import TestSupport
import Testing

private let get = "GET /a HTTP/1.1\r\nHost: a.test\r\n\r\n"

@Suite(.timeLimit(.minutes(5)))
struct HTTPSTests {
    private let files: CertificateFiles
    private let identity: ServerIdentity
    private var configuration = HTTPServer.Configuration()

    init() throws {
        files = try CertificateFiles()
        identity = try ServerIdentity(certificateChain: files.certificate, privateKey: files.key)
        configuration.identity = identity
    }

    @Test func answersOneRequestAfterTheOther() async throws {
        try await withServer(.echo, configuration) { server in
            try await TestClient.connect(to: server, by: .client()) { client in
                for _ in 1...3 {
                    try await client.send(get)
                    #expect(try await client.response()?.body == "GET /a 0")
                }
            }
        }
    }

    @Test func tellsTheHandlerTheScheme() async throws {
        let handler = ScriptedHandler { ScriptedHandler.text($0.head.scheme ?? "none") }
        try await withServer(handler, configuration) { server in
            try await TestClient.connect(to: server, by: .client()) { client in
                try await client.send("GET https://a.test/a HTTP/1.1\r\nHost: a.test\r\n\r\n")
                #expect(try await client.response()?.body == "https")
            }
        }
    }

    @Test func carriesLargeBodiesBothWays() async throws {
        let handler = ScriptedHandler { HTTPServerResponse(head: HTTPResponse(status: .ok), body: $0.body) }
        let body = String(repeating: "0123456789abcdef", count: 1 << 16)
        try await withServer(handler, configuration) { server in
            try await TestClient.connect(to: server, by: .client()) { client in
                try await client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: \(body.utf8.count)\r\n\r\n")
                try await client.send(body)
                #expect(try await client.response()?.body == body)
            }
        }
    }

    @Test func answersAClientThatHasClosedItsSide() async throws {
        try await withServer(.echo, configuration) { server in
            try await TestClient.connect(to: server, by: .client()) { client in
                try await client.send(get)
                client.endInput()
                #expect(try await client.response()?.body == "GET /a 0")
                #expect(try await client.rest() == "")
            }
        }
    }

    @Test func letsTheRefusalOfALargeBodyBeRead() async throws {
        var configuration = configuration
        configuration.limits.maxBody = 1000
        configuration.deadlines.linger = .seconds(60)
        try await withServer(.echo, configuration) { server in
            try await TestClient.connect(to: server, by: .client()) { client in
                try await client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 300000\r\n\r\n")
                try await client.send(String(repeating: "x", count: 300_000))
                #expect(try await client.response()?.status == 413)
                #expect(try await client.rest() == "")
            }
        }
    }

    @Test(arguments: ["GET / HTTP/1.1\r\nHost: a\r\n\r\n", "hello\r\n"])
    func tellsAClientInClearTextThatThisIsHTTPS(words: String) async throws {
        try await withServer(.echo, configuration) { server in
            try await TestClient.connect(to: server) { client in
                try await client.send(words)
                let answer = try #require(try await client.response())
                #expect(answer.status == 400)
                #expect(answer.body == "This port speaks HTTPS; ask it by https://.")
                #expect(try await client.rest() == "")
            }
        }
    }

    @Test func closesOnABrokenHandshake() async throws {
        try await withServer(.echo, configuration) { server in
            try await TestClient.connect(to: server) { client in
                try await client.send("\u{16}\u{03}\u{01}\u{00}\u{05}hello")
                // No more than the alert that says why (RFC 8446 §6).
                #expect(try await client.rest().utf8.count <= 7)
            }
        }
    }

    @Test(arguments: ["", "\u{16}", "\u{16}\u{03}\u{01}"])
    func doesNotWaitLongForAHandshake(beginning: String) async throws {
        var configuration = configuration
        configuration.deadlines.handshake = .milliseconds(30)
        try await withServer(.echo, configuration) { server in
            try await TestClient.connect(to: server) { client in
                if !beginning.isEmpty { try await client.send(beginning) }
                // Who is late with reading may be answered with a reset.
                let received = (try? await client.rest()) ?? ""
                #expect(received == "")
            }
        }
    }

    @Test func afterTheHandshakeItIsPatientAgain() async throws {
        var configuration = configuration
        configuration.deadlines.handshake = .seconds(30)
        configuration.deadlines.idle = .milliseconds(30)
        try await withServer(.echo, configuration) { server in
            try await TestClient.connect(to: server, by: .client()) { client in
                let received = try await client.rest()
                #expect(received == "")
            }
        }
    }

    @Test func aClientThatHangsUpInTheHandshakeIsForgotten() async throws {
        try await withServer(.echo, configuration) { server in
            try await TestClient.connect(to: server) { client in
                try await client.send("\u{16}\u{03}\u{01}")
                client.endInput()
                #expect(try await client.rest() == "")
            }
        }
    }

    /// New connections all the while, and one that stays open from before.
    @Test func readsTheCertificateAgainUnderLoad() async throws {
        let (files, identity) = (files, identity)
        try await withServer(.echo, configuration) { server in
            try await TestClient.connect(to: server, by: .client()) { old in
                try await old.send(get)
                _ = try await old.response()
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for _ in 1...4 { group.addTask { try await ask(server, times: 10) } }
                    group.addTask {
                        for _ in 1...10 {
                            try files.renew()
                            try identity.reload()
                            try await ask(server, times: 1)
                        }
                    }
                    try await group.waitForAll()
                }
                try await old.send(get)
                #expect(try await old.response()?.body == "GET /a 0")
            }
        }
    }

    private func ask(_ server: HTTPServer, times: Int) async throws {
        for _ in 1...times {
            try await TestClient.connect(to: server, by: .client()) { client in
                try await client.send(get)
                #expect(try await client.response()?.body == "GET /a 0")
            }
        }
    }

    @Test func drainsToo() async throws {
        try await withServer(.echo, configuration) { server in
            try await TestClient.connect(to: server, by: .client()) { client in
                try await client.send(get)
                #expect(try await client.response()?.status == 200)
                await server.drain(within: .seconds(30))
                #expect(try await client.rest() == "")
            }
        }
    }
}
