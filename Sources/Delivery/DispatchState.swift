// DispatchState.swift — who waits for what, as a pure state machine: what is ready, where it may go, who may carry it.
//
// Time comes in as an argument and effects go out as values, so that five days of retries are a test of microseconds.
// Admission and routing are here; hosts and their sessions in DispatchState+Hosts; due times in DispatchState+Due.
//
// Nothing grows with the backlog: in memory are at most `maxHeld` recipients and a small struct per destination and
// host in use; a host that is dead with a million messages behind it is one `backedOffUntil`.

import DequeModule
import HeapModule
import Mail
import Queue

struct DispatchState {
    let settings: DeliverySettings
    var destinations: [Domain: DestinationState] = [:]
    /// Destinations of which an operator has said that nothing is to be attempted: what is queued there waits on disk.
    var paused: Set<Domain> = []
    var hosts: [HostAddress: HostState] = [:]
    /// When destinations have something due on disk. An entry counts only while it equals its `dueOnDisk`.
    var dueDestinations = Heap<DueDestination>()
    /// Hosts that could open a session if others did not hold them all, longest waiting first.
    var hungry: Deque<HostAddress> = []
    /// The highest message that the store has told of; later ones will come by themselves.
    var announced = MessageKey(rawValue: 0)
    var heldCount = 0
    var sandboxHeldCount = 0
    var contentBytes = 0
    var sessionCount = 0
    var lastWorker: WorkerID = 0
    /// Reads of due recipients under way.
    var fetchCount = 0
    /// Something is due on disk for which there was no room; it is not looked for before this.
    var fullUntil: Timestamp?
    /// So many hosts and destinations are enough to look for some to forget.
    var forgetFrom = fewest
    static let fewest = 1_000
    /// When idle sessions are next looked at.
    var idleSweepAt: Timestamp?
    var isStopping = false
    /// Those held who are no longer to be attempted: they are let go as soon as somebody looks at their attempt.
    var withdrawn: Set<RecipientKey> = []
    /// Filled by every transition; whoever made the transition takes them.
    var effects: [DispatchEffect] = []

    /// When mail for the sandbox that did not fit is looked at again.
    static let pauseOfFullSandbox: Duration = .seconds(1)

    /// Sandbox mail is as slow as its senders wish: it never takes the room of mail for the world.
    var hasSandboxRoom: Bool { sandboxHeldCount < settings.maxHeldSandbox }

    /// How long a route is used before the resolver (which caches by TTL) is asked again.
    private static let routeLife: Duration = .seconds(30)

    init(settings: DeliverySettings) { self.settings = settings }

    // MARK: Admission

    /// Takes on messages just committed, in the order of their keys.
    mutating func announce(_ messages: [ReadyMessage], at now: Timestamp) {
        if let last = messages.last { announced = last.key }
        for message in messages { admit(message, at: now) }
    }

    /// Takes on a queued message: what is due and fits is held and set off, the rest is left on disk.
    mutating func admit(_ message: ReadyMessage, at now: Timestamp) {
        guard let first = message.recipients.first?.mailbox.domain else { return }
        if message.recipients.allSatisfy({ $0.mailbox.domain == first }) {
            return admit(message, to: first, at: now)
        }
        var parts: [(domain: Domain, recipients: [ReadyRecipient])] = []
        var places: [Domain: Int] = [:]
        for recipient in message.recipients {
            let domain = recipient.mailbox.domain
            if let place = places[domain] {
                parts[place].recipients.append(recipient)
            } else {
                places[domain] = parts.count
                parts.append((domain, [recipient]))
            }
        }
        for (domain, recipients) in parts {
            var part = message
            part.recipients = recipients
            admit(part, to: domain, at: now)
        }
    }

    private mutating func admit(_ part: ReadyMessage, to domain: Domain, at now: Timestamp) {
        var part = part
        if let destination = destinations[domain], !destination.holdsNobody {
            part.recipients.removeAll { destination.holds($0.key) }
            if part.recipients.isEmpty { return }
        }
        guard part.dueAt <= now, !isStopping else { return leaveOnDisk(domain, until: part.dueAt) }
        if !paused.isEmpty, paused.contains(domain) { return leaveOnDisk(domain, until: now) }
        if let pause = destinations[domain]?.pausedUntil, now < pause, !part.isSandbox {
            return leaveOnDisk(domain, until: pause)
        }
        if let time = waitForRoom(part, in: domain, at: now) { return leaveOnDisk(domain, until: time) }
        hold(&part, in: domain)
        route(DeliveryAttempt(message: part, destination: domain), at: now)
    }

    /// Nil if there is room now.
    private func waitForRoom(_ part: ReadyMessage, in domain: Domain, at now: Timestamp) -> Timestamp? {
        if part.isSandbox { return hasSandboxRoom ? nil : now + Self.pauseOfFullSandbox }
        let heldHere = destinations[domain]?.held.count ?? 0
        guard heldHere < settings.maxHeldPerDestination else { return now }
        return heldCount < settings.maxHeld ? nil : now + .seconds(1)
    }

    private mutating func hold(_ part: inout ReadyMessage, in domain: Domain) {
        if part.content != nil {
            let limit = part.isSandbox ? settings.maxContentBytes / 8 : settings.maxContentBytes
            if contentBytes + part.size > limit {
                part.content = nil
            } else {
                contentBytes += part.size
            }
        }
        let keys = part.recipients.lazy.map(\.key)
        if part.isSandbox {
            sandboxHeldCount += part.recipients.count
            destinations[domain, default: DestinationState()].sandboxHeld.formUnion(keys)
        } else {
            heldCount += part.recipients.count
            destinations[domain, default: DestinationState()].held.formUnion(keys)
        }
    }

