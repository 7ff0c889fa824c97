// RecordJudgingTests.swift — what is ok, missing or different, record by record.

import Crypto
import DNS
import Mail
import Queue
import Testing

@testable import DKIM
@testable import Domains

@Suite struct RecordJudgingTests {
    private func bytes(_ texts: [String]) -> [[UInt8]] { texts.map { Array($0.utf8) } }

    static let dmarc: [([String], RecordStatus)] = [
        ([], .missing),
        (["v=spf1 -all", "v=dmarc1; p=none", "p=none; v=DMARC1"], .missing),
        (["v=DMARC1; p=none"], .ok),
        (["v = DMARC1;\tP = Reject ; rua=mailto:d@a.test"], .ok),
        (["other", "v=DMARC1;p=quarantine;"], .ok),
        (["v=DMARC1"], .differs),
        (["v=DMARC1; p=maybe"], .differs),
        (["v=DMARC1; p="], .differs),
        (["v=DMARC1; p=none; p=reject"], .differs),
        (["v=DMARC1; p=none", "v=DMARC1; p=none"], .differs),
    ]

    @Test(arguments: dmarc) func dmarcRecords(texts: [String], status: RecordStatus) {
        #expect(DMARCPolicies(among: bytes(texts)).verdict(at: "_dmarc.a.test").status == status)
    }

    @Test(arguments: [("_dmarc.a.test", nil), ("_dmarc.b.a.test", "if this is a subdomain")])
    func aSubdomainMayHaveThePolicyOfItsOrganization(name: String, detail: String?) {
        let verdict = DMARCPolicies(among: []).verdict(at: name)
        #expect(verdict.status == .missing)
        #expect(verdict.detail?.prefix(22) == detail.map { $0[...] })
    }

    private func record(
        _ demand: PublishedRecord.Demand, _ kind: RecordKind, among findings: [RecordFinding] = []
    ) -> PublishedRecord {
        PublishedRecord(.init(purpose: .returnPath, kind: kind, name: "b.test"), demand, value: "", among: findings)
    }

    /// Preference and one label each: `10 mx` is `mx.` with preference 10.
    private func mx(_ records: [(UInt8, String)]) -> [[UInt8]] {
        records.map { preference, name in
            [0, preference] + (name.isEmpty ? [] : [UInt8(name.utf8.count)] + Array(name.utf8)) + [0]
        }
    }

    static let exchanges: [([(UInt8, String)], RecordStatus, [String])] = [
        ([(10, "mx")], .ok, ["10 mx"]),
        ([(0, "MX")], .ok, ["0 mx"]),
        ([(20, "other"), (10, "mx")], .ok, ["10 mx", "20 other"]),
        ([(10, "other"), (10, "mx")], .ok, ["10 mx", "10 other"]),
        ([(10, "other"), (20, "mx")], .differs, ["10 other", "20 mx"]),
        ([(10, "other")], .differs, ["10 other"]),
        ([(0, "")], .differs, ["0 ."]),
    ]

    @Test(arguments: exchanges) func mxRecords(records: [(UInt8, String)], status: RecordStatus, found: [String]) {
        let answer = DNSAnswer.records(RecordSet(rdata: mx(records), ttl: 0, isSecure: false))
        let sighting = record(.mx(host: "mx"), .mx).sighting(in: answer)
        #expect(sighting.finding.status == status && sighting.isFresh)
        #expect(sighting.finding.found == found)
    }

    @Test func aKeyRecordIsComparedByItsMeaning() {
        let key = SigningKey.generate(.ed25519SHA256), other = SigningKey.generate(.ed25519SHA256)
        let demand = PublishedRecord.Demand.dkim(DKIMRecord(for: key))
        func finding(_ texts: String...) -> RecordFinding {
            let rdata = texts.map { [UInt8($0.utf8.count)] + Array($0.utf8) }
            return record(demand, .txt).sighting(
                in: .records(RecordSet(rdata: rdata, ttl: 0, isSecure: false))
            ).finding
        }
        #expect(finding("p=\(Base64.encode(key.publicKey)) ; k=ed25519").status == .ok)
        #expect(finding(DKIMRecord(for: other).text).status == .differs)
        #expect(finding(DKIMRecord(for: other).text).found == [DKIMRecord(for: other).text])
        #expect(finding("v=DKIM1; k=ed25519; p=").detail == "its p= tag is empty, which revokes the key")
        #expect(finding(DKIMRecord(for: key).text, DKIMRecord(for: key).text).status == .differs)
    }

    @Test(arguments: [DNSAnswer.noData(ttl: 5), .noSuchDomain(ttl: 5)])
    func nothingThereIsMissing(answer: DNSAnswer) {
        let before = RecordFinding(
            subject: .init(purpose: .returnPath, kind: .txt, name: "b.test"), status: .ok, found: ["x"])
        let sighting = record(.dmarc, .txt, among: [before]).sighting(in: answer)
        #expect(sighting.finding == RecordFinding(subject: before.subject, status: .missing))
        #expect(sighting.holds == false)
    }

    @Test func aLookupThatFailsKeepsWhatWasKnown() {
        let before = RecordFinding(
            subject: .init(purpose: .returnPath, kind: .txt, name: "b.test"), status: .ok, found: ["x"])
        let sighting = record(.dmarc, .txt, among: [before]).sighting(in: .failed(reason: "SERVFAIL"))
        #expect(sighting.finding.status == .ok && sighting.finding.found == ["x"])
        #expect(sighting.finding.detail == "could not be looked up: SERVFAIL")
        #expect(sighting.holds == nil)
    }

    @Test func malformedRecordsAreNone() {
        let set = RecordSet(rdata: [[], [5, 65]], ttl: 0, isSecure: false)
        #expect(record(.dmarc, .txt).sighting(in: .records(set)).finding.status == .missing)
        #expect(record(.mx(host: "mx"), .mx).sighting(in: .records(set)).finding.status == .missing)
    }
}
