// PauseDirectory.swift — the destinations that are paused, in memory: few, and asked for whenever one is shown.
//
// A pause is of the whole server: hosts and their sessions are shared by all projects.

import Mail
import Synchronization

package struct DestinationPause: Sendable, Equatable {
    package var pausedAt: Timestamp
    package var reason: String?
    package init(pausedAt: Timestamp, reason: String?) { (self.pausedAt, self.reason) = (pausedAt, reason) }
}

/// Follows each commit before whoever asked for the change goes on.
package final class PauseDirectory: Sendable {
    private let pauses = Mutex<[Domain: DestinationPause]>([:])

    init() {}

    package subscript(domain: Domain) -> DestinationPause? { pauses.withLock { $0[domain] } }

    package var domains: Set<Domain> { pauses.withLock { Set($0.keys) } }

    /// The first in the order of their names, after `domain`.
    func next(after domain: Domain) -> Domain? {
        pauses.withLock { $0.keys.filter { $0.comesAfter(domain) }.min { $1.comesAfter($0) } }
    }

    /// After a commit. Nil takes the pause away.
    func set(_ pause: DestinationPause?, for domain: Domain) { pauses.withLock { $0[domain] = pause } }
}

extension Domain {
    /// In the order of bytes, which is SQLite's.
    func comesAfter(_ other: Domain) -> Bool { other.ascii.utf8.lexicographicallyPrecedes(ascii.utf8) }
}
