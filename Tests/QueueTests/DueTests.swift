// DueTests.swift — what Delivery is told of what is due and overdue.

import GRDB
import Mail
import Testing

@testable import Queue

@Suite struct DueTests {
    @Test func destinationsHaveTheirEarliestDueTime() async throws {
        let fixture = try StoreFixture()
        try await fixture.accept(fixture.submission(to: ["a@x.test", "b@y.test"], firstAttemptIn: .seconds(9)))
        try await fixture.accept(fixture.submission(to: ["a@x.test"]))
        let done = try await fixture.accept(fixture.submission(to: ["a@z.test"]))
        try await fixture.store.record([fixture.attempt(done, [.delivered])])
        let destinations = try await fixture.store.destinations()
        #expect(destinations.map(\.domain.ascii) == ["x.test", "y.test"])
        #expect(destinations.map(\.dueAt) == [fixture.now, fixture.now + .seconds(9)])
        await fixture.end()
    }

    @Test func dueRecipientsComeEarliestFirstAndTogether() async throws {
        let fixture = try StoreFixture()
        try await fixture.accept(fixture.submission(to: ["late@example.test"], firstAttemptIn: .seconds(2)))
        let submission = fixture.submission(to: ["a@example.test", "x@other.test", "b@example.test"])
        try await fixture.accept(submission)
        fixture.clock.advance(by: .seconds(2))
        let batch = try await fixture.due()
        #expect(batch.messages.map { $0.recipients.map(\.mailbox.localPart) } == [["a", "b"], ["late"]])
        let first = batch.messages[0]
        #expect(first.id == submission.id && first.content == nil && first.reversePath == submission.reversePath)
        #expect(first.acceptedAt == submission.acceptedAt && first.expiresAt == submission.expiresAt)
        #expect(first.size == submission.content.bytes.count && first.tls == .opportunistic)
        #expect(batch.isComplete && batch.nextDueAt == nil)
        #expect(try await fixture.store.content(of: first.key) == submission.content)
        await fixture.end()
    }

    @Test func aLimitLeavesTheRestForTheNextCall() async throws {
        let fixture = try StoreFixture()
        for name in ["a", "b", "c"] { try await fixture.accept(fixture.submission(to: ["\(name)@example.test"])) }
        let first = try await fixture.due(limit: 2)
        #expect(first.messages.count == 2 && !first.isComplete)
        let rest = try await fixture.due(limit: 2, excluding: Set(first.messages.flatMap { $0.recipients.map(\.key) }))
        #expect(rest.messages.map { $0.recipients[0].mailbox.localPart } == ["c"])
        #expect(rest.isComplete)
        await fixture.end()
    }

    @Test func mailForTheSandboxIsLeftOutWhereThereIsNoRoomForIt() async throws {
        let fixture = try StoreFixture()
        var play = fixture.submission(to: ["play@example.test"])
        play.isSandbox = true
        try await fixture.accept(play)
        try await fixture.accept(fixture.submission(to: ["earnest@example.test"]))
        var query = DueQuery(
            domain: Domain(trusted: "example.test"), now: fixture.now, limit: 1, excluding: [],
            through: fixture.store.highestMessage)
        let first = try await fixture.store.due(query)
        #expect(first.messages.map(\.isSandbox) == [true] && !first.hasSkipped && !first.isComplete)
        query.skipsSandbox = true
        let live = try await fixture.store.due(query)
        #expect(live.messages.map(\.id) != [play.id] && live.messages.map(\.isSandbox) == [false])
        #expect(live.hasSkipped && live.isComplete)
        await fixture.end()
    }

    @Test func whatWasAnnouncedLaterIsLeftOut() async throws {
        let fixture = try StoreFixture()
        try await fixture.accept(fixture.submission(to: ["a@example.test"]))
        let through = fixture.store.highestMessage
        try await fixture.accept(fixture.submission(to: ["b@example.test"]))
        let batch = try await fixture.store.due(
            DueQuery(
                domain: Domain(trusted: "example.test"), now: fixture.now, limit: 9, excluding: [], through: through))
        #expect(batch.messages.map(\.key) == [through])
        await fixture.end()
    }

    @Test func deferredRecipientsAreDueWhenTheirTimeComes() async throws {
        let fixture = try StoreFixture()
        let key = try await fixture.accept(fixture.submission())
        let later = fixture.now + .seconds(300)
        try await fixture.store.record([fixture.attempt(key, [.deferred(until: later)])])
        let early = try await fixture.due()
        #expect(early.messages.isEmpty && early.nextDueAt == later)
        fixture.clock.advance(by: .seconds(300))
        let batch = try await fixture.due()
        #expect(batch.messages.map { $0.recipients[0].attempts } == [1])
        #expect(batch.messages.map(\.dueAt) == [later])
        await fixture.end()
    }