    /// The attempt is over and on disk. `until` is the earliest due time among its deferred recipients.
    mutating func release(_ attempt: DeliveryAttempt, deferredUntil until: Timestamp?, at now: Timestamp) {
        let domain = attempt.destination
        let keys = attempt.message.recipients.lazy.map(\.key)
        if attempt.message.isSandbox {
            sandboxHeldCount -= keys.count
            destinations[domain]?.sandboxHeld.subtract(keys)
        } else {
            heldCount -= keys.count
            destinations[domain]?.held.subtract(keys)
        }
        if attempt.message.content != nil { contentBytes -= attempt.message.size }
        if !withdrawn.isEmpty { withdrawn.subtract(keys) }
        if destinations[domain]?.isFetching == true { destinations[domain]?.releasedWhileFetching.formUnion(keys) }
        if let until { leaveOnDisk(domain, until: until) }
        refill(domain, at: now)
        forgetIfIdle(domain, at: now)
    }

    // MARK: Routing

    private mutating func route(_ attempt: DeliveryAttempt, at now: Timestamp) {
        let domain = attempt.destination
        if attempt.message.isSandbox { return routeToSandbox(attempt, at: now) }
        switch destinations[domain]?.routing {
        case .known(let hops, let until) where now < until:
            var attempt = attempt
            attempt.hops = hops[...]
            assign(attempt, at: now)
        case .lookingUp:
            destinations[domain]?.unrouted.append(attempt)
        case .known, .unknown, nil:
            destinations[domain, default: DestinationState()].routing = .lookingUp
            destinations[domain]?.unrouted.append(attempt)
            effects.append(.lookUp(domain))
        }
    }

    /// Whatever its domain is, and whatever is known of that: never to a host of the world.
    private mutating func routeToSandbox(_ attempt: DeliveryAttempt, at now: Timestamp) {
        guard let sandbox = settings.sandbox else {
            return effects.append(.conclude(attempt, .unknown("the sandbox is not running")))
        }
        var attempt = attempt
        attempt.hops = [sandbox]
        assign(attempt, at: now)
    }

    /// The lookup has come back: everyone who waited for it goes on.
    mutating func routed(_ domain: Domain, _ route: Route, at now: Timestamp) {
        // A lookup that is cut short by the end says nothing: what waits for it is queued on disk.
        guard !isStopping, var destination = destinations.removeValue(forKey: domain) else { return }
        let waiting = destination.unrouted
        destination.unrouted = []
        let isUrged = destination.isUrged
        destination.isUrged = false
        switch route {
        case .hops(let hops):
            destination.routing = .known(hops, until: now + Self.routeLife)
            destination.failures = 0
            destination.pausedUntil = nil
            if isUrged { for hop in hops { hosts[hop.address]?.backedOffUntil = nil } }
            destinations[domain] = destination
            for var attempt in waiting {
                attempt.hops = hops[...]
                assign(attempt, at: now)
            }
        case .impossible(let failure):
            destination.routing = .unknown
            destination.failures = 0
            destinations[domain] = destination
            effects += waiting.map { .conclude($0, .impossible(failure)) }
        case .unknown(let reason):
            destination.routing = .unknown
            destination.failures += 1
            destination.pausedUntil = now + settings.schedule.backOff(afterFailure: destination.failures)
            destinations[domain] = destination
            effects += waiting.map { .conclude($0, .unknown(reason)) }
            expireOnDisk(domain, lastReply: reason, at: now)
        }
    }

    /// Sends an attempt to the best host it has not tried and that is not left alone just now.
    mutating func assign(_ attempt: DeliveryAttempt, at now: Timestamp) {
        var attempt = attempt
        if !withdrawn.isEmpty, let part = attempt.split(off: withdrawn) {
            release(part, deferredUntil: now + Self.pauseAfterWithdrawal, at: now)
            if attempt.message.recipients.isEmpty { return }
        }
        while let hop = attempt.hops.popFirst() {
            if hosts[hop.address]?.isBackedOff(at: now) == true {
                attempt.missedHosts.append(hop.host)
                continue
            }
            attempt.hop = hop
            hosts[hop.address, default: HostState()].waiting.append(attempt)
            return serve(hop.address, at: now)
        }
        if let failure = attempt.lastFailure {
            effects.append(.conclude(attempt, .hostsExhausted))
            if !attempt.message.isSandbox, isCutOff(attempt.destination, at: now) {
                expireOnDisk(attempt.destination, lastReply: failure.text, at: now)
            }
        } else {
            putBack(attempt, at: now)
        }
    }

    /// None of its hosts can be reached: not just this attempt has failed.
    private func isCutOff(_ domain: Domain, at now: Timestamp) -> Bool {
        guard case .known(let hops, _) = destinations[domain]?.routing else { return false }
        return hops.allSatisfy { hosts[$0.address]?.isBackedOff(at: now) == true }
    }

    /// All hosts are being left alone, so nothing was tried: the destination sleeps until one may be asked again.
    private mutating func putBack(_ attempt: DeliveryAttempt, at now: Timestamp) {
        let domain = attempt.destination
        if !attempt.message.isSandbox, case .known(let hops, _) = destinations[domain]?.routing {
            let wake = hops.compactMap { hosts[$0.address]?.backedOffUntil }.filter { $0 > now }.min()
            destinations[domain]?.pausedUntil = wake ?? now + .seconds(1)
        }
        release(attempt, deferredUntil: destinations[domain]?.pausedUntil ?? now + .seconds(1), at: now)
    }
}
