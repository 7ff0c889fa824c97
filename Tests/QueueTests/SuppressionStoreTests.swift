// SuppressionStoreTests.swift — who is suppressed, on disk and in memory, and what that does to messages.

import GRDB
import Mail
import TestSupport
import Testing

@testable import Queue

@Suite struct SuppressionStoreTests {
    private let bob = SuppressedAddress(mailbox("bob@example.test"))
    private let other = ProjectID(rawValue: 7)

    @Test(arguments: [
        ("Bob@example.test", "bob@example.test"), ("BOB+Tag@example.test", "bob+tag@example.test"),
        ("ÄB@example.test", "Äb@example.test"),
    ])
    func anAddressIsLowerCaseInASCIIAlone(written: String, normal: String) {
        #expect(Array(SuppressedAddress(mailbox(written)).description.utf8) == Array(normal.utf8))
    }

    @Test func whatIsAddedIsReadBackAndKnown() async throws {
        let fixture = try StoreFixture()
        let end = fixture.now + .seconds(60)
        let new = NewSuppression(address: bob, reason: .complaint, note: "by phone", expiresAt: end)
        let saved = try await fixture.store.suppress([new], in: .default, at: fixture.now)
        #expect(saved.map(\.isNew) == [true])
        let read = try #require(
            try await fixture.store.suppression(of: bob, in: .default, at: fixture.now))
        #expect(read.address.description == "bob@example.test" && read.reason == .complaint)
        #expect(
            read.note == "by phone" && read.message == nil && read.createdAt == fixture.now && read.expiresAt == end)
        #expect(read.key == saved[0].suppression.key)
        let held = fixture.store.suppressions
        #expect(held.holds(mailbox("BOB@example.test"), in: .default, at: fixture.now))
        #expect(!held.holds(mailbox("bob@example.test"), in: other, at: fixture.now))
        #expect(!held.holds(mailbox("rob@example.test"), in: .default, at: fixture.now))
        #expect(try await fixture.store.suppression(of: bob, in: other, at: fixture.now) == nil)
        await fixture.end()
    }

    @Test func whatIsNotSaidAgainStays() async throws {
        let fixture = try StoreFixture()
        let first = NewSuppression(address: bob, reason: .complaint, note: "by phone")
        let before = try await fixture.store.suppress([first], in: .default, at: fixture.now)[0].suppression
        fixture.clock.advance(by: .seconds(5))
        let end = fixture.now + .seconds(9)
        let again = try await fixture.store.suppress(
            [NewSuppression(address: bob, expiresAt: end)], in: .default, at: fixture.now)
        #expect(again[0].isNew == false)
        let after = again[0].suppression
        #expect(after.reason == .complaint && after.note == "by phone" && after.expiresAt == end)
        #expect(after.createdAt == before.createdAt && after.key == before.key)
        #expect(!fixture.store.suppressions.holds(mailbox("bob@example.test"), in: .default, at: end))
        await fixture.end()
    }

    @Test func whatHasExpiredIsAsGoodAsGone() async throws {
        let fixture = try StoreFixture()
        let new = NewSuppression(address: bob, reason: .complaint, expiresAt: fixture.now + .seconds(1))
        _ = try await fixture.store.suppress([new], in: .default, at: fixture.now)
        fixture.clock.advance(by: .seconds(1))
        let now = fixture.now
        #expect(!fixture.store.suppressions.holds(mailbox("bob@example.test"), in: .default, at: now))
        #expect(try await fixture.store.suppression(of: bob, in: .default, at: now) == nil)
        #expect(try await fixture.store.suppressions(in: .default, at: now, limit: 9).isEmpty)
        #expect(try await fixture.store.unsuppress(bob, in: .default, at: now) == false)
        let saved = try await fixture.store.suppress([NewSuppression(address: bob)], in: .default, at: now)
        #expect(saved[0].isNew && saved[0].suppression.reason == .manual && saved[0].suppression.expiresAt == nil)
        await fixture.end()
    }

    @Test func whatHasExpiredIsDeleted() async throws {
        let fixture = try StoreFixture()
        for (address, end) in [("a@x.test", 1), ("b@x.test", 2), ("c@x.test", 0)] {
            let new = NewSuppression(
                address: SuppressedAddress(mailbox(address)), expiresAt: end == 0 ? nil : fixture.now + .seconds(end))
            _ = try await fixture.store.suppress([new], in: .default, at: fixture.now)
        }
        fixture.clock.advance(by: .seconds(2))
        let retention = Retention(content: .seconds(60), messages: .seconds(60))
        #expect(try await fixture.store.purge(at: fixture.now, retention: retention, limit: 1))
        #expect(try await fixture.store.purge(at: fixture.now, retention: retention, limit: 3) == false)
        #expect(try fixture.count("suppressions") == 1)
        await fixture.end()
    }

    @Test func whatIsRemovedMayBeWrittenTo() async throws {
        let fixture = try StoreFixture()
        _ = try await fixture.store.suppress([NewSuppression(address: bob)], in: .default, at: fixture.now)
        #expect(try await fixture.store.unsuppress(bob, in: other, at: fixture.now) == false)
        #expect(try await fixture.store.unsuppress(bob, in: .default, at: fixture.now))
        #expect(fixture.store.suppressions.isEmpty)
        #expect(try await fixture.store.suppression(of: bob, in: .default, at: fixture.now) == nil)
        await fixture.end()
    }

    @Test func listsAreOfOneProjectNewestFirstAndFiltered() async throws {
        let fixture = try StoreFixture()
        for (address, reason) in [("a@x.test", "bounce"), ("ab@y.test", "manual"), ("b@x.test", "manual")] {
            let new = NewSuppression(
                address: SuppressedAddress(mailbox(address)), reason: SuppressionReason(rawValue: reason))
            _ = try await fixture.store.suppress([new], in: .default, at: fixture.now)
            fixture.clock.advance(by: .seconds(1))
        }
        _ = try await fixture.store.suppress([NewSuppression(address: bob)], in: other, at: fixture.now)
        func list(before: Int64? = nil, limit: Int = 9, _ set: (inout SuppressionFilter) -> Void = { _ in })
            async throws
            -> [String]
        {
            var filter = SuppressionFilter()
            set(&filter)
            return try await fixture.store.suppressions(
                in: .default, matching: filter, before: before, at: fixture.now, limit: limit
            ).map(\.address.description)
        }
        #expect(try await list() == ["b@x.test", "ab@y.test", "a@x.test"])
        let first = try await fixture.store.suppressions(in: .default, at: fixture.now, limit: 2)
        #expect(try await list(before: first[1].key) == ["a@x.test"])
        #expect(try await list { $0.reason = .bounce } == ["a@x.test"])
        #expect(try await list { $0.domain = Domain(trusted: "x.test") } == ["b@x.test", "a@x.test"])
        #expect(try await list { $0.domain = Domain(trusted: ".test") } == [])
        #expect(try await list { $0.prefix = "a" } == ["ab@y.test", "a@x.test"])
        #expect(try await list { $0.createdAfter = fixture.now - .seconds(2) } == ["b@x.test", "ab@y.test"])
        #expect(try await list { $0.createdBefore = fixture.now - .seconds(2) } == ["a@x.test"])
        await fixture.end()
    }

    @Test func aPageIsReadFromItsProjectAloneWithoutSorting() async throws {
        let fixture = try StoreFixture()
        var conditions = Conditions()
        conditions.add("project = 1")
        conditions.add("expires_at IS NULL OR expires_at > 5")
        conditions.add("id < 9")
        let sql = Suppression.page(conditions)
        let plan = try fixture.sql { database in
            try Row.fetchAll(database, sql: "EXPLAIN QUERY PLAN " + sql, arguments: [9]).map { $0["detail"] as String }
        }
        #expect(plan.count == 1 && plan[0].contains("suppressions_by_project (project=? AND id<?)"), "\(plan)")
        await fixture.end()
    }

    @Test func theyGoWithTheirProjectInPieces() async throws {
        let fixture = try StoreFixture()
        let project = try #require(try await fixture.store.createProject("tenant", at: fixture.now))
        let new = (1...5).map { NewSuppression(address: SuppressedAddress(mailbox("u\($0)@x.test"))) }
        _ = try await fixture.store.suppress(new, in: project.id, at: fixture.now)
        #expect(try await fixture.store.deleteProject(project.id, at: fixture.now) == .done)
        let retention = Retention(content: .seconds(60), messages: .seconds(60))
        for left in [3, 1, 0] {
            _ = try await fixture.store.purge(at: fixture.now, retention: retention, limit: 2)
            #expect(try fixture.count("suppressions") == left)
        }
        #expect(fixture.store.suppressions.isEmpty)
        await fixture.end()
    }

    @Test func theyAreKnownAgainAfterARestart() async throws {
        let fixture = try StoreFixture()
        let end = fixture.now + .seconds(9)
        _ = try await fixture.store.suppress([NewSuppression(address: bob, expiresAt: end)], in: other, at: fixture.now)
        let again = try await fixture.reopened()
        #expect(again.store.suppressions.holds(mailbox("bob@example.test"), in: other, at: again.now))
        #expect(!again.store.suppressions.holds(mailbox("bob@example.test"), in: other, at: end))
        #expect(!again.store.suppressions.holds(mailbox("bob@example.test"), in: .default, at: again.now))
        await again.end()
    }
}

