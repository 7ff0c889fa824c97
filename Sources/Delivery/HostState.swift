// HostState.swift — what is known of one mail server: its sessions, who waits for it, whether it is left alone.

import DequeModule
import Queue

/// Names a worker, that is, one session, for as long as it lives.
package typealias WorkerID = Int

struct HostState {
    /// Workers open or opening.
    var sessions = 0
    var opening = 0
    /// Open sessions without work, the most recently used last.
    var idle: [(worker: WorkerID, since: Timestamp)] = []
    var waiting: Deque<DeliveryAttempt> = []
    /// A session has been opened since the last failure: more may be tried at once.
    var isProven = false
    /// Failures in a row.
    var failures = 0
    var backedOffUntil: Timestamp?
    /// What the host let us open when it last refused one more; nil if it never did.
    var observedLimit: Int?
    /// It waits for one of the sessions that all hosts share.
    var isHungry = false

    /// Until a host has answered once, two sessions tell as much as ten.
    private static let unprovenSessions = 2

    func isBackedOff(at now: Timestamp) -> Bool { backedOffUntil.map { now < $0 } ?? false }

    /// How many sessions it may have at most.
    func allowance(limit: Int) -> Int {
        let limit = min(limit, observedLimit ?? limit)
        return isProven ? limit : min(limit, Self.unprovenSessions)
    }

    /// Nothing worth remembering: no session, nobody waiting, no failure of late.
    func isForgettable(at now: Timestamp) -> Bool {
        sessions == 0 && waiting.isEmpty && backedOffUntil.map { $0 + Self.memory <= now } ?? true
    }

    /// How long after it may be asked again its failures still count.
    private static let memory: Duration = .hours(1)
}
