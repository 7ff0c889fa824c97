// CommitWatchTests.swift — who is told of commits, and how often.

import Mail
import Synchronization
import TestSupport
import Testing

@testable import Queue

private final class Calls: Sendable {
    private let seen = Mutex<[Int64]>([])
    var all: [Int64] { seen.withLock { $0 } }
    func add(_ number: Int64 = 0) { seen.withLock { $0.append(number) } }
}

@Suite struct CommitWatchTests {
    @Test func theLogIsToldOfEachCommitOfEvents() async throws {
        let fixture = try StoreFixture()
        let calls = Calls()
        let ticket = fixture.store.commits.watchLog { calls.add($0) }
        #expect(fixture.store.commits.highestEvent == 0)
        let key = try await fixture.accept(fixture.submission())
        #expect(fixture.store.commits.highestEvent == 1 && calls.all == [1])
        try await fixture.store.record([fixture.attempt(key, [.deferred(until: fixture.now + .seconds(60))])])
        #expect(calls.all == [1], "no event, no call")
        ticket.end()
        try await fixture.accept(fixture.submission())
        #expect(fixture.store.commits.highestEvent == 2 && calls.all == [1])
        await fixture.end()
    }

    @Test func knowsTheEndOfTheLogFromTheStart() async throws {
        let fixture = try StoreFixture()
        try await fixture.accept(fixture.submission())
        let again = try await fixture.reopened()
        #expect(again.store.commits.highestEvent == 1)
        await again.end()
    }

    @Test func aMessageTellsOfWhatChangesIt() async throws {
        let fixture = try StoreFixture()
        let key = try await fixture.accept(fixture.submission(to: ["a@example.test", "b@example.test"]))
        let other = try await fixture.accept(fixture.submission())
        let calls = Calls(), others = Calls()
        let tickets = [
            fixture.store.commits.watch(key) { calls.add() }, fixture.store.commits.watch(key) { calls.add() },
            fixture.store.commits.watch(other) { others.add() },
        ]
        #expect(fixture.store.commits.watchedMessages == 2)
        try await fixture.store.record([fixture.attempt(key, [.deferred(until: fixture.now + .seconds(60))])])
        #expect(calls.all.count == 2)
        tickets[0].end()
        fixture.clock.advance(by: .seconds(5 * 3600))
        _ = try await fixture.store.noticeDelays(at: fixture.now, limit: 1)
        #expect(calls.all.count == 3, "a notice")
        fixture.clock.advance(by: .seconds(6 * 86_400))
        #expect(others.all.isEmpty)
        _ = try await fixture.store.expire(
            in: Domain(trusted: "example.test"), at: fixture.now, failure: expiry, limit: 9)
        #expect(calls.all.count == 4 && others.all.count == 1, "the end of both, in one commit")
        for ticket in tickets { ticket.end() }
        #expect(fixture.store.commits.watchedMessages == 0)
        await fixture.end()
    }

    @Test(arguments: [true, false]) func thatTheContentIsGoneIsTold(byHand: Bool) async throws {
        let fixture = try StoreFixture()
        let submission = fixture.submission()
        let key = try await fixture.accept(submission)
        try await fixture.store.record([fixture.attempt(key, [.delivered])])
        let calls = Calls()
        let ticket = fixture.store.commits.watch(key) { calls.add() }
        if byHand {
            _ = try await fixture.store.eraseContent(of: submission.id, in: .default)
        } else {
            fixture.clock.advance(by: .seconds(60))
            let retention = Retention(content: .seconds(30), messages: .seconds(600))
            _ = try await fixture.store.purge(at: fixture.now, retention: retention)
        }
        #expect(calls.all.count == 1)
        ticket.end()
        await fixture.end()
    }

    @Test func whatIsRolledBackIsNotTold() async throws {
        let fixture = try StoreFixture()
        let key = try await fixture.accept(fixture.submission())
        let calls = Calls()
        let ticket = fixture.store.commits.watch(key) { calls.add() }
        await #expect(throws: StoreFailure.self) {
            // No such recipient: the foreign key of its event refuses it.
            try await fixture.store.record([fixture.attempt(MessageKey(rawValue: 4711), [.delivered])])
        }
        #expect(calls.all.isEmpty)
        ticket.end()
        await fixture.end()
    }
}

@Suite struct EventFilterTests {
    /// In SQL and in Swift.
    @Test(arguments: [
        (EventFilter(), 4), (EventFilter(types: [.delivered]), 1), (EventFilter(types: [.delivered, .bounced]), 2),
        (EventFilter(tags: ["kind": "otp"]), 2), (EventFilter(tags: ["kind": "otp", "lang": "de"]), 2),
        (EventFilter(tags: ["kind": "otp", "lang": "fr"]), 0), (EventFilter(tags: ["nonesuch": "1"]), 0),
        (EventFilter(types: [.delivered], tags: ["kind": "otp"]), 1), (EventFilter(tags: ["name": "Zo\u{EB}"]), 2),
        (EventFilter(tags: ["name": "Zoe\u{308}"]), 0),
    ])
    func findsAndMatchesTheSame(filter: EventFilter, count: Int) async throws {
        let fixture = try StoreFixture()
        var tagged = fixture.submission()
        tagged.tags = ["kind": "otp", "lang": "de", "name": "Zo\u{EB}"]
        try await check(filter, count, tagged, fixture)
        var ofOne = filter
        ofOne.message = tagged.id
        let all = try await fixture.store.events(in: .default, after: 0, limit: 9).events
        let found = try await fixture.store.events(in: .default, after: 0, matching: ofOne, limit: 9).events
        #expect(found.map(\.seq) == all.filter(ofOne.matches).map(\.seq))
        await fixture.end()
    }

    private func check(
        _ filter: EventFilter, _ count: Int, _ tagged: Submission, _ fixture: StoreFixture
    ) async throws {
        let (first, second) = (
            try await fixture.accept(tagged), try await fixture.accept(fixture.submission())
        )
        try await fixture.store.record([
            fixture.attempt(first, [.delivered]), fixture.attempt(second, [.bounced(refusal)]),
        ])
        let all = try await fixture.store.events(in: .default, after: 0, limit: 9).events
        let found = try await fixture.store.events(in: .default, after: 0, matching: filter, limit: 9).events
        #expect(found.count == count && found.map(\.seq) == all.filter(filter.matches).map(\.seq))
    }

    @Test func theLogOfAllProjectsIsInOrder() async throws {
        let fixture = try StoreFixture()
        var elsewhere = fixture.submission()
        elsewhere.project = ProjectID(rawValue: 2)
        try await fixture.accept(fixture.submission())
        try await fixture.accept(elsewhere)
        try await fixture.accept(fixture.submission())
        #expect(try await fixture.store.events(after: 0, limit: 2).map(\.seq) == [1, 2])
        #expect(try await fixture.store.events(after: 1, limit: 9).map(\.project.rawValue) == [2, 1])
        await fixture.end()
    }
}
