// PublishedRecord+Judging.swift — holds what DNS answered against what a record must say.

import DKIM
import DNS
import Queue

/// What one lookup saw of a record.
struct Sighting: Sendable {
    var finding: RecordFinding
    /// DNS told what is there; else the finding is that of before.
    var isFresh: Bool
    /// It differs, but may be right all the same.
    var isUnclear = false
    /// By the domain's status, whichever keys it has.
    var isNeeded = false

    /// Nil: we do not know. What only its receivers can judge has the benefit of the doubt.
    var holds: Bool? { isFresh ? finding.status == .ok || isUnclear : nil }
}

/// What was there, and what it means.
struct Verdict: Hashable {
    var status: RecordStatus
    var found: [String] = []
    var detail: String?
    var isUnclear = false

    static let missing = Verdict(status: .missing)
    static func ok(_ found: [String]) -> Verdict { Verdict(status: .ok, found: found) }
    static func unclear(_ found: [String], _ detail: String) -> Verdict {
        Verdict(status: .differs, found: found, detail: detail, isUnclear: true)
    }
    static func differs(_ found: [String], _ detail: String) -> Verdict {
        Verdict(status: .differs, found: found, detail: detail)
    }
}

extension PublishedRecord {
    var recordType: RecordType {
        switch kind {
        case .txt: .txt
        case .mx: .mx
        }
    }

    func sighting(in answer: DNSAnswer) -> Sighting {
        switch answer {
        case .failed(let reason):
            let detail = RecordText.cut("could not be looked up: \(reason)")
            return Sighting(
                finding: RecordFinding(subject: subject, status: status, found: found, detail: detail), isFresh: false,
                isNeeded: isNeeded)
        case .noData, .noSuchDomain: return sighting(verdict(on: []))
        case .records(let set): return sighting(verdict(on: set.rdata))
        }
    }

    private func sighting(_ verdict: Verdict) -> Sighting {
        Sighting(
            finding: RecordFinding(
                subject: subject, status: verdict.status, found: verdict.found, detail: verdict.detail),
            isFresh: true, isUnclear: verdict.isUnclear, isNeeded: isNeeded)
    }

    private func verdict(on rdata: [[UInt8]]) -> Verdict {
        switch demand {
        case .dkim(let record): Self.verdict(on: texts(rdata), record)
        case .spf(let sender): SPFPolicies(among: texts(rdata)).verdict(allowing: sender)
        case .dmarc: DMARCPolicies(among: texts(rdata)).verdict(at: name)
        case .mx(let host): Self.verdict(on: rdata.compactMap { MXRecord(rdata: $0) }, host)
        }
    }

    private func texts(_ rdata: [[UInt8]]) -> [[UInt8]] { rdata.compactMap { TXTRecord(rdata: $0)?.bytes } }

    private static func verdict(on texts: [[UInt8]], _ record: DKIMRecord) -> Verdict {
        let found = RecordText.shown(texts)
        switch record.agreement(with: texts) {
        case .ok: return .ok(found)
        case .missing: return .missing
        case .differs(let difference): return .differs(found, difference.description)
        }
    }

    /// RFC 5321 §5.1 — senders try the lowest preference first.
    private static func verdict(on records: [MXRecord], _ host: String) -> Verdict {
        guard let best = records.map(\.preference).min() else { return .missing }
        let found = records.sorted { ($0.preference, $0.exchange) < ($1.preference, $1.exchange) }
            .prefix(RecordText.maximumCount).map { RecordText.cut("\($0.preference) \($0.isNull ? "." : $0.exchange)") }
        if records.contains(where: { $0.exchange == host && $0.preference == best }) { return .ok(found) }
        return .differs(found, "bounces would not come to \(host) first")
    }
}