/// What bounces do.
extension SuppressionStoreTests {
    private func bounced(_ fixture: StoreFixture, _ bounce: Bounce, suppresses: Bool = true) async throws -> Submission
    {
        let submission = fixture.submission(to: ["Bob@example.test", "eve@example.test"])
        let key = try await fixture.accept(submission)
        var attempt = fixture.attempt(key, [.bounced(bounce), .delivered])
        attempt.suppressesDeadMailboxes = suppresses
        try await fixture.store.record([attempt])
        return submission
    }

    @Test func aDeadMailboxIsSuppressedInTheSameCommit() async throws {
        let fixture = try StoreFixture()
        let submission = try await bounced(fixture, refusal)
        let list = try await fixture.store.suppressions(in: .default, at: fixture.now, limit: 9)
        let found = try #require(list.first)
        #expect(list.count == 1 && found.address.description == "bob@example.test" && found.reason == .bounce)
        #expect(found.message == submission.id && found.note == refusal.message && found.expiresAt == nil)
        #expect(fixture.store.suppressions.holds(mailbox("bob@example.test"), in: .default, at: fixture.now))
        await fixture.end()
    }

    @Test func noOtherBounceSuppresses() async throws {
        let fixture = try StoreFixture()
        var soft = refusal
        soft.kind = .soft
        _ = try await bounced(fixture, soft)
        _ = try await bounced(fixture, refusal, suppresses: false)
        #expect(try fixture.count("suppressions") == 0)
        await fixture.end()
    }

