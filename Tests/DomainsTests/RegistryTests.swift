// RegistryTests.swift — domains from registration over checks to deletion, against a scripted name server.

import Crypto
import DKIM
import Foundation
import JSON
import Mail
import Queue
import TestSupport
import Testing

@testable import Domains

@Suite struct RegistryTests {
    private let acme = DomainsFixture.acme

    @Test func aNewDomainHasAKeyOfEachAlgorithmAndTellsItsRecords() async throws {
        try await withDomains(bounceDomain: "bounce.test") { house in
            let domain = try await house.create()
            #expect(domain.domain.status == .pending && domain.domain.checkedAt == nil)
            let (rsa, ed25519) = (try domain.selector("r"), try domain.selector("e"))
            #expect(domain.keyStates == ["r publishing", "e publishing"])
            #expect(
                domain.records.map { "\($0.kind.rawValue) \($0.name)" } == [
                    "TXT \(rsa)._domainkey.acme.test", "TXT \(ed25519)._domainkey.acme.test", "TXT acme.test",
                    "TXT _dmarc.acme.test", "MX bounce.test", "TXT bounce.test",
                ])
            #expect(
                domain.records.dropFirst(2).map(\.value) == [
                    "v=spf1 a:mx.postrider.test ~all", "v=DMARC1; p=none", "10 mx.postrider.test",
                    "v=spf1 a:mx.postrider.test ~all",
                ])
            #expect(domain.records[0].value.hasPrefix("v=DKIM1; k=rsa; p=MII"))
            #expect(domain.statuses.allSatisfy { $0.hasSuffix(" missing") })
            #expect(house.dns.questions.isEmpty)
        }
    }

    @Test func theSealedKeyIsTheOneWhoseRecordIsShown() async throws {
        try await withDomains { house in
            for key in try await house.create().domain.keys {
                let opened = try house.secrets.open(key.sealedPrivateKey, for: "dkim:acme.test:\(key.selector)")
                #expect(try SigningKey(pkcs8: opened).publicKey == key.publicKey)
            }
        }
    }

    @Test func noPrivateKeyIsInTheFile() async throws {
        try await withDomains { house in
            let keys = try await house.create().domain.keys.map { key in
                try house.secrets.open(key.sealedPrivateKey, for: "dkim:acme.test:\(key.selector)")
            }
            for name in ["postrider.sqlite", "postrider.sqlite-wal"] {
                let file = try Data(contentsOf: URL(filePath: house.directory + "/" + name))
                for key in keys {
                    // The secret halves are at the end.
                    #expect(file.range(of: Data(key.suffix(32))) == nil)
                    #expect(file.range(of: Data(Base64.encode(key).utf8.suffix(32))) == nil)
                }
            }
        }
    }

    @Test func aNameIsRegisteredOnce() async throws {
        try await withDomains { house in
            let first = try await house.create()
            await #expect(throws: DomainRefusal.alreadyRegistered) { try await house.create() }
            #expect(try house.registry.domain(acme).domain.id == first.domain.id)
        }
    }

    @Test func aDomainIsVerifiedWhenItsRecordsAreThere() async throws {
        try await withDomains(bounceDomain: "bounce.test") { house in
            house.zone.publish(try await house.create(), [.dkim, .returnPath])
            let domain = try await house.registry.verify(acme)
            #expect(domain.keyStates == ["r active", "e active"])
            #expect(
                domain.statuses == [
                    "dkim ok", "dkim ok", "spf missing", "dmarc missing", "return_path ok", "return_path ok",
                ])
            #expect(domain.domain.status == .verified && domain.domain.checkedAt == house.clock.now)
            #expect(house.store.sendingDomains[acme.ofDefaultProject]?.activeKeys.count == 2)
            #expect(try await house.failingEvents().isEmpty)
        }
    }

    /// Whether networks and includes let us send, receivers know; the domain does not wait for a word that never comes.
    @Test(
        arguments: [
            ("v=spf1 ip4:192.0.2.1 -all", SendingDomainStatus.verified), ("v=spf1 redirect=b.test", .verified),
            ("v=spf1 -all", .pending), ("v=spf1 a:mx.postrider.test al", .pending), (nil, .pending),
        ] as [(String?, SendingDomainStatus)])
    func theReturnPathsPolicyIsWrongOnlyForCertain(policy: String?, status: SendingDomainStatus) async throws {
        try await withDomains(bounceDomain: "bounce.test") { house in
            let created = try await house.create()
            house.zone.publish(created, [.dkim])
            let exchange = ScriptedDNS.Record.mx(10, DomainsFixture.host)
            house.zone["bounce.test"] = .records([exchange] + (policy.map { [.txt($0)] } ?? []))
            let domain = try await house.registry.verify(acme)
            #expect(domain.domain.status == status)
            #expect(try domain.record(.returnPath).status == (policy == nil ? .missing : .differs))
            #expect(try (domain.record(.returnPath).detail == nil) == (policy == nil))
        }
    }

    /// Which addresses it sends from is its own affair.
    @Test func withARelayPoliciesNameItAndAreNotNeeded() async throws {
        try await withDomains(bounceDomain: "bounce.test", relay: "a:relay.test") { house in
            let created = try await house.create()
            #expect(try created.record(.spf).value == "v=spf1 a:relay.test ~all")
            #expect(try created.record(.returnPath).value == "v=spf1 a:relay.test ~all")
            house.zone.publish(created, [.dkim])
            house.zone.set("bounce.test", .mx(10, DomainsFixture.host), .txt("v=spf1 -all"))
            #expect(try await house.registry.verify(acme).domain.status == .verified)
        }
    }

    @Test func aBounceDomainThatIsASendingDomainHasOnePolicy() async throws {
        try await withDomains(bounceDomain: "acme.test") { house in
            let created = try await house.create()
            #expect(
                created.records.dropFirst(2).map { "\($0.purpose.rawValue) \($0.kind.rawValue) \($0.name) \($0.value)" }
                    == [
                        "dmarc TXT _dmarc.acme.test v=DMARC1; p=none", "return_path MX acme.test 10 mx.postrider.test",
                        "return_path TXT acme.test v=spf1 a:mx.postrider.test ~all",
                    ])
            let other = try await house.create(Domain(trusted: "other.test"))
            #expect(try other.record(.returnPath).value == created.record(.returnPath).value)
            house.zone.publish(created)
            #expect(try await house.registry.verify(acme).domain.status == .verified)
        }
    }

    @Test func everyCheckAsksAnew() async throws {
        try await withDomains { house in
            let created = try await house.create()
            #expect(try await house.registry.verify(acme).statuses.allSatisfy { $0.hasSuffix("missing") })
            house.zone.publish(created)
            #expect(try await house.registry.verify(acme).statuses.allSatisfy { $0.hasSuffix("ok") })
            house.zone.set("_dmarc.acme.test", .txt("v=DMARC1; p=x"))
            #expect(try await house.registry.verify(acme).record(.dmarc).status == .differs)
        }
    }

    @Test func whatIsFoundInsteadIsShown() async throws {
        try await withDomains(bounceDomain: "bounce.test") { house in
            try await house.create()
            house.zone.set("acme.test", .txt("v=spf1 include:b.test -all"), .txt("unrelated"))
            house.zone.set("bounce.test", .mx(5, "other.test"))
            let domain = try await house.registry.verify(acme)
            #expect(try domain.record(.spf).found == ["v=spf1 include:b.test -all"])
            #expect(
                try domain.record(.spf).detail == "whether it lets a:mx.postrider.test send, only receivers can tell")
            #expect(try domain.record(.returnPath, .mx).found == ["5 other.test"])
        }
    }

    @Test func losingARecordFailsTheDomainOnce() async throws {
        try await withDomains { house in
            let domain = try await house.verified()
            let gone = try domain.record(.dkim)
            house.zone.set(gone.name)
            #expect(try await house.registry.verify(acme).domain.status == .failing)
            #expect(try await house.registry.verify(acme).domain.status == .failing)
            #expect(try await house.failingEvents().count == 1)
            house.zone.publish(domain)
            #expect(try await house.registry.verify(acme).domain.status == .verified)
            house.zone.set(gone.name)
            _ = try await house.registry.verify(acme)
            #expect(try await house.failingEvents().count == 2)
        }
    }

    @Test func theEventShowsTheDomainAsTheCheckLeftIt() async throws {
        try await withDomains { house in
            let domain = try await house.verified()
            house.zone.set(try domain.record(.dkim).name)
            let after = try await house.registry.verify(acme)
            let event = try #require(try await house.failingEvents().first)
            let data = try JSONValue(parsing: Array(try #require(event.data).utf8))
            var writer = JSONWriter()
            writer.value(after)
            #expect(try data.object?["domain"] == JSONValue(parsing: writer.bytes))
            #expect(data.object?["domain"]?.object?["status"] == .string("failing"))
        }
    }

    @Test func aNameServerThatFailsChangesNothing() async throws {
        try await withDomains { house in
            let domain = try await house.verified()
            for record in domain.records { house.zone[record.name] = .serverFailure }
            let after = try await house.registry.verify(acme)
            #expect(after.domain.status == .verified)
            #expect(after.statuses.allSatisfy { $0.hasSuffix(" ok") })
            #expect(after.records.allSatisfy { $0.detail?.hasPrefix("could not be looked up: ") == true })
            #expect(after.records.map(\.found) == domain.records.map(\.found))
        }
    }

    @Test func whatIsNotThereIsSaidToBeSo() async throws {
        try await withDomains { house in
            await #expect(throws: DomainRefusal.noSuchDomain) { try await house.registry.verify(acme) }
            await #expect(throws: DomainRefusal.noSuchDomain) { try await house.registry.delete(acme) }
            try await house.create()
            await #expect(throws: DomainRefusal.noSuchKey) { try await house.registry.activate("x", of: acme) }
            await #expect(throws: DomainRefusal.noSuchKey) { try await house.registry.deleteKey("x", of: acme) }
            #expect(try await house.registry.delete(acme).domain.name == acme)
            #expect(throws: DomainRefusal.noSuchDomain) { try house.registry.domain(acme) }
        }
    }
}
