// SendingDomainListing.swift — a domain as the API answers it, in lines for people and for zone files.

import JSON

struct SendingDomainListing {
    struct Key {
        let selector: String
        let algorithm: String
        let state: String
    }

    private let domain: JSONObject

    init(_ domain: JSONObject) { self.domain = domain }

    var name: String { domain.text("name") }
    var status: String { domain.text("status") }

    /// Oldest first.
    private var keys: [Key] {
        domain.objects("dkim_keys").map {
            Key(selector: $0.text("selector"), algorithm: $0.text("algorithm"), state: $0.text("state"))
        }
    }

    /// Those that do not sign yet.
    var waitingKeys: [Key] { keys.filter { $0.state == "publishing" } }

    /// Those that it has, or had, keys of.
    var algorithms: Set<String> { Set(keys.map(\.algorithm)) }

    /// Whether the key's record was there at the last look.
    func isSeen(_ key: Key) -> Bool { records.contains { isRecord($0, of: key) && $0.text("status") == "ok" } }

    private var records: [JSONObject] { domain.objects("records") }

    private func isRecord(_ record: JSONObject, of key: Key) -> Bool {
        record.text("name").hasPrefix(key.selector + "._domainkey.")
    }

    /// The records in the syntax of a zone file (RFC 1035 §5.1), names absolute; those of some keys alone, or all.
    func zone(of keys: [Key]? = nil) -> String {
        let wanted = records.filter { record in keys?.contains { isRecord(record, of: $0) } ?? true }
        return wanted.map { record in
            let (name, type, value) = (record.text("name"), record.text("type"), record.text("value"))
            return "\(name). IN \(type) \(type == "TXT" ? Self.strings(value) : value + ".")\n"
        }.joined()
    }

    /// RFC 1035 §3.3 — a character-string has at most 255 bytes. The values of our records are ASCII without quotes.
    private static func strings(_ value: String) -> String {
        let bytes = Array(value.utf8)
        return stride(from: 0, to: max(1, bytes.count), by: 255).map { start in
            "\"" + String(decoding: bytes[start..<min(start + 255, bytes.count)], as: UTF8.self) + "\""
        }.joined(separator: " ")
    }

    /// What the last look-up found: a line for each record, and below it what was there instead.
    var findings: String {
        records.map { record in
            let line = ["status", "purpose", "type", "name"].compactMap { record[$0]?.string }.joined(separator: "\t")
            let found = record.text("status") == "ok" ? [] : (record["found"]?.array ?? []).compactMap(\.string)
            let detail = (record["detail"]?.string).map { ["\t\($0)"] } ?? []
            return ([line] + detail + found.map { "\tfound: \($0)" }).joined(separator: "\n") + "\n"
        }.joined()
    }
}
