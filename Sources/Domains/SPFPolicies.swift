// SPFPolicies.swift — the SPF records of a name (RFC 7208), read just far enough to see whether they name our host.
//
// Whether an `include` or a network lets the host send cannot be told without following it as a receiver would; such a
// policy may be right, and is shown as one that differs.

import Mail

struct SPFPolicies {
    private let policies: [[UInt8]]

    /// Other texts are none of its business.
    init(among texts: [[UInt8]]) { policies = texts.filter(Self.isPolicy) }

    func verdict(allowing host: String) -> Verdict {
        let found = RecordText.shown(policies)
        guard let policy = policies.first else { return .missing }
        // §4.5: a permanent error for every receiver.
        guard policies.count == 1 else { return .differs(found, "there are several SPF records; leave only one") }
        guard Self.names(host, in: policy) else { return .differs(found, "it does not name a:\(host)") }
        return .ok(found)
    }

    /// §4.5 — the version, and then a space or the end.
    private static func isPolicy(_ text: [UInt8]) -> Bool {
        let version = Array("v=spf1".utf8)
        return lowercased(text.prefix(version.count)) == version
            && (text.count == version.count || text[version.count] == UInt8(ascii: " "))
    }

    /// Up to `all`, behind which nothing counts (§5.1), an `a` mechanism that passes the host. A prefix length (§5.3) lets
    /// others send too, and the host all the same.
    private static func names(_ host: String, in policy: [UInt8]) -> Bool {
        for term in policy.split(separator: UInt8(ascii: " ")).dropFirst() {
            var term = lowercased(term)
            if term.first == UInt8(ascii: "+") { term.removeFirst() }
            if isAll(term) { return false }
            guard term.starts(with: "a:".utf8) else { continue }
            var name = Array(term.dropFirst(2).prefix { $0 != UInt8(ascii: "/") })
            if name.last == UInt8(ascii: ".") { name.removeLast() }
            if name == Array(host.utf8) { return true }
        }
        return false
    }

    private static func isAll(_ term: [UInt8]) -> Bool {
        let qualifiers = Array("-~?".utf8)
        return (term.first.map(qualifiers.contains) == true ? Array(term.dropFirst()) : term) == Array("all".utf8)
    }

    private static func lowercased(_ text: some Sequence<UInt8>) -> [UInt8] { text.map(\.asciiLowercased) }
}
