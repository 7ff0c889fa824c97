// DispatchStateTests.swift — who waits for what: transitions in, effects out, no thread and no socket.

import Address
import Mail
import Queue
import Testing

@testable import Delivery

struct DispatchStateTests {
    var state: DispatchState
    let start = Timestamp(milliseconds: 1_790_000_000_000)
    let near = Hop(host: "mx1.example.test", address: HostAddress(ip: .v4(0x0A00_0001), port: 25))
    let far = Hop(host: "mx2.example.test", address: HostAddress(ip: .v4(0x0A00_0002), port: 25))
    let domain = Domain(trusted: "example.test")

    init() {
        var settings = DeliverySettings()
        settings.maxSessionsPerHost = 3
        settings.maxSessions = 4
        settings.maxHeldPerDestination = 5
        state = DispatchState(settings: settings)
    }

    // MARK: Admission

    @Test mutating func looksADestinationUpOnceForManyMessages() {
        state.announce([message(1), message(2)], at: start)
        #expect(effects() == ["look up example.test"])
        #expect(state.heldCount == 2)
    }

    @Test mutating func opensASessionOnceTheRouteIsKnown() {
        state.announce([message(1)], at: start)
        state.routed(domain, .hops([near, far]), at: start)
        #expect(effects() == ["look up example.test", "open 1 at mx1.example.test"])
    }

    @Test mutating func splitsAMessageByDestination() {
        state.announce([message(1, to: ["a@one.test", "b@two.test", "c@one.test"])], at: start)
        #expect(effects() == ["look up one.test", "look up two.test"])
        #expect(state.destinations[Domain(trusted: "one.test")]?.held.count == 2)
    }

    @Test mutating func admitsNoRecipientTwice() {
        state.announce([message(1)], at: start)
        state.admit(message(1), at: start)
        #expect(state.heldCount == 1)
    }

    @Test mutating func leavesOnDiskWhatIsScheduledForLater() {
        state.announce([message(1, dueAt: start + .seconds(60))], at: start)
        #expect(effects().isEmpty)
        #expect(state.nextWake == start + .seconds(60))
        state.ring(at: start + .seconds(60))
        #expect(effects() == ["fetch example.test"])
    }

    @Test mutating func leavesOnDiskWhatDoesNotFitAndReadsItBackWhenThereIsRoom() {
        state.announce((1...8).map { message($0) }, at: start)
        #expect(state.heldCount == 5)
        _ = effects()
        let held = state.destinations[domain]?.unrouted.first
        state.release(held!, deferredUntil: nil, at: start)
        #expect(effects() == ["fetch example.test"])
    }

    @Test mutating func keepsContentsOutOfMemoryPastTheBound() {
        var settings = DeliverySettings()
        settings.maxContentBytes = 150
        state = DispatchState(settings: settings)
        state.announce([message(1, size: 100), message(2, size: 100)], at: start)
        #expect(state.destinations[domain]?.unrouted.map { $0.message.content != nil } == [true, false])
        #expect(state.contentBytes == 100)
    }

    @Test mutating func admitsNothingThatWasReleasedWhileItWasBeingRead() {
        connect()
        let first = deliver(1)
        state.leaveOnDisk(domain, until: start)
        state.ring(at: start)
        #expect(effects().contains("fetch example.test"))
        state.release(first, deferredUntil: nil, at: start)
        state.fetched(domain, DueBatch(messages: [message(1)], nextDueAt: nil, isComplete: true), at: start)
        #expect(state.heldCount == 0)
    }

    // MARK: Sessions

    @Test mutating func triesAnUnknownHostWithTwoSessionsAndAnAnsweringOneWithAll() {
        state.announce((1...5).map { message($0) }, at: start)
        state.routed(domain, .hops([near]), at: start)
        #expect(effects() == ["look up example.test", "open 1 at mx1.example.test", "open 2 at mx1.example.test"])
        #expect(state.opened(near.address, at: start)?.message.key.rawValue == 1)
        #expect(effects() == ["open 3 at mx1.example.test"])
    }

    @Test mutating func reusesAnIdleSessionForAnotherDestinationOfTheSameHost() {
        connect()
        #expect(state.next(1, at: near.address, now: start).isPark)
        let other = Domain(trusted: "other.test")
        state.announce([message(7, to: ["x@other.test"])], at: start)
        state.routed(other, .hops([Hop(host: "mx.other.test", address: near.address)]), at: start)
        #expect(effects() == ["look up other.test", "hand to 1"])
    }

    @Test mutating func dismissesASessionThatHasBeenIdleForLong() {
        connect()
        _ = state.next(1, at: near.address, now: start)
        state.ring(at: start + .seconds(4))
        #expect(effects().isEmpty)
        state.ring(at: start + .seconds(5))
        #expect(effects() == ["dismiss 1"])
    }

    @Test mutating func givesAHungryHostTheSessionOfAnIdleOne() {
        connect()
        _ = state.next(1, at: near.address, now: start)
        state.sessionCount = 4  // three more elsewhere: all are taken
        state.announce([message(9, to: ["x@other.test"])], at: start)
        state.routed(Domain(trusted: "other.test"), .hops([far]), at: start)
        #expect(effects() == ["look up other.test", "dismiss 1"])
        state.sessionEnded(1, near.address, at: start)
        #expect(effects() == ["open 2 at mx2.example.test"])
    }

    // MARK: Failing hosts

