// DispatchState+Due.swift — what is on disk only, and when to look there: one heap of destinations, one timer.

import Mail
import Queue

/// A destination and when something of it on disk falls due.
struct DueDestination: Comparable {
    let time: Timestamp
    let domain: Domain
    static func < (a: Self, b: Self) -> Bool { a.time < b.time }
}

extension DispatchState {
    /// Rows read at once. A destination is refilled when it holds less than this.
    static var page: Int { 500 }

    /// When something is next to be done though nobody calls.
    var nextWake: Timestamp? {
        guard let due = dueDestinations.min?.time else { return idleSweepAt }
        return idleSweepAt.map { min($0, due) } ?? due
    }

    /// Notes that a recipient of `domain` that is not held falls due at `until`.
    mutating func leaveOnDisk(_ domain: Domain, until: Timestamp) {
        if let known = destinations[domain]?.dueOnDisk, known <= until { return }
        destinations[domain, default: DestinationState()].dueOnDisk = until
        dueDestinations.insert(DueDestination(time: until, domain: domain))
    }

    /// Time has come to `now`: reads what fell due, ends sessions that have been idle for long.
    mutating func ring(at now: Timestamp) {
        while let next = dueDestinations.min, next.time <= now {
            dueDestinations.removeMin()
            guard destinations[next.domain]?.dueOnDisk == next.time else { continue }
            if let pause = destinations[next.domain]?.pausedUntil, now < pause {
                destinations[next.domain]?.dueOnDisk = nil
                leaveOnDisk(next.domain, until: pause)
            } else if heldCount >= settings.maxHeld {
                destinations[next.domain]?.dueOnDisk = nil
                leaveOnDisk(next.domain, until: now + .seconds(1))
            } else {
                refill(next.domain, at: now)
            }
        }
        if let sweep = idleSweepAt, sweep <= now { dismissIdle(at: now) }
    }

    /// Asks for more rows of a destination if some are due and there is room for them.
    mutating func refill(_ domain: Domain, at now: Timestamp) {
        guard let destination = destinations[domain], let due = destination.dueOnDisk, due <= now,
            !destination.isFetching, !destination.isPaused(at: now), destination.held.count < Self.page,
            heldCount < settings.maxHeld, !isStopping
        else { return }
        destinations[domain]?.isFetching = true
        destinations[domain]?.dueOnDisk = nil
        effects.append(.fetch(DueQuery(
            domain: domain, now: now, limit: Self.page, excluding: destination.held, through: announced)))
    }

    /// What a fetch found.
    mutating func fetched(_ domain: Domain, _ batch: DueBatch, at now: Timestamp) {
        guard destinations[domain] != nil else { return }
        destinations[domain]?.isFetching = false
        // What was let go while the rows were being read may be in them as it was before.
        let stale = destinations[domain]?.releasedWhileFetching ?? []
        destinations[domain]?.releasedWhileFetching = []
        if let next = batch.isComplete ? batch.nextDueAt : now { leaveOnDisk(domain, until: next) }
        for var message in batch.messages {
            if !stale.isEmpty {
                let isStale = message.recipients.contains { stale.contains($0.key) }
                message.recipients.removeAll { stale.contains($0.key) }
                // A released recipient may have been deferred to a time that has come meanwhile: look once more.
                if isStale { leaveOnDisk(domain, until: now + .seconds(1)) }
            }
            if !message.recipients.isEmpty { admit(message, at: now) }
        }
        forgetIfIdle(domain)
    }

    /// The destination as a whole has failed at `now`: rows on disk past their lifetime had their last attempt.
    mutating func expireOnDisk(_ domain: Domain, lastReply: String, at now: Timestamp) {
        guard let destination = destinations[domain], let due = destination.dueOnDisk, due <= now else { return }
        if case .expireOnDisk(domain, _, _)? = effects.last { return }
        effects.append(.expireOnDisk(domain, excluding: destination.held, lastReply: lastReply))
    }

    mutating func forgetIfIdle(_ domain: Domain) {
        guard let destination = destinations[domain], destination.isForgettable else { return }
        // A fresh route is worth keeping while mail flows; `ring` need not know of it.
        if case .known = destination.routing, destinations.count < 100_000 { return }
        destinations[domain] = nil
    }
}
