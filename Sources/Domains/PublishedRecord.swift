// PublishedRecord.swift — a DNS record that a sending domain should have, and what was last seen of it.

import Crypto
import DKIM
import Mail
import Queue

package struct PublishedRecord: Sendable {
    /// What the record must say; there is more than one way to say it.
    enum Demand: Sendable {
        case dkim(DKIMRecord)
        /// A policy that passes the sender, an SPF mechanism in lower case.
        case spf(sender: String)
        /// Any valid policy.
        case dmarc
        /// `host` is the best exchange, or one of the best.
        case mx(host: String)
    }

    let subject: RecordFinding.Subject
    let demand: Demand
    /// The data to publish.
    package let value: String
    /// By the domain's status, whichever keys it has.
    var isNeeded = false
    /// Nil before the first lookup that told something or failed.
    private let finding: RecordFinding?

    init(_ subject: RecordFinding.Subject, _ demand: Demand, value: String, among findings: [RecordFinding]) {
        (self.subject, self.demand, self.value) = (subject, demand, value)
        finding = findings.first { $0.subject == subject }
    }

    package var purpose: RecordPurpose { subject.purpose }
    package var kind: RecordKind { subject.kind }
    /// Lower case, without a final dot.
    package var name: String { subject.name }
    package var status: RecordStatus { finding?.status ?? .missing }
    package var found: [String] { finding?.found ?? [] }
    /// Why it is not ok, or could not be looked up.
    package var detail: String? { finding?.detail }
}

extension SendingDomain {
    /// Every record that it should have, those of its keys first.
    func records(_ settings: DomainSettings) -> [PublishedRecord] {
        var records = keys.compactMap(record)
        // The same everywhere: the bounce domain may be a sending domain too.
        let policy = "v=spf1 \(settings.sender) ~all", spf = PublishedRecord.Demand.spf(sender: settings.sender)
        // A name has one SPF record at most (RFC 7208 §3.2).
        if settings.bounceDomain != name { records.append(txt(.spf, name.ascii, spf, policy)) }
        records.append(txt(.dmarc, "_dmarc.\(name)", .dmarc, "v=DMARC1; p=none"))
        guard let bounceDomain = settings.bounceDomain else { return records }
        let mx = RecordFinding.Subject(purpose: .returnPath, kind: .mx, name: bounceDomain.ascii)
        var exchange = PublishedRecord(
            mx, .mx(host: settings.hostname), value: "10 \(settings.hostname)", among: findings)
        exchange.isNeeded = true
        var path = txt(.returnPath, bounceDomain.ascii, spf, policy)
        path.isNeeded = settings.relayMechanism == nil
        return records + [exchange, path]
    }

    private func record(of key: DKIMKeyRow) -> PublishedRecord? {
        guard let algorithm = SignatureAlgorithm(rawValue: key.algorithm) else { return nil }
        let record = DKIMRecord(algorithm: algorithm, publicKey: key.publicKey)
        return txt(.dkim, recordName(of: key), .dkim(record), record.text)
    }

    func recordName(of key: DKIMKeyRow) -> String { DKIMRecord.name(selector: key.selector, domain: name) }

    private func txt(
        _ purpose: RecordPurpose, _ name: String, _ demand: PublishedRecord.Demand, _ value: String
    ) -> PublishedRecord {
        PublishedRecord(.init(purpose: purpose, kind: .txt, name: name), demand, value: value, among: findings)
    }
}
