// SendingDomainDeskTests.swift — `postrider domain …` against a running house and a scripted name server.

import Foundation
import JSON
import Settings
import Synchronization
import TestSupport
import Testing

@testable import postrider

/// A zone that takes what the commands print.
private final class Zone: Sendable {
    private let texts = Mutex<[String: String]>([:])

    /// Lines of a zone file; comments are left out.
    func publish(_ lines: String) {
        for line in lines.split(separator: "\n") where !line.hasPrefix(";") {
            let parts = line.split(separator: " ", maxSplits: 3)
            texts.withLock { $0[String(parts[0].dropLast())] = parts[3].split(separator: "\"").joined() }
        }
    }

    func answer(_ question: ScriptedDNS.Question) -> ScriptedDNS.Answer {
        let text = texts.withLock { $0[question.name] }
        return .records(text.map { [.txt($0.replacing("\" \"", with: ""))] } ?? [])
    }
}

@Suite(.timeLimit(.minutes(2)))
struct SendingDomainDeskTests {
    /// Runs what blocks on a thread of its own.
    private func run<Value: Sendable>(_ work: @escaping @Sendable () throws -> Value) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            Thread.detachNewThread { continuation.resume(with: Result { try work() }) }
        }
    }

    private func withDesk(_ test: (SendingDomainDesk, Zone) async throws -> Void) async throws {
        let zone = Zone()
        let dns = try ScriptedDNS { zone.answer($0) }
        try await withHouse(["dns.servers": dns.server, "hostname": "mx.postrider.test"]) { house in
            let settings = try Settings.load(
                flags: ["http.listen": "127.0.0.1:\(house.client.port)"], environment: [:], file: nil)
            try await test(SendingDomainDesk(client: APIClient(settings)), zone)
        }
    }

    @Test func aDomainIsAddedPublishedAndVerified() async throws {
        try await withDesk { desk, zone in
            let added = try await run { try desk.add("acme.test") }
            let lines = added.split(separator: "\n")
            #expect(lines.count == 5)
            #expect(lines.count { $0.contains("._domainkey.acme.test. IN TXT \"v=DKIM1; k=") } == 2)
            #expect(added.contains("acme.test. IN TXT \"v=spf1 a:mx.postrider.test ~all\"\n"))
            #expect(added.contains("_dmarc.acme.test. IN TXT \"v=DMARC1; p=none\"\n"))
            #expect(try await run { try desk.list() } == "pending\tacme.test\n")
            let missing = try await run { try desk.verified("acme.test") }
            #expect(missing.status == "pending" && missing.findings.contains("missing\tdkim\tTXT\t"))
            zone.publish(added)
            let verified = try await run { try desk.verified("ACME.test") }
            #expect(verified.status == "verified")
            #expect(verified.findings.split(separator: "\n").allSatisfy { $0.hasPrefix("ok\t") })
            #expect(try await run { try desk.domain("acme.test").zone() } + lines[4] + "\n" == added)
        }
    }

    /// The second `rotate` shows the keys of the first again.
    @Test func newKeysSignOnceTheirRecordsArePublished() async throws {
        try await withDesk { desk, zone in
            zone.publish(try await run { try desk.add("acme.test") })
            _ = try await run { try desk.verified("acme.test") }
            let rotated = try await run { try desk.rotate("acme.test") }
            #expect(rotated.split(separator: "\n").count { $0.contains("._domainkey.acme.test. IN TXT") } == 2)
            let again = try await run { try desk.rotate("acme.test") }
            #expect(again == rotated)
            let refusal = await #expect(throws: CommandFailure.self) {
                try await run { try desk.activate("acme.test") }
            }
            #expect(refusal?.description.contains("missing\tdkim\tTXT\t") == true)
            zone.publish(rotated)
            let activated = try await run { try desk.activate("acme.test") }
            #expect(activated.split(separator: "\n").count { $0.hasSuffix(" signs now") } == 2)
            let waiting = try await run { try desk.domain("acme.test").waitingKeys.count }
            #expect(waiting == 0)
        }
    }

    @Test func ofTwoNewKeysTheOneThatIsPublishedSigns() async throws {
        try await withDesk { desk, zone in
            zone.publish(try await run { try desk.add("acme.test") })
            _ = try await run { try desk.verified("acme.test") }
            let rotated = try await run { try desk.rotate("acme.test") }
            let rsa = try #require(rotated.split(separator: "\n").first { $0.contains("k=rsa") })
            zone.publish(String(rsa))
            let activated = try await run { try desk.activate("acme.test") }
            let selector = rsa.prefix { $0 != "." }
            #expect(activated == "\(selector) signs now\n")
        }
    }

    @Test func whatTheServiceRefusesIsTheFailure() async throws {
        try await withDesk { desk, _ in
            let unknown = await #expect(throws: CommandFailure.self) { try await run { try desk.domain("no.test") } }
            #expect(unknown?.description == "There is no such domain.")
            let wrong = await #expect(throws: CommandFailure.self) { try await run { try desk.add("acme") } }
            #expect(wrong?.description.contains("no dot") == true)
        }
    }

    @Test func nobodyListening() async throws {
        let settings = try Settings.load(flags: ["http.listen": "127.0.0.1:1"], environment: [:], file: nil)
        let desk = SendingDomainDesk(client: try APIClient(settings))
        let failure = await #expect(throws: CommandFailure.self) { try await run { try desk.list() } }
        #expect(failure?.description.contains("is it running?") == true)
    }
}
