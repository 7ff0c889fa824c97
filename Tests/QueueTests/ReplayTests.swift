// ReplayTests.swift — posts again: of one event, of a span, of what failed; page by page, and over a restart.

import Foundation
import GRDB
import TestSupport
import Testing

@testable import Queue

@Suite struct ReplayTests {
    static let always = Timestamp(milliseconds: .max)

    /// Sequence numbers of the retries that are due, in their order.
    private func due(_ fixture: StoreFixture, _ endpoint: Endpoint) async throws -> [Int64] {
        try await fixture.store.dueRetries(of: endpoint.id, at: fixture.now, excluding: [], limit: 9999)
            .map(\.event.seq).sorted()
    }

    /// Works all replays off; returns in how many steps.
    private func finish(_ fixture: StoreFixture, _ endpoint: Endpoint, through seq: Int64 = .max) async throws -> Int {
        var steps = 0
        while try await fixture.store.advanceReplay(of: endpoint, through: seq, at: fixture.now) { steps += 1 }
        return steps
    }

    private func replay(_ fixture: StoreFixture, since: Duration = .zero) -> Replay {
        Replay(since: fixture.now + since, until: Self.always)
    }

    @Test func anEventIsPostedAgain() async throws {
        let fixture = try StoreFixture()
        let endpoint = try await fixture.endpoint()
        try await fixture.accept(fixture.submission(to: ["a@x.test", "b@x.test"]))
        let events = try await fixture.store.events(in: .default, after: 0, types: [], limit: 9)
        try await fixture.post(1, to: endpoint, at: fixture.now, .succeeded)
        #expect(try await fixture.store.retryPost(of: events[0].id, to: endpoint, at: fixture.now))
        #expect(try await due(fixture, endpoint) == [1])
        #expect(try await fixture.store.endpoint(endpoint.id, in: .default)?.revision == 1)
        // Never posted to it; not there at all.
        #expect(try await fixture.store.retryPost(of: events[1].id, to: endpoint, at: fixture.now) == false)
        #expect(try await fixture.store.retryPost(of: EventID(at: fixture.now), to: endpoint, at: fixture.now) == false)
        await fixture.end()
    }

    @Test func aRetryByHandBeginsTheScheduleAnew() async throws {
        let fixture = try StoreFixture()
        let endpoint = try await fixture.endpoint()
        try await fixture.accept(fixture.submission())
        var last = fixture.record(1, to: endpoint, at: fixture.now, .givenUp)
        last.number = 10
        try await fixture.store.record([last], cursors: [:])
        #expect(try await due(fixture, endpoint).isEmpty)
        let event = try #require(try await fixture.store.events(in: .default, after: 0, types: [], limit: 1).first)
        #expect(try await fixture.store.retryPost(of: event.id, to: endpoint, at: fixture.now))
        let retry = try await fixture.store.dueRetries(of: endpoint.id, at: fixture.now, excluding: [], limit: 9).first
        #expect(retry?.tries == 0)
        await fixture.end()
    }

    @Test(arguments: [PostRecord.Outcome.succeeded, .givenUp, .retry(at: Timestamp(milliseconds: .max))])
    func whatIsAskedForWhileItIsBeingPostedIsPostedOnceMore(outcome: PostRecord.Outcome) async throws {
        let fixture = try StoreFixture()
        let endpoint = try await fixture.endpoint()
        try await fixture.accept(fixture.submission())
        try await fixture.post(1, to: endpoint, at: fixture.now, .givenUp)
        let event = try #require(try await fixture.store.events(in: .default, after: 0, types: [], limit: 1).first)
        let startedAt = fixture.now
        fixture.clock.advance(by: .seconds(1))
        #expect(try await fixture.store.retryPost(of: event.id, to: endpoint, at: fixture.now))
        try await fixture.post(1, to: endpoint, at: startedAt, outcome)
        #expect(try await due(fixture, endpoint) == [1])
        // The one that was asked for.
        try await fixture.post(1, to: endpoint, at: fixture.now, outcome)
        #expect(try await due(fixture, endpoint).isEmpty)
        await fixture.end()
    }

    /// Which waited for its turn with its own number, and so began after it was asked for.
    @Test func aLaterTryIsNotTheOneThatWasAskedFor() async throws {
        let fixture = try StoreFixture()
        let endpoint = try await fixture.endpoint()
        try await fixture.accept(fixture.submission())
        try await fixture.post(1, to: endpoint, at: fixture.now, .retry(at: fixture.now))
        let event = try #require(try await fixture.store.events(in: .default, after: 0, types: [], limit: 1).first)
        #expect(try await fixture.store.retryPost(of: event.id, to: endpoint, at: fixture.now))
        fixture.clock.advance(by: .seconds(1))
        var second = fixture.record(1, to: endpoint, at: fixture.now, .givenUp)
        second.number = 2
        try await fixture.store.record([second], cursors: [:])
        let retry = try await fixture.store.dueRetries(of: endpoint.id, at: fixture.now, excluding: [], limit: 9).first
        #expect(retry?.event.seq == 1 && retry?.tries == 0)
        await fixture.end()
    }

