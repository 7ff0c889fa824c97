// DestinationState.swift — what is known of one recipient domain: its route, and which of its recipients are in memory.

import DequeModule
import Queue

struct DestinationState {
    enum Routing {
        case unknown
        /// A lookup is under way; whoever waits is in `unrouted`.
        case lookingUp
        case known([Hop], until: Timestamp)
    }

    var routing = Routing.unknown
    var unrouted: Deque<DeliveryAttempt> = []
    /// The recipients in memory: waiting, in a transaction, or being recorded. None of them is admitted twice.
    var held: Set<RecipientKey> = []
    /// The same of mail for the sandbox, which has room of its own.
    var sandboxHeld: Set<RecipientKey> = []
    /// Failed lookups in a row.
    var failures = 0
    /// Nothing is tried before this.
    var pausedUntil: Timestamp?
    /// Somebody asked for it to be tried whatever has failed: its hosts' back-offs end when they are next known.
    var isUrged = false
    /// The earliest due time among its recipients that are on disk only; nil if there are none.
    var dueOnDisk: Timestamp?
    /// Rows past their lifetime were last looked for then.
    var expiredAt: Timestamp?
    /// A read of due recipients is under way; those let go meanwhile may still be in what it returns.
    var isFetching = false
    var releasedWhileFetching: Set<RecipientKey> = []

    func holds(_ recipient: RecipientKey) -> Bool { held.contains(recipient) || sandboxHeld.contains(recipient) }
    var holdsNobody: Bool { held.isEmpty && sandboxHeld.isEmpty }
    /// Copies only if there are both.
    var allHeld: Set<RecipientKey> { held.isEmpty ? sandboxHeld : held.union(sandboxHeld) }

    func isPaused(at now: Timestamp) -> Bool { pausedUntil.map { now < $0 } ?? false }

    /// Nothing of it is held or waits on disk, and what is known of it is out of date.
    func isForgettable(at now: Timestamp) -> Bool {
        holdsNobody && dueOnDisk == nil && !isFetching && unrouted.isEmpty && !isPaused(at: now) && !isRouted(at: now)
    }

    private func isRouted(at now: Timestamp) -> Bool {
        if case .known(_, let until) = routing { now < until } else { false }
    }
}
