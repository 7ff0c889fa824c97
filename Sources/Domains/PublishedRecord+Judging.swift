// PublishedRecord+Judging.swift — holds what DNS answered against what a record must say.

import DKIM
import DNS
import Queue

/// What one lookup saw of a record.
struct Sighting: Sendable {
    var finding: RecordFinding
    /// DNS told what is there; else the finding is that of before.
    var isFresh: Bool

    /// Nil: we do not know.
    var holds: Bool? { isFresh ? finding.status == .ok : nil }
}

/// What was there, and what it means.
struct Verdict: Hashable {
    var status: RecordStatus
    var found: [String] = []
    var detail: String?

    static let missing = Verdict(status: .missing)
    static func ok(_ found: [String]) -> Verdict { Verdict(status: .ok, found: found) }
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
            let detail = "could not be looked up: \(reason)"
            return Sighting(
                finding: RecordFinding(subject: subject, status: status, found: found, detail: detail), isFresh: false)
        case .noData, .noSuchDomain: return sighting(.missing)
        case .records(let set): return sighting(verdict(on: set.rdata))
        }
    }

    private func sighting(_ verdict: Verdict) -> Sighting {
        Sighting(
            finding: RecordFinding(
                subject: subject, status: verdict.status, found: verdict.found, detail: verdict.detail), isFresh: true)
    }

    private func verdict(on rdata: [[UInt8]]) -> Verdict {
        switch demand {
        case .dkim(let record): Self.verdict(on: texts(rdata), record)
        case .spf(let host): SPFPolicies(among: texts(rdata)).verdict(allowing: host)
        case .dmarc: DMARCPolicies(among: texts(rdata)).verdict
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
            .prefix(RecordText.maximumCount).map { "\($0.preference) \($0.isNull ? "." : $0.exchange)" }
        if records.contains(where: { $0.exchange == host && $0.preference == best }) { return .ok(found) }
        return .differs(found, "bounces would not come to \(host) first")
    }
}

/// Bytes of DNS as text that may be shown: they are anybody's.
enum RecordText {
    static let maximumCount = 10
    static let maximumLength = 1000

    static func shown(_ texts: [[UInt8]]) -> [String] { texts.prefix(maximumCount).map(shown) }

    /// As zone files have it (RFC 1035 §5.1): `\DDD` for what is not printable ASCII. Cut at `maximumLength` bytes.
    static func shown(_ text: [UInt8]) -> String {
        let characters = text.prefix(maximumLength).map { byte in
            switch byte {
            case UInt8(ascii: "\\"): "\\\\"
            case 0x20...0x7E: String(Unicode.Scalar(byte))
            default: "\\" + (byte < 10 ? "00" : byte < 100 ? "0" : "") + String(byte)
            }
        }
        return characters.joined() + (text.count > maximumLength ? "…" : "")
    }
}
