// ChangeTests.swift — canceling, retrying and rescheduling, and who is first: they or Delivery.

import Mail
import TestSupport
import Testing

@testable import Queue

@Suite struct ChangeTests {
    private func cancel(
        _ id: MessageID, _ fixture: StoreFixture, named: [RecipientReference]? = nil
    ) async throws -> (message: StoredMessage, changed: Int, reasons: [SkippedRecipient.Reason]) {
        try done(await fixture.store.cancel(id, in: .default, named: named, at: fixture.now))
    }

    private func retry(
        _ id: MessageID, _ fixture: StoreFixture, named: [RecipientReference]? = nil
    ) async throws -> (message: StoredMessage, changed: Int, reasons: [SkippedRecipient.Reason]) {
        try done(await fixture.store.retry(id, in: .default, named: named, at: fixture.now))
    }

    private func done(
        _ outcome: ChangeOutcome
    ) throws -> (message: StoredMessage, changed: Int, reasons: [SkippedRecipient.Reason]) {
        guard case .done(let message, let changed, let skipped) = outcome else { throw NotDone() }
        return (message, changed, skipped.map(\.reason))
    }

    private struct NotDone: Error {}

    private func ready(_ fixture: StoreFixture) throws -> [ReadyRecipient] {
        try #require(fixture.ready.last).recipients
    }

    // MARK: Canceling

    @Test func whatWaitsBecomesCanceledWithAnEvent() async throws {
        let fixture = try StoreFixture()
        let submission = fixture.submission(to: ["a@x.test", "b@y.test"])
        try await fixture.accept(submission)
        let (message, changed, reasons) = try await cancel(submission.id, fixture)
        #expect(changed == 2 && reasons.isEmpty)
        #expect(message.recipients.map(\.state) == [.canceled, .canceled])
        #expect(message.finishedAt == fixture.now && message.status(at: fixture.now) == .canceled)
        let events = try #require(try await fixture.store.events(of: submission.id, in: .default))
        #expect(events.map(\.type) == [.accepted, .accepted, .canceled, .canceled])
        #expect(try await fixture.due(in: "x.test").messages.isEmpty)
        guard case .withdrawn(let withdrawn)? = fixture.changes.last else { throw NotDone() }
        #expect(withdrawn.map(\.key) == (try ready(fixture)).map(\.key))
        await fixture.end()
    }

    @Test func thoseNamedAreCanceledAndFinalOnesSkipped() async throws {
        let fixture = try StoreFixture()
        let submission = fixture.submission(to: ["a@x.test", "b@x.test", "c@x.test"])
        let key = try await fixture.accept(submission)
        try await fixture.store.record([fixture.attempt(key, [.delivered])])
        let named: [RecipientReference] = [.mailbox(mailbox("a@x.test")), .id(submission.recipients[2].id)]
        let (message, changed, reasons) = try await cancel(submission.id, fixture, named: named)
        #expect(changed == 1 && reasons == [.alreadyFinal])
        #expect(message.recipients.map(\.state) == [.delivered, .queued, .canceled])
        #expect(message.finishedAt == nil)
        await fixture.end()
    }

    @Test func aRecipientThatIsNoneChangesNothing() async throws {
        let fixture = try StoreFixture()
        let submission = fixture.submission()
        try await fixture.accept(submission)
        let outcome = try await fixture.store.cancel(
            submission.id, in: .default, named: [.mailbox(mailbox("bob@example.test")), .mailbox(mailbox("x@x.test"))],
            at: fixture.now)
        guard case .noSuchRecipients([1]) = outcome else { throw NotDone() }
        #expect(try await fixture.store.message(submission.id, in: .default)?.recipients[0].state == .queued)
        guard
            case .noSuchMessage = try await fixture.store.cancel(
                submission.id, in: ProjectID(rawValue: 2), named: nil, at: fixture.now)
        else { throw NotDone() }
        await fixture.end()
    }

    @Test func whoIsBeingAttemptedIsNotCanceled() async throws {
        let fixture = try StoreFixture()
        let submission = fixture.submission(to: ["a@x.test", "b@x.test"])
        try await fixture.accept(submission)
        let recipients = try ready(fixture)
        #expect(fixture.store.transactions.enter(recipients.prefix(1)).isEmpty)
        let (message, changed, reasons) = try await cancel(submission.id, fixture)
        #expect(changed == 1 && reasons == [.inTransaction])
        #expect(message.recipients.map(\.state) == [.queued, .canceled])
        fixture.store.transactions.leave(recipients.prefix(1))
        #expect(try await cancel(submission.id, fixture).message.recipients.map(\.state) == [.canceled, .canceled])
        await fixture.end()
    }

