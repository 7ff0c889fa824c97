// DispatchEffect.swift — what the dispatch state asks the world to do; the dispatcher does it outside the lock.

import Mail
import Queue

enum DispatchEffect: Sendable {
    /// Find the hops of this destination, then `routed`.
    case lookUp(Domain)
    /// Read recipients that are due from disk, then `fetched`.
    case fetch(DueQuery)
    /// Start a worker that opens a session, then `opened` or `openFailed`.
    case open(WorkerID, Hop)
    /// Wake an idle worker with work.
    case hand(DeliveryAttempt, to: WorkerID)
    /// Wake an idle worker to say QUIT.
    case dismiss(WorkerID)
    /// Record an attempt that ended without a transaction, then `release`.
    case conclude(DeliveryAttempt, Conclusion)
    /// The whole destination failed: those on disk whose lifetime has passed had their last attempt with it.
    case expireOnDisk(Domain, excluding: Set<RecipientKey>, lastReply: String)
}

/// Why an attempt ended before any transaction.
enum Conclusion: Sendable, Equatable {
    /// Every host that could be asked has failed; the attempt knows how the last one did.
    case hostsExhausted
    case impossible(Failure)
    /// DNS gave no answer, in words.
    case unknown(String)
}

/// What a worker does next.
enum WorkerStep: Sendable {
    case deliver(DeliveryAttempt)
    /// Wait to be handed work or dismissed.
    case park
    /// Say QUIT and end.
    case leave
}
