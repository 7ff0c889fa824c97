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
        guard var due = dueDestinations.min?.time else { return idleSweepAt }
        if let full = fullUntil { due = max(due, full) }
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
        fullUntil = nil
        while let next = dueDestinations.min, next.time <= now {
            guard hasRoom else {
                fullUntil = now + .seconds(1)
                break
            }
            dueDestinations.removeMin()
            if destinations[next.domain]?.dueOnDisk == next.time { refill(next.domain, at: now) }
        }
        if let sweep = idleSweepAt, sweep <= now { dismissIdle(at: now) }
        forgetIdle(at: now)
    }

    /// Each read under way may bring a whole page: a hundred thousand destinations that are due at once, as after a
    /// restart, are read by and by.
    private var hasRoom: Bool { heldCount + fetchCount * Self.page < settings.maxHeld }

    /// Asks for more rows of a destination if some are due and there is room for them. If not now, something comes back
    /// to it: the heap, the end of the read under way, the release of what is held, or whoever resumes it.
    mutating func refill(_ domain: Domain, at now: Timestamp) {
        guard let destination = destinations[domain], let due = destination.dueOnDisk, due <= now, !isStopping,
            !destination.isFetching, destination.held.count < min(Self.page, settings.maxHeldPerDestination),
            !paused.contains(domain)
        else { return }
        if let pause = destination.pausedUntil, now < pause { return postpone(domain, until: pause) }
        guard hasRoom else { return postpone(domain, until: now + .seconds(1)) }
        fetchCount += 1
        destinations[domain]?.isFetching = true
        destinations[domain]?.dueOnDisk = nil
        var query = DueQuery(
            domain: domain, now: now, limit: Self.page, excluding: destination.allHeld, through: announced)
        query.skipsSandbox = !hasSandboxRoom
        effects.append(.fetch(query))
    }

    /// Looks at a destination again at `time`, not before.
    private mutating func postpone(_ domain: Domain, until time: Timestamp) {
        destinations[domain]?.dueOnDisk = nil
        leaveOnDisk(domain, until: time)
    }

    /// What a fetch found.
    mutating func fetched(_ domain: Domain, _ batch: DueBatch, at now: Timestamp) {
        fetchCount -= 1
        guard destinations[domain] != nil else { return }
        destinations[domain]?.isFetching = false
        // What was let go while the rows were being read may be in them as it was before.
        let stale = destinations[domain]?.releasedWhileFetching ?? []
        destinations[domain]?.releasedWhileFetching = []
        if let next = batch.isComplete ? batch.nextDueAt : now { leaveOnDisk(domain, until: next) }
        if batch.hasSkipped { leaveOnDisk(domain, until: now + Self.pauseOfFullSandbox) }
        for var message in batch.messages {
            if !stale.isEmpty {
                let isStale = message.recipients.contains { stale.contains($0.key) }
                message.recipients.removeAll { stale.contains($0.key) }
                // A released recipient may have been deferred to a time that has come meanwhile: look once more.
                if isStale { leaveOnDisk(domain, until: now + .seconds(1)) }
            }
            if !message.recipients.isEmpty { admit(message, at: now) }
        }
        refill(domain, at: now)
        if fullUntil != nil { ring(at: now) }
        forgetIfIdle(domain, at: now)
    }

    /// The destination as a whole has failed at `now`: rows on disk past their lifetime had their last attempt.
    mutating func expireOnDisk(_ domain: Domain, lastReply: String, at now: Timestamp) {
        guard let destination = destinations[domain], let due = destination.dueOnDisk, due <= now,
            destination.expiredAt != now
        else { return }
        destinations[domain]?.expiredAt = now
        effects.append(.expireOnDisk(domain, excluding: destination.allHeld, lastReply: lastReply))
    }

    mutating func forgetIfIdle(_ domain: Domain, at now: Timestamp) {
        if destinations[domain]?.isForgettable(at: now) == true { destinations[domain] = nil }
    }

    /// Forgets all hosts and destinations of which nothing need be remembered. It looks only when there are twice as
    /// many as it left the last time, so that each one costs the same however many there are.
    private mutating func forgetIdle(at now: Timestamp) {
        guard hosts.count + destinations.count >= forgetFrom else { return }
        hosts = hosts.filter { !$0.value.isForgettable(at: now) }
        destinations = destinations.filter { !$0.value.isForgettable(at: now) }
        forgetFrom = max(Self.fewest, 2 * (hosts.count + destinations.count))
    }
}