    /// From the decision to the end of the announcement, nobody may begin; after it, the bar is gone.
    @Test func nobodyIsAttemptedWhileTheCommitIsUnderWay() async throws {
        let fixture = try StoreFixture()
        let submission = fixture.submission()
        let key = try await fixture.accept(submission)
        let recipients = try ready(fixture)
        let bar = TransactionBar(fixture.store.transactions), other = TransactionBar(fixture.store.transactions)
        #expect(bar.bar(recipients.map(\.key)).isEmpty && other.bar(recipients.map(\.key)).isEmpty)
        #expect(bar.bar(recipients.map(\.key)).isEmpty, "a write may run again")
        let all = Set([RecipientKey(message: key, position: 0)])
        #expect(fixture.store.transactions.enter(recipients) == all)
        bar.lift()
        #expect(fixture.store.transactions.enter(recipients) == all, "another write bars it still")
        other.lift()
        #expect(fixture.store.transactions.enter(recipients).isEmpty)
        await fixture.end()
    }

    @Test func aFullDiskDoesNotKeepAnyoneFromCanceling() async throws {
        let directory = temporaryDirectory()
        let disk = FaultyDisk(directory: directory)
        let fixture = try StoreFixture(directory: directory)
        let submission = fixture.submission()
        try await fixture.accept(submission)
        disk.fill(butFor: directory + "/reserve")
        await #expect(throws: StoreFailure.full) { _ = try await fixture.store.submit(fixture.submission()) }
        #expect(try await cancel(submission.id, fixture).message.status(at: fixture.now) == .canceled)
        await fixture.end()
    }

    @Test func canceledStaysCanceledAfterARestart() async throws {
        let fixture = try StoreFixture()
        let submission = fixture.submission(firstAttemptIn: .seconds(60))
        try await fixture.accept(submission)
        _ = try await cancel(submission.id, fixture)
        let reopened = try await fixture.reopened()
        reopened.clock.advance(by: .seconds(61))
        #expect(try await reopened.store.destinations().isEmpty)
        #expect(try await reopened.store.message(submission.id, in: .default)?.recipients[0].state == .canceled)
        await reopened.end()
    }

    // MARK: Retrying

    @Test func whatWaitsForAnotherAttemptIsDueNow() async throws {
        let fixture = try StoreFixture()
        let submission = fixture.submission(to: ["a@x.test", "b@x.test"])
        let key = try await fixture.accept(submission)
        let later = fixture.now + .seconds(3600)
        try await fixture.store.record([fixture.attempt(key, [.deferred(until: later), .bounced(refusal)])])
        fixture.clock.advance(by: .seconds(10))
        let (message, changed, reasons) = try await retry(submission.id, fixture)
        #expect(changed == 1 && reasons == [.alreadyFinal])
        #expect(message.recipients[0].nextAttemptAt == fixture.now)
        guard case .urged(let urged)? = fixture.changes.last else { throw NotDone() }
        #expect(urged.recipients.map(\.key.position) == [0] && urged.recipients[0].attempts == 1)
        #expect(urged.dueAt == fixture.now)
        await fixture.end()
    }

    @Test func nobodyIsRetriedWhoIsScheduledOrBeingAttempted() async throws {
        let fixture = try StoreFixture()
        let scheduled = fixture.submission(firstAttemptIn: .seconds(60)), busy = fixture.submission()
        try await fixture.accept(scheduled)
        try await fixture.accept(busy)
        #expect(fixture.store.transactions.enter(try ready(fixture)).isEmpty)
        #expect(try await retry(scheduled.id, fixture).reasons == [.scheduled])
        #expect(try await retry(busy.id, fixture).reasons == [.inTransaction])
        #expect(fixture.changes.isEmpty)
        await fixture.end()
    }

    // MARK: Rescheduling

    private func reschedule(
        _ id: MessageID, to time: Timestamp?, lifetime: Duration? = nil, _ fixture: StoreFixture
    ) async throws -> ReschedulingOutcome {
        try await fixture.store.reschedule(
            id, in: .default, Rescheduling(firstAttemptAt: time, lifetime: lifetime), at: fixture.now)
    }

    @Test(arguments: [Duration.seconds(7200), .seconds(10), .zero]) func allTimesMoveWithTheFirstAttempt(
        to wait: Duration
    )
        async throws
    {
        let fixture = try StoreFixture()
        let submission = fixture.submission(expiresIn: .seconds(86_400), firstAttemptIn: .seconds(3600))
        try await fixture.accept(submission)
        let time = fixture.now + wait
        guard case .done(let message) = try await reschedule(submission.id, to: time, fixture) else { throw NotDone() }
        #expect(message.firstAttemptAt == time && message.recipients[0].nextAttemptAt == time)
        #expect(message.expiresAt - time == .seconds(86_400 - 3600))
        #expect(try await fixture.store.noticeDelays(at: fixture.now, limit: 9) == time + .seconds(4 * 3600))
        guard case .due(let ready)? = fixture.changes.last else { throw NotDone() }
        #expect(ready.dueAt == time && ready.expiresAt == message.expiresAt)
        await fixture.end()
    }

