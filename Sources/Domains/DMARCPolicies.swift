// DMARCPolicies.swift — the DMARC records of a name (RFC 7489 §6.3): whether receivers find a policy.

import Mail

struct DMARCPolicies {
    private let policies: [[UInt8]]

    /// §6.6.3 — what does not begin with the version is left out.
    init(among texts: [[UInt8]]) { policies = texts.filter { Self.tags(of: $0).first.map(Self.isVersion) == true } }

    /// `name` is `_dmarc.DOMAIN`.
    func verdict(at name: String) -> Verdict {
        let found = RecordText.shown(policies)
        guard let policy = policies.first else { return Self.missing(at: name) }
        guard policies.count == 1 else { return .differs(found, "there are several DMARC records; leave only one") }
        let actions = Self.tags(of: policy).filter { $0.name == Array("p".utf8) }.map(\.value)
        guard actions.count == 1, Self.actions.contains(actions[0]) else {
            return .differs(found, "its p= tag must be none, quarantine or reject")
        }
        return .ok(found)
    }

    /// Which of the domains above it is the organizational one only a list of public suffixes could tell (§3.2).
    private static func missing(at name: String) -> Verdict {
        var verdict = Verdict.missing
        if name.utf8.count(where: { $0 == UInt8(ascii: ".") }) > 2 {
            verdict.detail = "if this is a subdomain, the policy of the organizational domain applies"
        }
        return verdict
    }

    private struct Tag { let name, value: [UInt8] }

    private static let actions = ["none", "quarantine", "reject"].map { Array($0.utf8) }

    /// The value is case-sensitive (§6.4: "DMARC1" in hexadecimal).
    private static func isVersion(_ tag: Tag) -> Bool {
        tag.name == Array("v".utf8) && tag.value == Array("DMARC1".utf8)
    }

    /// `name = value; …`: names and the policy's actions in lower case, blanks dropped.
    private static func tags(of text: [UInt8]) -> [Tag] {
        text.split(separator: UInt8(ascii: ";"), omittingEmptySubsequences: false).map { part in
            let halves = part.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
            let name = trimmed(halves[0]).map(\.asciiLowercased), value = halves.count == 2 ? trimmed(halves[1]) : []
            return Tag(name: name, value: name == Array("p".utf8) ? value.map(\.asciiLowercased) : value)
        }
    }

    private static func trimmed(_ text: ArraySlice<UInt8>) -> [UInt8] {
        func isBlank(_ byte: UInt8) -> Bool { byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }
        let tail = text.drop(while: isBlank)
        return Array(tail[..<((tail.lastIndex { !isBlank($0) }).map { $0 + 1 } ?? tail.startIndex)])
    }
}
