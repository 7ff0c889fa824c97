// RecordTextTests.swift — what strangers publish, as it is shown and kept: in print, and not too much of it.

import Crypto
import DNS
import Mail
import Queue
import Testing

@testable import Domains

@Suite struct RecordTextTests {
    @Test(arguments: [
        ([0x61, 0x20, 0x7E], "a ~"), ([0x00, 0x0A, 0xE0, 0x7F], "\\000\\010\\224\\127"), ([0x5C], "\\\\"),
    ])
    func whatIsFoundIsShownInPrint(text: [UInt8], shown: String) {
        #expect(RecordText.shown(text) == shown)
    }

    @Test func whatIsFoundIsCut() {
        let long = [UInt8](repeating: 0x61, count: 60_000)
        #expect(RecordText.shown([[UInt8]](repeating: long, count: 500)).count == 3)
        #expect(RecordText.shown(long) == String(repeating: "a", count: 450) + "…")
        #expect(RecordText.shown([UInt8](repeating: 0x61, count: 450)) == String(repeating: "a", count: 450))
    }

    /// Each byte takes four; none is cut in the middle.
    @Test(arguments: [UInt8(0), 0x5C, 0xFF]) func theCutIsOfWhatIsShown(byte: UInt8) {
        let shown = RecordText.shown([UInt8](repeating: byte, count: 60_000))
        #expect(shown.hasSuffix("…") && shown.dropLast().utf8.count <= 450)
        #expect(shown.dropLast().utf8.count % (byte == 0x5C ? 2 : 4) == 0)
    }

    /// All that one domain can be made to show, in the answer and in its event.
    @Test func hostileRecordsDoNotMakeADomainLarge() async throws {
        try await withDomains(bounceDomain: "bounce.test") { house in
            _ = try await house.verified()
            _ = try await house.registry.addKeys(
                [SignatureAlgorithm](repeating: .ed25519SHA256, count: 18), to: DomainsFixture.acme)
            for record in try house.registry.domain(DomainsFixture.acme).records {
                let text = "v=spf1 " + String(repeating: "\\\"", count: 1500)
                house.zone.set(record.name, .txt(text), .txt(text + "a"), .txt(text + "b"), .txt(text + "c"))
            }
            let after = try await house.registry.verify(DomainsFixture.acme)
            #expect(after.domain.status == .failing)
            #expect(after.records.allSatisfy { $0.found.count <= 3 })
            #expect(after.records.contains { $0.found.count == 3 })
            #expect(after.eventData.utf8.count < 100_000)
        }
    }
}