    @Test func theLifetimeCountsFromTheFirstAttempt() async throws {
        let fixture = try StoreFixture()
        let submission = fixture.submission(to: ["a@x.test", "b@x.test"], firstAttemptIn: .seconds(3600))
        try await fixture.accept(submission)
        _ = try await cancel(submission.id, fixture, named: [.mailbox(mailbox("b@x.test"))])
        let outcome = try await reschedule(submission.id, to: nil, lifetime: .seconds(60), fixture)
        guard case .done(let message) = outcome else { throw NotDone() }
        #expect(message.firstAttemptAt == submission.firstAttemptAt)
        #expect(message.expiresAt == submission.firstAttemptAt + .seconds(60))
        await fixture.end()
    }

    @Test func onlyAnotherDateNeedsRoomOnTheDisk() async throws {
        let directory = temporaryDirectory()
        let disk = FaultyDisk(directory: directory)
        let fixture = try StoreFixture(directory: directory)
        let submission = fixture.submission(firstAttemptIn: .seconds(3600))
        try await fixture.accept(submission)
        disk.fill(butFor: directory + "/reserve")
        await #expect(throws: StoreFailure.full) {
            _ = try await reschedule(submission.id, to: fixture.now + .seconds(60), fixture)
        }
        guard case .done = try await reschedule(submission.id, to: nil, lifetime: .seconds(60), fixture) else {
            throw NotDone()
        }
        disk.heal()
        await fixture.end()
    }

    @Test func onlyAScheduledMessageIsRescheduled() async throws {
        let fixture = try StoreFixture()
        let due = fixture.submission(), canceled = fixture.submission(firstAttemptIn: .seconds(60))
        let caught = fixture.submission(firstAttemptIn: .seconds(60))
        for submission in [due, canceled, caught] { try await fixture.accept(submission) }
        #expect(fixture.store.transactions.enter(try ready(fixture)).isEmpty)
        _ = try await cancel(canceled.id, fixture)
        for (id, expected) in [(due.id, MessageStatus.queued), (canceled.id, .canceled), (caught.id, .queued)] {
            let outcome = try await reschedule(id, to: fixture.now + .seconds(120), fixture)
            guard case .notScheduled(expected) = outcome else { throw NotDone() }
        }
        await fixture.end()
    }

    @Test func aComposedMessageIsDatedAnew() async throws {
        let fixture = try StoreFixture()
        let start = Timestamp(milliseconds: 1_796_000_000_000)
        for (date, expected) in [
            ("Mon, 30 Nov 2026 00:53:20 +0000", "Wed, 2 Dec 2026 00:53:20 +0000"),
            ("Mon, 30 Nov 2026 00:53:20 GMT", "Mon, 30 Nov 2026 00:53:20 GMT"),
        ] {
            var submission = fixture.submission(firstAttemptIn: start - fixture.now)
            func bytes(_ date: String) -> [UInt8] { Array("Subject: x\r\nDate: \(date)\r\n\r\nDate: \(date)\r\n".utf8) }
            submission.content = MessageContent(bytes: bytes(date))
            try await fixture.accept(submission)
            _ = try await reschedule(submission.id, to: start + .seconds(2 * 86_400), fixture)
            let content = try #require(try await fixture.store.content(of: submission.id, in: .default))
            let text = String(decoding: content.bytes, as: UTF8.self)
            #expect(text == "Subject: x\r\nDate: \(expected)\r\n\r\nDate: \(date)\r\n")
            #expect(try await fixture.store.message(submission.id, in: .default)?.size == content.bytes.count)
        }
        await fixture.end()
    }

    /// Whoever Delivery took up since they were looked for is left to Delivery.
    @Test func whoIsBeingAttemptedDoesNotExpire() async throws {
        let fixture = try StoreFixture()
        let submission = fixture.submission(to: ["a@x.test", "b@x.test"], expiresIn: .seconds(60))
        try await fixture.accept(submission)
        fixture.clock.advance(by: .seconds(61))
        #expect(fixture.store.transactions.enter(try ready(fixture).prefix(1)).isEmpty)
        let failed = try await fixture.store.expire(
            in: Domain(trusted: "x.test"), at: fixture.now, failure: expiry, limit: 9)
        #expect(failed == 1)
        let message = try await fixture.store.message(submission.id, in: .default)
        #expect(message?.recipients.map(\.state) == [.queued, .failed])
        await fixture.end()
    }
}
