// HealthcheckTests.swift — `postrider healthcheck` against a scripted server.

import Address
import Settings
import TestSupport
import Testing

@testable import Console

@Suite(.timeLimit(.minutes(5)))
struct HealthcheckTests {
    @Test(arguments: [IPAddress.v4(0x7F00_0001), .v6(1)])
    func aReadyServiceIsASuccess(ip: IPAddress) async throws {
        let service = try ScriptedService(.json(#"{"status":"ok"}"#), on: ip)
        let run = await CommandRun.of("healthcheck", at: service)
        #expect(run.status == 0 && run.output.isEmpty && run.message.isEmpty)
        #expect(service.requests.map(\.line) == ["GET /readyz HTTP/1.1"])
    }

    @Test func anyOtherAnswerIsAFailureWithoutAnotherTry() async throws {
        let service = try ScriptedService(.json(#"{"status":"full"}"#, status: 503))
        let run = await CommandRun.of("healthcheck", "--json", at: service)
        #expect(run.status == 1 && run.message.hasSuffix("/readyz answers 503"))
        #expect(run.output == #"{"status":"full"}"# + "\n" && run.pauses.isEmpty)
    }

    /// Another server may have the port.
    @Test(arguments: ["", "<p>It works!</p>", "{}", #"{"status":"UP"}"#, #"["ok"]"#])
    func whatPostriderWouldNotSayIsAFailure(body: String) async throws {
        let service = try ScriptedService(.whole(body))
        let run = await CommandRun.of("healthcheck", at: service)
        #expect(run.status == 1 && run.message.hasSuffix("/readyz answers 200, and nothing that Postrider would say"))
    }

    @Test(arguments: [[], ["HTTP/1.1 2"], ["220 mail.example ESMTP\r\n"], ["HTTP/1.1 abc\r\n"]])
    func whatIsNoHTTPIsAFailure(pieces: [String]) async throws {
        let service = try ScriptedService(.init(pieces: pieces))
        #expect(await CommandRun.of("healthcheck", at: service).status == 1)
    }

    @Test func nobodyListeningIsAFailure() async throws {
        let run = await CommandRun.of("healthcheck")
        #expect(run.status == 1 && run.message.hasSuffix("is it running?"))
    }

    @Test(arguments: [("0.0.0.0", "127.0.0.1"), ("::", "::1"), ("192.0.2.1", "192.0.2.1")])
    func aListenerOnAllAddressesIsFoundOnLoopback(listening: String, found: String) throws {
        let listen = TransportAddress(ip: try #require(IPAddress(listening)), port: 8080)
        #expect(listen.reachable.ip == IPAddress(found))
    }
}
