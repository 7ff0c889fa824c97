// DispatchState+Hosts.swift — sessions: who may open one, what an open one does next, what a failed one means.

import Mail
import Queue

extension DispatchState {
    /// Gives the host's waiting attempts to its idle sessions, and opens more while that is allowed.
    mutating func serve(_ address: HostAddress, at now: Timestamp) {
        guard !isStopping else { return }
        while let worker = hosts[address]?.idle.last?.worker, let attempt = hosts[address]?.waiting.popFirst() {
            hosts[address]?.idle.removeLast()
            effects.append(.hand(attempt, to: worker))
        }
        while let host = hosts[address], let hop = host.waiting.first?.hop, host.waiting.count > host.opening,
            host.sessions < host.allowance(limit: settings.maxSessionsPerHost)
        {
            guard sessionCount < settings.maxSessions else { return queueForSession(address) }
            lastWorker += 1
            sessionCount += 1
            hosts[address]?.sessions += 1
            hosts[address]?.opening += 1
            effects.append(.open(lastWorker, hop))
        }
    }

    /// All sessions are taken. An idle one elsewhere makes room; else the host waits for the next that ends.
    private mutating func queueForSession(_ address: HostAddress) {
        guard hosts[address]?.isHungry == false else { return }
        hosts[address]?.isHungry = true
        hungry.append(address)
        guard let other = hosts.first(where: { !$0.value.idle.isEmpty })?.key else { return }
        if let idle = hosts[other]?.idle.removeFirst() { effects.append(.dismiss(idle.worker)) }
    }

    // MARK: A worker's life

    /// Its session is open: the host lives. Returns the first work for it, if some still waits.
    mutating func opened(_ address: HostAddress, at now: Timestamp) -> DeliveryAttempt? {
        hosts[address]?.opening -= 1
        hosts[address]?.isProven = true
        hosts[address]?.failures = 0
        hosts[address]?.backedOffUntil = nil
        let first = isStopping ? nil : takeWaiting(at: address)
        serve(address, at: now)
        return first
    }

    /// No session could be opened. If others are open the host just takes no more; else it is left alone and whoever
    /// waits for it tries the next host.
    mutating func openFailed(_ failed: FailedTry, at now: Timestamp) {
        let address = failed.hop.address
        hosts[address]?.opening -= 1
        endSession(address)
        if let host = hosts[address] {
            if host.sessions == host.opening { hosts[address]?.isProven = false }
            if host.opening > 0 {
                // The others that are just being opened will tell.
            } else if host.sessions > 0 {
                hosts[address]?.observedLimit = host.sessions
            } else {
                leaveAlone(address, because: failed, at: now)
            }
        }
        // Only now: the host that failed may be among them.
        feedHungry(at: now)
    }

    /// What a worker with an open session does next.
    mutating func next(_ worker: WorkerID, at address: HostAddress, now: Timestamp) -> WorkerStep {
        if isStopping { return .leave }
        if let attempt = takeWaiting(at: address) { return .deliver(attempt) }
        if !hungry.isEmpty { return .leave }
        hosts[address]?.idle.append((worker, now))
        if idleSweepAt == nil { idleSweepAt = now + settings.idleSession }
        return .park
    }

    /// Work for a session of this host, if some waits.
    mutating func takeWaiting(at address: HostAddress) -> DeliveryAttempt? { hosts[address]?.waiting.popFirst() }

    /// The session is over, for whatever reason.
    mutating func sessionEnded(_ worker: WorkerID, _ address: HostAddress, at now: Timestamp) {
        hosts[address]?.idle.removeAll { $0.worker == worker }
        endSession(address)
        // What it refused once it may allow now: one more is tried for each that has ended.
        if let limit = hosts[address]?.observedLimit { hosts[address]?.observedLimit = limit + 1 }
        feedHungry(at: now)
        serve(address, at: now)
        if hosts[address]?.isForgettable(at: now) == true { hosts[address] = nil }
    }

    /// A session that had served before went away before it took this: nobody's failure, so the same host again, first.
    mutating func retry(_ attempt: DeliveryAttempt, at now: Timestamp) {
        var attempt = attempt
        attempt.isRetried = true
        resume(attempt, at: now)
    }

    /// A session has taken its share before it had taken all of this: another session of the same host goes on with it.
    /// Once stopped, what is left stays queued on disk.
    mutating func resume(_ attempt: DeliveryAttempt, at now: Timestamp) {
        guard !isStopping else { return }
        guard let hop = attempt.hop else { return assign(attempt, at: now) }
        hosts[hop.address, default: HostState()].waiting.prepend(attempt)
        serve(hop.address, at: now)
    }

    /// A host took the connection, then failed with this attempt in hand (a 421, a lost connection before the dot).
    mutating func hostFailed(_ attempt: DeliveryAttempt, _ failed: FailedTry, at now: Timestamp) {
        if let host = hosts[failed.hop.address], host.sessions - host.opening <= 1 {
            leaveAlone(failed.hop.address, because: failed, at: now)
        }
        unsuited(attempt, failed, at: now)
    }

    /// A live host cannot take this message (it offers no TLS): the next host, if there is one.
    mutating func unsuited(_ attempt: DeliveryAttempt, _ failed: FailedTry, at now: Timestamp) {
        var attempt = attempt
        attempt.fail(at: failed)
        assign(attempt, at: now)
    }

    // MARK: Ends

    private mutating func leaveAlone(_ address: HostAddress, because failed: FailedTry, at now: Timestamp) {
        guard var host = hosts[address] else { return }
        host.failures += 1
        host.isProven = false
        host.backedOffUntil = now + settings.schedule.backOff(afterFailure: host.failures)
        let waiting = host.waiting
        host.waiting = []
        hosts[address] = host
        for var attempt in waiting {
            attempt.fail(at: failed)
            assign(attempt, at: now)
        }
    }

    private mutating func endSession(_ address: HostAddress) {
        sessionCount -= 1
        hosts[address]?.sessions -= 1
        if hosts[address]?.sessions == 0 { hosts[address]?.observedLimit = nil }
    }

    private mutating func feedHungry(at now: Timestamp) {
        while sessionCount < settings.maxSessions, let address = hungry.popFirst() {
            hosts[address]?.isHungry = false
            serve(address, at: now)
        }
    }

    /// Ends the sessions that have been idle for long. Looks again in a second at the earliest: each look goes through
    /// all hosts.
    mutating func dismissIdle(at now: Timestamp) {
        idleSweepAt = nil
        for (address, host) in hosts where !host.idle.isEmpty {
            let old = host.idle.prefix { $0.since + settings.idleSession <= now }
            hosts[address]?.idle.removeFirst(old.count)
            effects += old.map { .dismiss($0.worker) }
            if let first = hosts[address]?.idle.first {
                let sweep = max(first.since + settings.idleSession, now + .seconds(1))
                idleSweepAt = idleSweepAt.map { min($0, sweep) } ?? sweep
            }
        }
    }

    /// No message is on its way. A session that is just being opened will find nothing to do once stopped.
    var isAtRest: Bool { hosts.values.allSatisfy { $0.sessions == $0.opening } }

    /// No new work from now on; transactions under way go on to their end.
    mutating func stop() {
        isStopping = true
        for (address, host) in hosts {
            hosts[address]?.idle = []
            hosts[address]?.waiting = []
            effects += host.idle.map { .dismiss($0.worker) }
        }
    }
}
