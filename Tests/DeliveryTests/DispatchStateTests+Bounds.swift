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

    // MARK: The end

    @Test mutating func recordsNothingOfALookupThatTheEndCutsShort() {
        state.announce([message(1)], at: start)
        _ = effects()
        state.stop()
        state.routed(domain, .unknown("the resolver is closed"), at: start)
        #expect(effects().isEmpty)
    }
}
