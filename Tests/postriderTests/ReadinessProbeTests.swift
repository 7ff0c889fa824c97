// ReadinessProbeTests.swift — the health check against a scripted server.

import Address
import Glibc
import Settings
import Testing

@testable import postrider

@Suite struct ReadinessProbeTests {
    private static let loopback = IPAddress.v4(0x7F00_0001)

    /// Probes a server that answers its one connection with `pieces` and hangs up.
    private func probe(_ address: IPAddress, answering pieces: [String]) throws -> (status: Int, request: String) {
        let server = try OneAnswerServer(on: address, pieces: pieces)
        let status = try ReadinessProbe(address: server.address, timeoutSeconds: 5).status()
        return (status, server.request())
    }

    @Test(arguments: [loopback, .v6(1)])
    func readsTheStatus(address: IPAddress) throws {
        let (status, request) = try probe(address, answering: ["HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"])
        #expect(status == 200)
        #expect(request.hasPrefix("GET /readyz HTTP/1.1\r\nHost: "))
        #expect(request.hasSuffix("\r\nConnection: close\r\n\r\n"))
    }

    @Test func readsAStatusThatComesInPieces() throws {
        #expect(try probe(Self.loopback, answering: ["HTTP/1", ".1 5", "03 Service Unavailable\r\n"]).status == 503)
    }

    @Test(arguments: [[], ["HTTP/1.1 2"], ["220 mail.example ESMTP\r\n"], ["HTTP/1.1 abc\r\n"]])
    func anythingElseFails(pieces: [String]) {
        #expect(throws: CommandFailure.self) { try probe(Self.loopback, answering: pieces) }
    }

    @Test func aClosedPortFails() throws {
        let server = try OneAnswerServer(on: Self.loopback, pieces: [])
        _ = try? ReadinessProbe(address: server.address).status()
        _ = server.request()
        #expect(throws: CommandFailure.self) { try ReadinessProbe(address: server.address).status() }
    }

    @Test(arguments: [("0.0.0.0", "127.0.0.1"), ("::", "::1"), ("192.0.2.1", "192.0.2.1")])
    func aListenerOnAllAddressesIsFoundOnLoopback(listening: String, found: String) throws {
        let listen = TransportAddress(ip: try #require(IPAddress(listening)), port: 8080)
        #expect(listen.reachable.ip == IPAddress(found))
    }
}
