// DispatchStateTests+Bounds.swift — what stays bounded and what is never lost: memory, reads, sessions, wake-ups.

import Address
import Mail
import Queue
import Testing

@testable import Delivery

extension DispatchStateTests {
    // MARK: Wake-ups

    @Test mutating func comesBackToWhatIsOnDiskAfterAFailedLookupOfMoreThanOnePage() {
        var settings = DeliverySettings()
        settings.maxHeldPerDestination = 600
        state = DispatchState(settings: settings)
        state.announce((1...700).map { message($0) }, at: start)
        state.ring(at: start)
        let held = Array(state.destinations[domain]!.unrouted)
        state.routed(domain, .unknown("SERVFAIL"), at: start)
        for attempt in held { state.release(attempt, deferredUntil: start + .hours(1), at: start) }
        _ = effects()
        let wake = state.nextWake ?? start + .days(1)
        #expect(wake < start + .seconds(600))
        state.ring(at: wake)
        #expect(effects() == ["fetch example.test"])
    }

    @Test mutating func readsAgainWhatFellDueDuringAReadThatFoundNothing() {
        connect()
        state.leaveOnDisk(domain, until: start)
        state.ring(at: start)
        state.leaveOnDisk(domain, until: start + .seconds(1))
        state.ring(at: start + .seconds(1))
        #expect(effects() == ["fetch example.test"])
        let nothing = DueBatch(messages: [], nextDueAt: nil, isComplete: true)
        state.fetched(domain, nothing, at: start + .seconds(1))
        #expect(effects() == ["fetch example.test"])
    }

    // MARK: Bounds

    @Test mutating func readsManyDueDestinationsByAndBy() {
        var settings = DeliverySettings()
        settings.maxHeld = 2 * DispatchState.page
        state = DispatchState(settings: settings)
        for number in 1...100 { state.leaveOnDisk(Domain(trusted: "d\(number).test"), until: start) }
        state.ring(at: start)
        var underWay = effects()
        var read: Set<String> = []
        while let next = underWay.popLast() {
            #expect(underWay.count < 2)
            read.insert(next)
            let domain = Domain(trusted: String(next.dropFirst("fetch ".count)))
            state.fetched(domain, DueBatch(messages: [], nextDueAt: nil, isComplete: true), at: start)
            underWay += effects()
        }
        #expect(read.count == 100)
        #expect(state.fetchCount == 0)
    }

    @Test mutating func looksOnceForExpiredRowsWhenAHostFailsUnderManyMessages() {
        state.announce((1...8).map { message($0) }, at: start)
        state.routed(domain, .hops([near]), at: start)
        _ = effects()
        for _ in 1...2 { state.openFailed(failure(at: near), at: start) }
        let effects = effects()
        #expect(effects.count { $0.hasPrefix("conclude") } == 5)
        #expect(effects.count { $0 == "expire on disk example.test" } == 1)
    }

    @Test mutating func forgetsDeadHostsAndTheirDestinationsInTime() {
        for number in 1...1_500 {
            let domain = Domain(trusted: "d\(number).test")
            let hop = Hop(host: "mx", address: HostAddress(ip: .v4(UInt32(number)), port: 25))
            state.announce([message(Int64(number), to: ["x@\(domain)"])], at: start)
            state.routed(domain, .hops([hop]), at: start)
            let attempt = state.hosts[hop.address]!.waiting[0]
            state.openFailed(failure(at: hop), at: start)
            state.release(attempt, deferredUntil: nil, at: start)
        }
        state.ring(at: start)
        #expect(state.hosts.count == 1_500, "what has failed just now is remembered")
        state.leaveOnDisk(domain, until: start + .hours(2))
        state.forgetFrom = 1_000
        state.ring(at: start + .hours(2) - .seconds(1))
        #expect(state.hosts.isEmpty)
        #expect(Array(state.destinations.keys) == [domain], "what has something on disk is remembered")
    }