    @Test func aBounceEndsAnExpiryAndChangesNothingElse() async throws {
        let fixture = try StoreFixture()
        let asked = NewSuppression(address: bob, reason: .unsubscribe, note: "asked")
        _ = try await fixture.store.suppress([asked], in: .default, at: fixture.now)
        _ = try await bounced(fixture, refusal)
        let kept = try await fixture.store.suppression(of: bob, in: .default, at: fixture.now)
        #expect(kept?.reason == .unsubscribe && kept?.note == "asked")
        let passing = NewSuppression(address: bob, expiresAt: fixture.now + .seconds(9))
        _ = try await fixture.store.suppress([passing], in: .default, at: fixture.now)
        _ = try await bounced(fixture, refusal)
        let found = try await fixture.store.suppression(of: bob, in: .default, at: fixture.now)
        #expect(found?.reason == .bounce && found?.expiresAt == nil)
        #expect(try fixture.count("suppressions") == 1)
        await fixture.end()
    }
}

/// What becomes of messages.
extension SuppressionStoreTests {
    @Test func aSuppressedRecipientIsFinalFromTheStart() async throws {
        let fixture = try StoreFixture()
        _ = try await fixture.store.suppress([NewSuppression(address: bob)], in: .default, at: fixture.now)
        var submission = fixture.submission(to: ["Bob@example.test", "eve@example.test"])
        submission.markSuppressed(by: fixture.store.suppressions)
        let key = try await fixture.accept(submission)
        #expect(fixture.ready.last?.recipients.map(\.key.position) == [1])
        let stored = try #require(try await fixture.store.message(submission.id, in: .default))
        #expect(stored.recipients.map(\.state) == [.suppressed, .queued] && stored.finishedAt == nil)
        let expected = StoredMessage(accepted: submission)
        #expect(expected.recipients.map(\.state) == [.suppressed, .queued] && expected.finishedAt == nil)
        #expect(expected.recipients[0].finishedAt == stored.recipients[0].finishedAt)
        #expect(expected.recipients[0].nextAttemptAt == nil && stored.recipients[0].nextAttemptAt == nil)
        let events = try #require(try await fixture.store.events(of: submission.id, in: .default))
        #expect(events.map(\.type) == [.accepted, .accepted, .suppressed])
        #expect(events[2].message?.recipientID == submission.recipients[0].id)
        #expect(try await fixture.due().messages.map(\.recipients.count) == [1])
        try await fixture.store.record([fixture.attempt(key, [.delivered], from: 1)])
        #expect(try await fixture.store.message(submission.id, in: .default)?.finishedAt != nil)
        await fixture.end()
    }