    @Test mutating func triesTheNextHostWhenOneFails() {
        state.announce([message(1), message(2)], at: start)
        state.routed(domain, .hops([near, far]), at: start)
        _ = effects()
        state.openFailed(failure(at: near), at: start)
        #expect(effects().isEmpty, "the second of the two probes is still under way")
        state.openFailed(failure(at: near), at: start)
        #expect(effects() == ["open 3 at mx2.example.test", "open 4 at mx2.example.test"])
    }

    @Test mutating func concludesWhenTheLastHostHasFailed() {
        state.announce([message(1)], at: start)
        state.routed(domain, .hops([near, far]), at: start)
        state.openFailed(failure(at: near), at: start)
        state.openFailed(failure(at: far), at: start)
        #expect(effects().last == "conclude 1: hostsExhausted")
    }

    @Test mutating func leavesADeadHostAloneAndKeepsItsMailOnDiskBehindOneTimer() {
        state.announce([message(1)], at: start)
        state.routed(domain, .hops([near]), at: start)
        let attempt = state.hosts[near.address]?.waiting.first
        state.openFailed(failure(at: near), at: start)
        state.release(attempt!, deferredUntil: start + .seconds(300), at: start)
        _ = effects()
        state.announce((2...4).map { message($0) }, at: start + .seconds(1))
        #expect(effects().isEmpty)
        #expect(state.heldCount == 0)
        let backOff = RetrySchedule(waits: [.seconds(300)]).backOff(afterFailure: 1)
        #expect(state.nextWake == start + backOff)
    }

    @Test mutating func takesARefusedFurtherSessionForALimitAndNotForDeath() {
        connect()
        state.announce((2...4).map { message($0) }, at: start)
        _ = effects()
        let opening = state.hosts[near.address]!.opening
        for _ in 0..<opening { state.openFailed(failure(at: near), at: start) }
        #expect(state.hosts[near.address]?.backedOffUntil == nil)
        #expect(state.hosts[near.address]?.observedLimit == 1)
        #expect(state.next(1, at: near.address, now: start).isDeliver)
    }

    @Test mutating func pausesADestinationWhoseLookupFails() {
        state.announce([message(1)], at: start)
        state.routed(domain, .unknown("SERVFAIL"), at: start)
        #expect(effects().last == "conclude 1: unknown(\"SERVFAIL\")")
        state.announce([message(2)], at: start)
        #expect(effects().isEmpty)
    }

    @Test mutating func expiresWhatIsOnDiskOnlyWhenTheDestinationFails() {
        state.announce((1...6).map { message($0) }, at: start)
        state.routed(domain, .unknown("SERVFAIL"), at: start)
        #expect(effects().last == "expire on disk example.test")
    }

    @Test mutating func givesOutNoWorkOnceStopped() {
        connect()
        _ = state.next(1, at: near.address, now: start)
        state.stop()
        #expect(effects() == ["dismiss 1"])
        state.announce([message(2)], at: start)
        #expect(effects().isEmpty)
        #expect(state.next(1, at: near.address, now: start).isLeave)
    }
}

// MARK: - Making and reading

extension DispatchStateTests {
    func message(
        _ key: Int64, to recipients: [String] = ["bob@example.test"], size: Int = 10, dueAt: Timestamp? = nil
    ) -> ReadyMessage {
        let key = MessageKey(rawValue: key)
        return ReadyMessage(
            key: key, id: MessageID(at: start), reversePath: .null, fromDomain: nil, acceptedAt: start,
            expiresAt: start + .days(5), tls: .opportunistic, size: size, content: MessageContent(bytes: []),
            dueAt: dueAt ?? start,
            recipients: recipients.enumerated().map { position, address in
                let parts = address.split(separator: "@")
                let mailbox = Mailbox(localPart: String(parts[0]), domain: Domain(trusted: String(parts[1])))
                return ReadyRecipient(
                    key: RecipientKey(message: key, position: Int32(position)), id: RecipientID(at: start),
                    mailbox: mailbox, attempts: 0)
            })
    }

    func failure(at hop: Hop) -> FailedTry {
        FailedTry(hop: hop, failure: HostFailure(kind: .transient, text: "refused"), transcript: "", startedAt: start)
    }

    /// One session, worker 1, is open at `near`, and `example.test` is routed there.
    mutating func connect() {
        state.announce([message(1)], at: start)
        state.routed(domain, .hops([near]), at: start)
        if let first = state.opened(near.address, at: start) { state.release(first, deferredUntil: nil, at: start) }
        _ = effects()
    }

    /// Hands message `key` to worker 1.
    mutating func deliver(_ key: Int64) -> DeliveryAttempt {
        state.announce([message(key)], at: start)
        guard case .deliver(let attempt) = state.next(1, at: near.address, now: start) else {
            fatalError("nothing to deliver")
        }
        return attempt
    }

    /// Takes the effects, in words.
    mutating func effects() -> [String] {
        defer { state.effects = [] }
        return state.effects.map { effect in
            switch effect {
            case .lookUp(let domain): "look up \(domain)"
            case .fetch(let query): "fetch \(query.domain)"
            case .open(let worker, let hop): "open \(worker) at \(hop.host)"
            case .hand(_, let worker): "hand to \(worker)"
            case .dismiss(let worker): "dismiss \(worker)"
            case .conclude(let attempt, let conclusion): "conclude \(attempt.message.key.rawValue): \(conclusion)"
            case .expireOnDisk(let domain, _, _): "expire on disk \(domain)"
            }
        }
    }
}

extension WorkerStep {
    var isPark: Bool { if case .park = self { true } else { false } }
    var isLeave: Bool { if case .leave = self { true } else { false } }
    var isDeliver: Bool { if case .deliver = self { true } else { false } }
}
