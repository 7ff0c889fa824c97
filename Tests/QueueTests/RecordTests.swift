// RecordTests.swift — what an attempt changes, and that nothing ever moves backwards.

import GRDB
import Mail
import Testing

@testable import Queue

@Suite struct RecordTests {
    @Test func eachOutcomeBecomesStateEventAndAttempt() async throws {
        let fixture = try StoreFixture()
        let submission = fixture.submission(to: ["a@x.test", "b@x.test", "c@x.test", "d@x.test"])
        let key = try await fixture.accept(submission)
        let later = fixture.now + .seconds(300)
        try await fixture.store.record([
            fixture.attempt(key, [.delivered, .deferred(until: later), .bounced(refusal), .failed(expiry)])
        ])

        let stored = try #require(try await fixture.store.message(submission.id, in: .default))
        #expect(stored.recipients.map(\.state) == [.delivered, .queued, .bounced, .failed])
        #expect(stored.recipients.map(\.attempts) == [1, 1, 1, 1])
        #expect(stored.recipients[0].deliveredAt == fixture.now + .milliseconds(7))
        #expect(stored.recipients[1].nextAttemptAt == later && stored.recipients[1].finishedAt == nil)
        #expect(stored.recipients[2].bounce == refusal && stored.recipients[2].failure == nil)
        #expect(stored.recipients[3].failure == expiry && stored.recipients[3].bounce == nil)
        #expect(stored.finishedAt == nil)

        let events = try #require(try await fixture.store.events(of: submission.id, in: .default)).dropFirst(4)
        #expect(events.map(\.type) == [.delivered, .bounced, .failed])
        #expect(events.map(\.bounce) == [nil, refusal, nil] && events.map(\.failure) == [nil, nil, expiry])
        #expect(events.allSatisfy { $0.attempt?.number == 1 && $0.attempt?.host == "mx1.example.test" })

        let attempts = try #require(try await fixture.store.attempts(of: submission.id, in: .default))
        #expect(attempts.count == 1 && attempts[0].transcript == "+0.000 < 220")
        #expect(attempts[0].results.map(\.outcome) == [.delivered, .deferred, .bounced, .failed])
        #expect(attempts[0].results.map(\.recipient) == submission.recipients.map(\.id))
        await fixture.end()
    }

    @Test func aFinalRecipientStaysAsItIs() async throws {
        let fixture = try StoreFixture()
        let submission = fixture.submission()
        let key = try await fixture.accept(submission)
        try await fixture.store.record([fixture.attempt(key, [.delivered])])
        for late in [.bounced(refusal), .deferred(until: fixture.now), .delivered] as [RecipientOutcome] {
            try await fixture.store.record([fixture.attempt(key, [late])])
        }
        let stored = try #require(try await fixture.store.message(submission.id, in: .default))
        #expect(stored.recipients[0].state == .delivered && stored.recipients[0].attempts == 1)
        let events = try await fixture.store.events(of: submission.id, in: .default)
        #expect(events?.map(\.type) == [.accepted, .delivered])
        #expect(try fixture.count("verdicts") == 0)
        await fixture.end()
    }

    @Test func aMessageIsFinishedWithItsLastRecipient() async throws {
        let fixture = try StoreFixture()
        let submission = fixture.submission(to: ["a@x.test", "b@x.test"])
        let key = try await fixture.accept(submission)
        try await fixture.store.record([fixture.attempt(key, [.delivered])])
        #expect(try await fixture.store.message(submission.id, in: .default)?.finishedAt == nil)
        fixture.clock.advance(by: .seconds(5))
        try await fixture.store.record([fixture.attempt(key, [.delivered], from: 1)])
        let finishedAt = try await fixture.store.message(submission.id, in: .default)?.finishedAt
        #expect(finishedAt == fixture.now + .milliseconds(7))
        await fixture.end()
    }

    @Test func theSecondAttemptIsNumberTwo() async throws {
        let fixture = try StoreFixture()
        let submission = fixture.submission()
        let key = try await fixture.accept(submission)
        try await fixture.store.record([fixture.attempt(key, [.deferred(until: fixture.now)])])
        try await fixture.store.record([fixture.attempt(key, [.delivered])])
        let events = try await fixture.store.events(of: submission.id, in: .default)
        #expect(events?.last?.attempt?.number == 2)
        await fixture.end()
    }

    /// Past every line of Swift: what the schema itself refuses.
    @Test(arguments: [
        "UPDATE recipients SET state = 'queued', finished_at = NULL, next_attempt_at = 1 WHERE position = 0",
        "UPDATE recipients SET state = 'failed', verdict = 1 WHERE position = 0",
        "UPDATE recipients SET state = 'delivered', next_attempt_at = NULL, delay_notice_at = NULL WHERE position = 1",
        "UPDATE recipients SET next_attempt_at = NULL WHERE position = 1",
        "UPDATE recipients SET finished_at = 1 WHERE position = 1",
        "UPDATE recipients SET state = 'bounced', finished_at = 1, next_attempt_at = NULL, "
            + "delay_notice_at = NULL WHERE position = 1",
        "UPDATE recipients SET state = 'lost' WHERE position = 1",
        "UPDATE messages SET finished_at = 1",
        "UPDATE messages SET queued = 0",
        "UPDATE messages SET has_content = 0",
        "INSERT INTO contents (message, bytes) VALUES (999, x'00')",
    ])
    func theSchemaRefuses(_ statement: String) async throws {
        let fixture = try StoreFixture()
        let key = try await fixture.accept(fixture.submission(to: ["a@x.test", "b@x.test"]))
        try await fixture.store.record([fixture.attempt(key, [.delivered])])
        let error = #expect(throws: DatabaseError.self) { try fixture.sql { try $0.execute(sql: statement) } }
        #expect(error?.resultCode == .SQLITE_CONSTRAINT)
        await fixture.end()
    }
}
