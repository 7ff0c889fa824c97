// Selector.swift — names for new keys: `pr20261123-k7zmr`, the day, four random characters and the algorithm.
//
// A name is not used again, not even on the day when its key was deleted: others may still have the old record cached.

import Crypto
import Events
import Queue

enum Selector {
    /// Bytes of each selector.
    static let length = 16

    static func unused(for algorithm: SignatureAlgorithm, at now: Timestamp, among keys: [DKIMKeyRow]) -> String {
        let taken = Set(keys.map(\.selector))
        while true {
            let selector = random(for: algorithm, at: now)
            if !taken.contains(selector) { return selector }
        }
    }

    private static func random(for algorithm: SignatureAlgorithm, at now: Timestamp) -> String {
        let day = now.rfc3339.prefix(10).filter { $0 != "-" }
        let bits = [UInt8].random(count: 3).reduce(UInt128(0)) { $0 << 8 | UInt128($1) }
        return "pr\(day)-\(Crockford.text(bits, count: 4).lowercased())\(letter(of: algorithm))"
    }

    private static func letter(of algorithm: SignatureAlgorithm) -> String {
        switch algorithm {
        case .rsaSHA256: "r"
        case .ed25519SHA256: "e"
        }
    }
}
