// UnderWay.swift — how many of each kind of thing are under way just now, where there may not be any number.

import Synchronization

final class UnderWay<Kind: Hashable & Sendable>: Sendable {
    private let counts = Mutex<[Kind: Int]>([:])

    /// False if there are as many as there may be; else `end` must follow.
    func begin(_ kind: Kind, atMost limit: Int) -> Bool {
        counts.withLock { counts in
            let count = counts[kind] ?? 0
            guard count < limit else { return false }
            counts[kind] = count + 1
            return true
        }
    }

    func end(_ kind: Kind) {
        counts.withLock { counts in
            let count = counts[kind] ?? 0
            counts[kind] = count > 1 ? count - 1 : nil
        }
    }
}
