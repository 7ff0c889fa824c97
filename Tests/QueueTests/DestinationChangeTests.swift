// DestinationChangeTests.swift — destinations that are paused, flushed, failed.

import Mail
import TestSupport
import Testing

@testable import Queue

@Suite struct DestinationChangeTests {
    private let one = Domain(trusted: "one.test")
    private let failure = Failure(reason: .failedByOperator, detail: "gone", lastReply: nil)
    private var small: QueuePages {
        var pages = QueuePages()
        (pages.size, pages.rows) = (2, 3)
        return pages
    }

    @Test func aPauseSurvivesARestart() async throws {
        var fixture = try StoreFixture()
        let start = fixture.now
        try await fixture.store.pause(one, because: "complaints", at: start)
        fixture.clock.advance(by: .seconds(60))
        try await fixture.store.pause(one, because: "many complaints", at: fixture.now)
        fixture = try await fixture.reopened()
        #expect(fixture.store.pauses.domains == [one])
        #expect(fixture.store.pauses[one] == DestinationPause(pausedAt: start, reason: "many complaints"))
        try await fixture.store.resume(one)
        try await fixture.store.resume(one)
        #expect(fixture.store.pauses[one] == nil && fixture.changes.count == 1)
        fixture = try await fixture.reopened()
        #expect(fixture.store.pauses.domains.isEmpty)
        await fixture.end()
    }

    /// Page by page, in the order of the queue, without those of other projects and what has not been due yet.
    @Test func aFlushMakesAllOfAProjectDue() async throws {
        let fixture = try StoreFixture()
        var keys: [MessageKey] = []
        for number in 0..<7 {
            var submission = fixture.submission(to: ["a@one.test"])
            submission.project = ProjectID(rawValue: number == 3 ? 2 : 1)
            keys.append(try await fixture.accept(submission))
        }
        let later = fixture.now + .seconds(3600)
        for key in keys { try await fixture.store.record([fixture.attempt(key, [.deferred(until: later)])]) }
        try await fixture.accept(fixture.submission(to: ["a@one.test"], firstAttemptIn: .seconds(7200)))
        try await fixture.accept(fixture.submission(to: ["a@two.test"], firstAttemptIn: .seconds(7200)))
        let change = try await fixture.store.flush(one, of: .default, at: fixture.now, pages: small)
        #expect(change == DestinationChange(changed: 6, skipped: 1))
        let due = try await fixture.due(in: "one.test")
        #expect(Set(due.messages.map(\.key)) == Set(keys).subtracting([keys[3]]))
        #expect(due.nextDueAt == later)
        let isFlush = fixture.changes.map { if case .flushed(let domain) = $0 { domain == one } else { false } }
        #expect(isFlush.contains(true) && !isFlush.contains(false))
        await fixture.end()
    }

    @Test func whatAProjectHasThereIsGivenUp() async throws {
        let fixture = try StoreFixture()
        let first = fixture.submission(to: ["a@one.test", "b@one.test", "c@two.test", "d@one.test"])
        let scheduled = fixture.submission(to: ["e@one.test"], firstAttemptIn: .seconds(7200))
        var foreign = fixture.submission(to: ["f@one.test"])
        foreign.project = ProjectID(rawValue: 2)
        for submission in [first, foreign, scheduled] { try await fixture.accept(submission) }
        let busy = try #require(fixture.ready.first?.recipients.filter { $0.mailbox.localPart == "b" })
        #expect(fixture.store.transactions.enter(busy).isEmpty)
        let change = try await fixture.store.fail(one, of: .default, failure, at: fixture.now, pages: small)
        #expect(change == DestinationChange(changed: 3, skipped: 1))
        let states = try #require(try await fixture.store.message(first.id, in: .default)).recipients.map(\.state)
        #expect(states == [.failed, .queued, .queued, .failed])
        let gone = try #require(try await fixture.store.message(scheduled.id, in: .default))
        #expect(gone.recipients[0].failure == failure && gone.status(at: fixture.now) == .undelivered)
        let events = try #require(try await fixture.store.events(of: scheduled.id, in: .default))
        #expect(events.map(\.type) == [.accepted, .failed] && events.last?.failure == failure)
        #expect(
            try await fixture.store.fail(one, of: ProjectID(rawValue: 3), failure, at: fixture.now)
                == DestinationChange())
        await fixture.end()
    }

    @Test func oneRequestGivesUpSoManyAtMost() async throws {
        let fixture = try StoreFixture()
        try await fixture.accept(fixture.submission(to: (1...7).map { "x\($0)@one.test" }))
        var pages = small
        pages.limit = 4
        var outcomes: [DestinationChange] = []
        for _ in 0..<2 {
            outcomes.append(try await fixture.store.fail(one, of: .default, failure, at: fixture.now, pages: pages))
        }
        #expect(outcomes.map(\.changed) == [4, 3] && outcomes.map(\.hasMore) == [true, false])
        await fixture.end()
    }
}