    /// A million deferred messages must not be sorted or scanned.
    @Test(arguments: [
        "SELECT domain, next_attempt_at FROM recipients WHERE state = 'queued' AND domain > '' "
            + "ORDER BY domain, next_attempt_at LIMIT 1",
        "SELECT message FROM recipients WHERE state = 'queued' AND domain = 'x' "
            + "AND next_attempt_at <= 1 AND message <= 5 "
            + "ORDER BY next_attempt_at, expires_at, message, position",
        "SELECT message FROM recipients WHERE delay_notice_at <= 1 ORDER BY delay_notice_at LIMIT 1",
    ])
    func anIndexGivesTheOrder(_ query: String) async throws {
        let fixture = try StoreFixture()
        let plan = try fixture.sql {
            try Row.fetchAll($0, sql: "EXPLAIN QUERY PLAN " + query).map { $0["detail"] as String }
        }
        #expect(plan.count == 1 && plan[0].hasPrefix("SEARCH recipients USING"), "\(plan)")
        await fixture.end()
    }
}

@Suite struct OverdueTests {
    @Test func eachQueuedRecipientGetsOneDelayNotice() async throws {
        let fixture = try StoreFixture()
        let submission = fixture.submission(to: ["a@x.test", "b@x.test"])
        let key = try await fixture.accept(submission)
        try await fixture.store.record([fixture.attempt(key, [.delivered])])
        let noticeAt = submission.delayNoticeAt
        #expect(try await fixture.store.noticeDelays(at: noticeAt - .milliseconds(1), limit: 10) == noticeAt)
        #expect(try await fixture.store.noticeDelays(at: noticeAt, limit: 10) == nil)
        #expect(try await fixture.store.noticeDelays(at: noticeAt, limit: 10) == nil)

        let events = try #require(try await fixture.store.events(of: submission.id, in: .default))
        #expect(events.map(\.type) == [.accepted, .accepted, .delivered, .delayed])
        #expect(events.last?.message?.recipientID == submission.recipients[1].id)
        let stored = try #require(try await fixture.store.message(submission.id, in: .default))
        #expect(stored.recipients.map { $0.status(at: noticeAt) } == [.delivered, .delayed])
        await fixture.end()
    }

    @Test func noticesStopAtTheirLimit() async throws {
        let fixture = try StoreFixture()
        let submission = fixture.submission(to: ["a@x.test", "b@x.test", "c@x.test"])
        try await fixture.accept(submission)
        let noticeAt = submission.delayNoticeAt
        #expect(try await fixture.store.noticeDelays(at: noticeAt, limit: 2) == noticeAt)
        #expect(try await fixture.store.noticeDelays(at: noticeAt, limit: 2) == nil)
        await fixture.end()
    }

    @Test func onlyDueRecipientsPastTheirLifetimeExpire() async throws {
        let fixture = try StoreFixture()
        let old = fixture.submission(to: ["a@x.test", "b@y.test"], expiresIn: .seconds(60))
        let young = fixture.submission(to: ["c@x.test"])
        let waiting = fixture.submission(to: ["d@x.test"], expiresIn: .seconds(60), firstAttemptIn: .seconds(90))
        for submission in [old, young, waiting] { try await fixture.accept(submission) }
        fixture.clock.advance(by: .seconds(60))
        let x = Domain(trusted: "x.test")
        #expect(try await fixture.store.expire(in: x, at: fixture.now, failure: expiry, limit: 10) == 1)
        #expect(try await fixture.store.expire(in: x, at: fixture.now, failure: expiry, limit: 10) == 0)
        let stored = try #require(try await fixture.store.message(old.id, in: .default))
        #expect(stored.recipients.map(\.state) == [.failed, .queued])
        #expect(stored.recipients[0].failure == expiry && stored.recipients[0].attempts == 0)
        let events = try await fixture.store.events(of: old.id, in: .default)
        #expect(events?.last?.type == .failed && events?.last?.failure == expiry && events?.last?.attempt == nil)
        await fixture.end()
    }

    @Test func whoseMessageItIsIsKnownFromMemoryAndFromDisk() async throws {
        let fixture = try StoreFixture()
        var submission = fixture.submission()
        submission.project = ProjectID(rawValue: 7)
        try await fixture.accept(submission)
        #expect(fixture.ready.map(\.project) == [ProjectID(rawValue: 7)])
        #expect(try await fixture.due().messages.map(\.project) == [ProjectID(rawValue: 7)])
        await fixture.end()
    }
}