    @Test func nothingIsPostedAgainThatNeedsAFullDisk() async throws {
        let directory = temporaryDirectory()
        let disk = FaultyDisk(directory: directory)
        let fixture = try StoreFixture(directory: directory)
        let endpoint = try await fixture.endpoint()
        try await fixture.accept(fixture.submission())
        try await fixture.post(1, to: endpoint, at: fixture.now, .givenUp)
        let event = try #require(try await fixture.store.events(in: .default, after: 0, types: [], limit: 1).first)
        let all = Replay(since: Timestamp(milliseconds: 0), until: Self.always)
        #expect(try await fixture.store.begin(all, to: endpoint) == .begun(events: 1))
        disk.fill(butFor: directory + "/reserve")
        await #expect(throws: StoreFailure.full) { _ = try await fixture.store.begin(all, to: endpoint) }
        await #expect(throws: StoreFailure.full) {
            _ = try await fixture.store.advanceReplay(of: endpoint, through: .max, at: fixture.now)
        }
        await #expect(throws: StoreFailure.full) {
            _ = try await fixture.store.retryPost(of: event.id, to: endpoint, at: fixture.now)
        }
        disk.heal()
        await fixture.end()
    }

    @Test func aSpanIsReplayed() async throws {
        let fixture = try StoreFixture()
        let endpoint = try await fixture.endpoint()
        var times: [Timestamp] = []
        for _ in 0..<5 {
            times.append(fixture.now)
            try await fixture.accept(fixture.submission())
            fixture.clock.advance(by: .seconds(3600))
        }
        let span = Replay(since: times[1], until: times[3])
        #expect(try await fixture.store.begin(span, to: endpoint) == .begun(events: 2))
        _ = try await finish(fixture, endpoint)
        #expect(try await due(fixture, endpoint) == [2, 3])
        #expect(try fixture.count("replays") == 0)
        await fixture.end()
    }

    @Test func aReplayTakesWhatTheEndpointWantsAndOfItWhatIsAskedFor() async throws {
        let fixture = try StoreFixture()
        let endpoint = try await fixture.endpoint { ($0.types, $0.tags) = ([.accepted, .bounced], ["kind": "otp"]) }
        for tags in [["kind": "otp", "x": "y"], ["kind": "news"], [:]] {
            var submission = fixture.submission()
            submission.tags = tags
            let key = try await fixture.accept(submission)
            try await fixture.store.record([fixture.attempt(key, [.bounced(refusal)])])
        }
        _ = try await fixture.store.appendTestEvent(to: endpoint.id, in: .default, at: fixture.now)
        #expect(try await fixture.store.begin(replay(fixture), to: endpoint) == .begun(events: 2))
        var bounces = replay(fixture)
        bounces.types = [.bounced]
        #expect(try await fixture.store.begin(bounces, to: endpoint) == .begun(events: 1))
        bounces.types = [.delivered]
        #expect(try await fixture.store.begin(bounces, to: endpoint) == .begun(events: 0))
        bounces.types = [.test]
        #expect(try await fixture.store.begin(bounces, to: endpoint) == .begun(events: 1))
        _ = try await finish(fixture, endpoint)
        #expect(try await due(fixture, endpoint) == [1, 2, 7])
        await fixture.end()
    }

    @Test func whatFailedIsReplayed() async throws {
        let fixture = try StoreFixture()
        let endpoint = try await fixture.endpoint()
        for _ in 0..<4 { try await fixture.accept(fixture.submission()) }
        let now = fixture.now
        try await fixture.store.record(
            [
                fixture.record(1, to: endpoint, at: now, .givenUp),
                fixture.record(2, to: endpoint, at: now, .succeeded),
                fixture.record(3, to: endpoint, at: now, .retry(at: now + .seconds(300))),
            ], cursors: [:])
        var failed = Replay(since: Timestamp(milliseconds: 0), until: Self.always, isOfFailed: true)
        #expect(try await fixture.store.begin(failed, to: endpoint) == .begun(events: 2))
        _ = try await finish(fixture, endpoint)
        #expect(try await due(fixture, endpoint) == [1, 3])
        failed.types = [.bounced]
        #expect(try await fixture.store.begin(failed, to: endpoint) == .begun(events: 0))
        await fixture.end()
    }

    @Test func aLongReplayGoesPageByPageAndOverARestart() async throws {
        let fixture = try StoreFixture()
        let endpoint = try await fixture.endpoint()
        for _ in 0..<3 { try await fixture.accept(fixture.submission(to: (0..<100).map { "u\($0)@x.test" })) }
        #expect(try await fixture.store.begin(replay(fixture), to: endpoint) == .begun(events: 300))
        #expect(try await fixture.store.advanceReplay(of: endpoint, through: .max, at: fixture.now))
        #expect(try await due(fixture, endpoint) == Array(1...100))
        let next = try await fixture.reopened()
        #expect(try await finish(next, endpoint) == 2)
        #expect(try await due(next, endpoint) == Array(1...300))
        await next.end()
    }

    @Test func aLongReplayOfWhatFailedGoesPageByPage() async throws {
        let fixture = try StoreFixture()
        let endpoint = try await fixture.endpoint()
        for _ in 0..<3 { try await fixture.accept(fixture.submission(to: (0..<100).map { "u\($0)@x.test" })) }
        let records = (1...300).map { fixture.record($0, to: endpoint, at: fixture.now, .givenUp) }
        try await fixture.store.record(records, cursors: [:])
        let failed = Replay(since: Timestamp(milliseconds: 0), until: Self.always, isOfFailed: true)
        #expect(try await fixture.store.begin(failed, to: endpoint) == .begun(events: 300))
        #expect(try await fixture.store.advanceReplay(of: endpoint, through: .max, at: fixture.now))
        #expect(try await due(fixture, endpoint) == Array(1...100))
        _ = try await finish(fixture, endpoint)
        #expect(try await due(fixture, endpoint) == Array(1...300))
        // All of it is going to be posted, and fails no more than once for it.
        #expect(try await fixture.store.begin(failed, to: endpoint) == .begun(events: 0))
        await fixture.end()
    }

    @Test func whatTheFeedHasNotReadYetIsLeftToIt() async throws {
        let fixture = try StoreFixture()
        let endpoint = try await fixture.endpoint()
        for _ in 0..<5 { try await fixture.accept(fixture.submission()) }
        #expect(try await fixture.store.begin(replay(fixture), to: endpoint) == .begun(events: 5))
        #expect(try await finish(fixture, endpoint, through: 3) == 1)
        #expect(try await due(fixture, endpoint) == [1, 2, 3])
        await fixture.end()
    }

    @Test func replaysOfAnEndpointAreFew() async throws {
        let fixture = try StoreFixture()
        let endpoint = try await fixture.endpoint()
        try await fixture.accept(fixture.submission())
        for _ in 0..<10 {
            #expect(try await fixture.store.begin(replay(fixture), to: endpoint) == .begun(events: 1))
        }
        #expect(try await fixture.store.begin(replay(fixture), to: endpoint) == .tooMany)
        _ = try await fixture.store.deleteEndpoint(endpoint.id, in: .default, at: fixture.now)
        #expect(try await fixture.store.begin(replay(fixture), to: endpoint) == .noSuchEndpoint)
        await fixture.end()
    }

    @Test func anotherProjectsEventsAreNotReplayed() async throws {
        let fixture = try StoreFixture()
        let endpoint = try await fixture.endpoint { $0.project = ProjectID(rawValue: 2) }
        try await fixture.accept(fixture.submission())
        #expect(try await fixture.store.begin(replay(fixture), to: endpoint) == .begun(events: 0))
        let event = try #require(try await fixture.store.events(in: .default, after: 0, types: [], limit: 1).first)
        try await fixture.post(1, to: endpoint, at: fixture.now, .succeeded)
        #expect(try await fixture.store.retryPost(of: event.id, to: endpoint, at: fixture.now) == false)
        await fixture.end()
    }

    @Test func postsAreFilteredByOutcomeAndEvent() async throws {
        let fixture = try StoreFixture()
        let endpoint = try await fixture.endpoint()
        for _ in 0..<2 { try await fixture.accept(fixture.submission()) }
        try await fixture.post(1, to: endpoint, at: fixture.now, .retry(at: fixture.now))
        try await fixture.post(1, to: endpoint, at: fixture.now, .succeeded)
        try await fixture.post(2, to: endpoint, at: fixture.now, .succeeded)
        let event = try #require(try await fixture.store.events(in: .default, after: 0, types: [], limit: 1).first)
        for (filter, statuses) in [
            (PostFilter(), [200, 200, 500]), (PostFilter(hasSucceeded: true), [200, 200]),
            (PostFilter(hasSucceeded: false), [500]), (PostFilter(event: event.id), [200, 500]),
            (PostFilter(hasSucceeded: false, event: event.id), [500]),
            (PostFilter(event: EventID(at: fixture.now)), []),
        ] {
            let posts = try await fixture.store.posts(to: endpoint, where: filter, before: nil, limit: 9)
            #expect(posts.map(\.status) == statuses)
        }
        await fixture.end()
    }

    @Test func anEventIsFoundInALongLogByTimeAndID() async throws {
        let fixture = try StoreFixture()
        var ids: [EventID] = []
        for number in 0..<40 {
            fixture.clock.advance(by: .seconds(number.isMultiple(of: 5) ? 3600 : 0))
            try await fixture.accept(fixture.submission())
        }
        ids = try await fixture.store.events(in: .default, after: 0, types: [], limit: 99).map(\.id)
        let found = try await fixture.store.read { [ids] database in
            try ids.map { try database.seq(of: $0, in: .default) }
        }
        #expect(found == (1...40).map { $0 })
        let hour = ids[12].time
        #expect(try await fixture.store.read { try $0.firstEvent(since: hour) } == 11)
        #expect(try await fixture.store.read { try $0.firstEvent(since: Timestamp(milliseconds: 0)) } == 1)
        #expect(try await fixture.store.read { try $0.firstEvent(since: ReplayTests.always) } == nil)
        await fixture.end()
    }
}