    @Test func aMessageToNobodyIsFinishedAtOnce() async throws {
        let fixture = try StoreFixture()
        _ = try await fixture.store.suppress([NewSuppression(address: bob)], in: .default, at: fixture.now)
        var submission = fixture.submission()
        submission.markSuppressed(by: fixture.store.suppressions)
        _ = try await fixture.store.submit(submission)
        #expect(fixture.ready.isEmpty)
        let stored = try #require(try await fixture.store.message(submission.id, in: .default))
        #expect(stored.finishedAt == fixture.now && stored.status(at: fixture.now) == .undelivered)
        #expect(StoredMessage(accepted: submission).finishedAt == fixture.now)
        let retention = Retention(content: .seconds(60), messages: .seconds(600))
        fixture.clock.advance(by: .seconds(60))
        _ = try await fixture.store.purge(at: fixture.now, retention: retention)
        #expect(try await fixture.store.content(of: submission.id, in: .default) == nil)
        await fixture.end()
    }

    @Test func whoIgnoresSuppressionsReachesAll() async throws {
        let fixture = try StoreFixture()
        _ = try await fixture.store.suppress([NewSuppression(address: bob)], in: .default, at: fixture.now)
        var submission = fixture.submission()
        submission.ignoresSuppressions = true
        submission.isSandbox = true
        submission.markSuppressed(by: fixture.store.suppressions)
        _ = try await fixture.accept(submission)
        let ready = try #require(fixture.ready.last)
        #expect(ready.ignoresSuppressions && ready.isSandbox && ready.recipients.count == 1)
        let due = try #require(try await fixture.due().messages.first)
        #expect(due.ignoresSuppressions && due.isSandbox)
        #expect(try await fixture.store.message(submission.id, in: .default)?.isSandbox == true)
        let event = try await fixture.store.events(of: submission.id, in: .default)?.first
        #expect(event?.message?.isSandbox == true && event?.message?.metadata == submission.metadata)
        await fixture.end()
    }

    @Test func whoeverIsQueuedCanBecomeSuppressed() async throws {
        let fixture = try StoreFixture()
        let submission = fixture.submission(to: ["a@x.test", "b@x.test"])
        let key = try await fixture.accept(submission)
        let recipients = try #require(fixture.ready.last).recipients
        try await fixture.store.record([fixture.attempt(key, [.delivered])])
        let written = try await fixture.store.suppress(recipients.map(\.key), at: fixture.now)
        #expect(written == Set(recipients.map(\.key)))
        let stored = try #require(try await fixture.store.message(submission.id, in: .default))
        #expect(stored.recipients.map(\.state) == [.delivered, .suppressed] && stored.finishedAt == fixture.now)
        #expect(stored.recipients[1].attempts == 0)
        let events = try await fixture.store.events(of: submission.id, in: .default)
        #expect(events?.map(\.type) == [.accepted, .accepted, .delivered, .suppressed])
        await fixture.end()
    }
}

/// Beside those who are being attempted.
extension SuppressionStoreTests {
    @Test func whoIsBeingAttemptedIsLeftAlone() async throws {
        let fixture = try StoreFixture()
        let one = fixture.submission(to: ["a@x.test", "b@x.test"]), other = fixture.submission(to: ["c@x.test"])
        for submission in [one, other] { try await fixture.accept(submission) }
        let recipients = fixture.ready.flatMap(\.recipients)
        #expect(fixture.store.transactions.enter(recipients.prefix(1)).isEmpty)
        let written = try await fixture.store.suppress(recipients.map(\.key), at: fixture.now)
        #expect(written == Set(recipients.dropFirst().map(\.key)))
        let states = try await fixture.store.message(one.id, in: .default)?.recipients.map(\.state)
        #expect(states == [.queued, .suppressed])
        // The bar is lifted.
        #expect(fixture.store.transactions.enter(recipients).isEmpty)
        await fixture.end()
    }
}
