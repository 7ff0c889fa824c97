// QueueSummaryTests.swift — how the queue is counted, and that a long one is not counted for long.

import Mail
import Testing

@testable import Queue

@Suite struct QueueSummaryTests {
    private func domain(_ name: String) -> Domain { Domain(trusted: name) }

    private func accept(_ recipients: [String], in project: ProjectID, _ fixture: StoreFixture) async throws {
        var submission = fixture.submission(to: recipients)
        submission.project = project
        try await fixture.accept(submission)
    }

    private let other = ProjectID(rawValue: 2)

    @Test func whatWaitsIsCountedByWhatItWaitsFor() async throws {
        let fixture = try StoreFixture()
        let start = fixture.now
        let tried = try await fixture.accept(fixture.submission(to: ["a@one.test", "b@one.test", "c@two.test"]))
        try await fixture.accept(fixture.submission(to: ["later@two.test"], firstAttemptIn: .seconds(86_400)))
        fixture.clock.advance(by: .seconds(5 * 3600))
        _ = try await fixture.store.noticeDelays(at: fixture.now, limit: 10)
        try await fixture.store.record([
            fixture.attempt(tried, [.delivered, .deferred(until: fixture.now + .seconds(60))])
        ])
        try await fixture.store.pause(domain("one.test"), because: nil, at: fixture.now)
        let queue = try await fixture.store.queue(of: .default, at: fixture.now)
        let summary = QueueSummary(
            queued: 3, due: 1, scheduled: 1, delayed: 2, nextAttemptAt: start, oldestAcceptedAt: start, isCapped: false)
        #expect(queue == ProjectQueue(summary: summary, paused: 1, destinations: 2))
        let one = try await fixture.store.destination(domain("one.test"), of: .default, at: fixture.now)
        #expect(one.summary.queued == 1 && one.summary.due == 0)
        #expect(one.summary.nextAttemptAt == fixture.now + .seconds(60))
        #expect(one.pause == DestinationPause(pausedAt: fixture.now, reason: nil))
        #expect(one.lastFailure?.reply == "250 ok" && one.lastFailure?.host == "mx1.example.test")
        let two = try await fixture.store.destination(domain("two.test"), of: .default, at: fixture.now)
        #expect(two.lastFailure == nil && two.pause == nil)
        await fixture.end()
    }

    @Test func aProjectSeesItsOwn() async throws {
        let fixture = try StoreFixture()
        try await accept(["a@one.test", "b@one.test"], in: .default, fixture)
        try await accept(["c@one.test", "d@two.test"], in: other, fixture)
        #expect(try await fixture.store.queue(of: .default, at: fixture.now).summary.queued == 2)
        #expect(try await fixture.store.queue(of: .default, at: fixture.now).destinations == 1)
        let page = try await fixture.store.destinations(
            DestinationQuery(of: other, after: nil, alsoPaused: false, limit: 9), at: fixture.now)
        #expect(page.destinations.map(\.domain.ascii) == ["one.test", "two.test"])
        #expect(page.destinations.map(\.summary.queued) == [1, 1] && page.next == nil)
        await fixture.end()
    }

    @Test func aListGoesOnWhereItsPageEnded() async throws {
        let fixture = try StoreFixture()
        let names = ["a.test", "b.test", "c.test", "d.test", "e.test"]
        try await accept(names.map { "x@\($0)" }, in: .default, fixture)
        try await accept(["x@bb.test", "x@z.test"], in: other, fixture)
        try await fixture.store.pause(domain("cc.test"), because: "moving", at: fixture.now)
        for (alsoPaused, expected) in [
            (false, names), (true, ["a.test", "b.test", "c.test", "cc.test", "d.test", "e.test"]),
        ] {
            var found: [String] = []
            var last: Domain?
            repeat {
                let page = try await fixture.store.destinations(
                    DestinationQuery(of: .default, after: last, alsoPaused: alsoPaused, limit: 2), at: fixture.now)
                #expect(page.destinations.count <= 2)
                found += page.destinations.map(\.domain.ascii)
                last = page.next
            } while last != nil
            #expect(found == expected)
        }
        await fixture.end()
    }

    /// Others' recipients count as looked at, too.
    @Test func oneRequestLooksAtSoManyRowsAtMost() async throws {
        let fixture = try StoreFixture()
        try await accept((1...4).map { "x\($0)@a.test" }, in: other, fixture)
        try await accept((1...6).map { "x\($0)@a.test" } + ["y@b.test"], in: .default, fixture)
        let queue = try await fixture.store.queue(of: .default, at: fixture.now, scan: QueueScan(rows: 7))
        #expect(queue.summary.queued == 3 && queue.summary.isCapped)
        let all = try await fixture.store.queue(of: .default, at: fixture.now, scan: QueueScan(rows: 11))
        #expect(all.summary.queued == 7 && !all.summary.isCapped)
        let some = try await fixture.store.destination(
            domain("a.test"), of: .default, at: fixture.now, scan: QueueScan(rows: 100, perDestination: 2))
        #expect(some.summary.queued == 2 && some.summary.isCapped)
        let page = try await fixture.store.destinations(
            DestinationQuery(of: .default, after: nil, alsoPaused: false, limit: 9), at: fixture.now,
            scan: QueueScan(rows: 8))
        #expect(page.destinations.map(\.domain.ascii) == ["a.test"] && page.next == domain("a.test"))
        await fixture.end()
    }
}
