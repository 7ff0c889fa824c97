// DomainCommandTests.swift — `postrider domain …` against a running house and a scripted name server.

import Foundation
import JSON
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
struct DomainCommandTests {
    private func withZone(_ test: (OpenHouse, Zone) async throws -> Void) async throws {
        let zone = Zone()
        let dns = try ScriptedDNS { zone.answer($0) }
        try await withHouse(["dns.servers": dns.server, "hostname": "mx.postrider.test"]) { house in
            try await test(house, zone)
        }
    }

    @Test func aDomainIsAddedPublishedAndVerified() async throws {
        try await withZone { house, zone in
            let added = await HouseCommand.run("domain", "add", "acme.test", at: house).output
            let lines = added.split(separator: "\n")
            try #require(lines.count == 5)
            #expect(lines.count { $0.contains("._domainkey.acme.test. IN TXT \"v=DKIM1; k=") } == 2)
            #expect(added.contains("acme.test. IN TXT \"v=spf1 a:mx.postrider.test ~all\"\n"))
            #expect(added.contains("_dmarc.acme.test. IN TXT \"v=DMARC1; p=none\"\n"))
            let list = await HouseCommand.run("domain", "list", at: house).output
            #expect(list == "STATUS   NAME       CHECKED\npending  acme.test  -\n")
            let missing = await HouseCommand.run("domain", "verify", "acme.test", at: house)
            #expect(missing.status == 1 && missing.message == "acme.test is pending")
            #expect(missing.output.contains("missing\tdkim\tTXT\t"))
            zone.publish(added)
            let verified = await HouseCommand.run("domain", "verify", "ACME.test", at: house)
            #expect(verified.status == 0)
            #expect(verified.output.split(separator: "\n").allSatisfy { $0.hasPrefix("ok\t") })
            #expect(await HouseCommand.run("domain", "dns", "acme.test", at: house).output + lines[4] + "\n" == added)
            let json = await HouseCommand.run("domain", "dns", "acme.test", "--json", at: house).output
            #expect(try JSONValue(parsing: Array(json.utf8)).object?["status"] == .string("verified"))
        }
    }

    /// The second `rotate` shows the keys of the first again.
    @Test func newKeysSignOnceTheirRecordsArePublished() async throws {
        try await withZone { house, zone in
            zone.publish(await HouseCommand.run("domain", "add", "acme.test", at: house).output)
            _ = await HouseCommand.run("domain", "verify", "acme.test", at: house)
            let rotated = await HouseCommand.run("domain", "rotate", "acme.test", at: house).output
            #expect(rotated.split(separator: "\n").count { $0.contains("._domainkey.acme.test. IN TXT") } == 2)
            #expect(await HouseCommand.run("domain", "rotate", "acme.test", at: house).output == rotated)
            let refusal = await HouseCommand.run("domain", "rotate", "acme.test", "--activate", at: house)
            #expect(refusal.status == 1 && refusal.message.contains("missing\tdkim\tTXT\t"))
            zone.publish(rotated)
            let activated = await HouseCommand.run("domain", "rotate", "acme.test", "--activate", at: house).output
            #expect(activated.split(separator: "\n").count { $0.hasSuffix(" signs now") } == 2)
            let keys = try await house.client.get("/v1/domains/acme.test")["dkim_keys"].array ?? []
            #expect(keys.count { $0.object?["state"] == .string("publishing") } == 0)
        }
    }

    @Test func ofTwoNewKeysTheOneThatIsPublishedSigns() async throws {
        try await withZone { house, zone in
            zone.publish(await HouseCommand.run("domain", "add", "acme.test", at: house).output)
            _ = await HouseCommand.run("domain", "verify", "acme.test", at: house)
            let rotated = await HouseCommand.run("domain", "rotate", "acme.test", at: house).output
            let rsa = try #require(rotated.split(separator: "\n").first { $0.contains("k=rsa") })
            zone.publish(String(rsa))
            let activated = await HouseCommand.run("domain", "rotate", "acme.test", "--activate", at: house).output
            #expect(activated == "\(rsa.prefix { $0 != "." }) signs now\n")
        }
    }

    @Test func whatTheServiceRefusesIsTheFailure() async throws {
        try await withZone { house, _ in
            let unknown = await HouseCommand.run("domain", "dns", "no.test", at: house)
            #expect(unknown.status == 1 && unknown.message == "Not found: There is no such domain.")
            #expect(await HouseCommand.run("domain", "add", "acme", at: house).message.contains("no dot"))
        }
    }

    @Test func aDomainIsRemoved() async throws {
        try await withZone { house, _ in
            _ = await HouseCommand.run("domain", "add", "acme.test", at: house)
            let removed = await HouseCommand.run("domain", "remove", "acme.test", at: house)
            #expect(removed.output == "acme.test is removed\n")
            #expect(await HouseCommand.run("domain", "list", at: house).output == "no domains\n")
        }
    }
}