    @Test mutating func mailForTheSandboxNeverTakesTheRoomOfMailForTheWorld() {
        openSandbox()
        state.announce((1...9).map { sandboxed($0) }, at: start)
        #expect(state.sandboxHeldCount == 3 && state.heldCount == 0)
        state.announce((10...14).map { message($0) }, at: start)
        #expect(state.heldCount == 5 && effects().contains("look up example.test"))
        state.ring(at: start + .seconds(1))
        #expect(effects().isEmpty, "the destination is full")
        state.release(state.destinations[domain]!.unrouted[0], deferredUntil: nil, at: start + .seconds(1))
        guard case .fetch(let query)? = state.effects.first else { return #expect(Bool(false), "nothing is read") }
        #expect(query.skipsSandbox && query.excluding.count == 7)
        var batch = DueBatch(messages: [], nextDueAt: nil, isComplete: true)
        batch.hasSkipped = true
        state.fetched(domain, batch, at: start + .seconds(1))
        #expect(state.destinations[domain]?.dueOnDisk == start + .seconds(2))
        state.release(state.hosts[near.address]!.waiting[0], deferredUntil: nil, at: start + .seconds(1))
        #expect(state.sandboxHeldCount == 2 && state.hasSandboxRoom)
    }

    @Test mutating func aPauseTakesBackMailForTheSandboxToo() {
        openSandbox()
        state.announce([message(1), sandboxed(2)], at: start)
        state.apply([.paused(domain)], at: start)
        #expect(Set(state.withdrawn.map(\.message.rawValue)) == [1, 2])
    }

    private mutating func openSandbox() {
        var settings = state.settings
        settings.maxHeldSandbox = 3
        settings.sandbox = Hop(host: "sandbox", address: near.address, isSandbox: true)
        state = DispatchState(settings: settings)
    }

    private func sandboxed(_ key: Int64) -> ReadyMessage {
        var message = message(key)
        message.isSandbox = true
        return message
    }

    // MARK: Sessions

    @Test mutating func leavesAFailingHostAloneThoughItWaitsForASession() {
        state.sessionCount = 3  // elsewhere: one is left
        state.announce([message(1), message(2)], at: start)
        state.routed(domain, .hops([near]), at: start)
        #expect(effects() == ["look up example.test", "open 1 at mx1.example.test"])
        state.openFailed(failure(at: near), at: start)
        #expect(effects() == ["conclude 1: hostsExhausted", "conclude 2: hostsExhausted"])
        #expect(state.hosts[near.address]?.isBackedOff(at: start) == true)
        #expect(state.sessionCount == 3)
    }

    @Test mutating func dismissesOneIdleSessionForAHungryHostNotOneForEachMessage() {
        connect()
        _ = state.next(1, at: near.address, now: start)
        state.hosts[near.address]?.idle.append((2, start))
        state.hosts[near.address]?.sessions = 2
        state.sessionCount = 4
        state.announce((8...9).map { message($0, to: ["x@other.test"]) }, at: start)
        state.routed(Domain(trusted: "other.test"), .hops([far]), at: start)
        #expect(effects() == ["look up other.test", "dismiss 1"])
    }

    @Test mutating func triesOneMoreThanAHostAllowedForEachSessionThatEnds() {
        connect()
        state.hosts[near.address]?.sessions = 3
        state.hosts[near.address]?.observedLimit = 2
        state.sessionCount = 3
        state.sessionEnded(1, near.address, at: start)
        #expect(state.hosts[near.address]?.observedLimit == 3)
    }

    @Test mutating func looksForIdleSessionsOnceASecond() {
        connect()
        _ = state.next(1, at: near.address, now: start)
        state.hosts[near.address]?.idle.append((2, start + .milliseconds(1)))
        state.ring(at: start + .seconds(5))
        #expect(effects() == ["dismiss 1"])
        #expect(state.nextWake == start + .seconds(6))
        state.ring(at: start + .seconds(6))
        #expect(effects() == ["dismiss 2"])
    }

    // MARK: Expiry

    @Test mutating func expiresNothingOnDiskForWhatALiveHostWouldNotTake() {
        connect()
        let attempt = deliver(2)
        _ = effects()
        state.leaveOnDisk(domain, until: start)
        let noTLS = FailedTry(hop: near, failure: Disposition.noTLS(isOffered: false), transcript: "", startedAt: start)
        state.unsuited(attempt, noTLS, at: start)
        #expect(effects() == ["conclude 2: hostsExhausted"])
    }

    // MARK: The end

    @Test mutating func recordsNothingOfALookupThatTheEndCutsShort() {
        state.announce([message(1)], at: start)
        _ = effects()
        state.stop()
        state.routed(domain, .unknown("the resolver is closed"), at: start)
        #expect(effects().isEmpty)
    }
}
