// SuppressionDirectory.swift — who is suppressed, in memory: accepting and delivering a message ask for each recipient.
//
// Of an address only 128 bits of a keyed hash are kept, so that a million of them take some 50 MB and two are never taken for
// one. Follows each commit; what has expired counts no more at once, and is taken out when the store deletes it.

import Mail
import Synchronization

package final class SuppressionDirectory: Sendable {
    /// Until when each is suppressed.
    private let ends = Mutex<[SuppressionKey: Timestamp]>([:])
    /// Most stores have none, and need not be locked for it.
    private let count = Atomic(0)

    init() {}

    package var isEmpty: Bool { count.load(ordering: .acquiring) == 0 }

    package func holds(_ mailbox: Mailbox, in project: ProjectID, at now: Timestamp) -> Bool {
        guard !isEmpty else { return false }
        let key = mailbox.withSuppressionBytes { SuppressionKey($0, in: project) }
        return ends.withLock { ends in ends[key].map { now < $0 } ?? false }
    }

    /// After a commit. `end` nil takes the address out.
    func set(_ address: SuppressedAddress, in project: ProjectID, until end: Timestamp?) {
        var text = address.description
        let key = text.withUTF8 { SuppressionKey(UnsafeRawBufferPointer($0), in: project) }
        ends.withLock { ends in
            ends[key] = end
            count.store(ends.count, ordering: .releasing)
        }
    }
}

/// Of an address in a project. Each process hashes with keys of its own, so that nobody can choose addresses that collide.
private struct SuppressionKey: Hashable {
    private let first: Int
    private let second: Int

    init(_ address: UnsafeRawBufferPointer, in project: ProjectID) {
        func half(_ mark: UInt8) -> Int {
            var hasher = Hasher()
            hasher.combine(mark)
            hasher.combine(project)
            hasher.combine(bytes: address)
            return hasher.finalize()
        }
        (first, second) = (half(1), half(2))
    }
}
