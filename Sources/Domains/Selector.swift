// Selector.swift — names for new keys: `pr20261123r`, the day and the algorithm; `pr20261123r2` if that is taken.

import Crypto
import Events
import Queue

enum Selector {
    static func unused(for algorithm: SignatureAlgorithm, at now: Timestamp, among keys: [DKIMKeyRow]) -> String {
        let taken = Set(keys.map(\.selector))
        let first = "pr" + now.rfc3339.prefix(10).filter { $0 != "-" } + letter(of: algorithm)
        var selector = first, number = 2
        while taken.contains(selector) { (selector, number) = (first + String(number), number + 1) }
        return selector
    }

    private static func letter(of algorithm: SignatureAlgorithm) -> String {
        switch algorithm {
        case .rsaSHA256: "r"
        case .ed25519SHA256: "e"
        }
    }
}
