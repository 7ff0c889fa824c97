// SubmitTests.swift — what a submission leaves on disk, and who hears of it.

import Mail
import TestSupport
import Testing

@testable import Queue

@Suite struct SubmitTests {
    @Test func everythingOfAMessageIsReadBack() async throws {
        let fixture = try StoreFixture()
        var submission = fixture.submission(to: ["bob@example.test", "\"a@b\"@other.test"])
        submission.tags = ["kind": "otp\"\\\u{1F600}"]
        submission.metadata = ["user": "1"]
        submission.externalID = "order-77"
        submission.recipients[1].role = .bcc
        try await fixture.accept(submission)

        let stored = try #require(try await fixture.store.message(submission.id, in: .default))
        #expect(stored.id == submission.id)
        #expect(stored.acceptedAt == submission.acceptedAt && stored.expiresAt == submission.expiresAt)
        #expect(stored.from == submission.from && stored.subject == "Hi" && stored.rfcMessageID == "<1@acme.example>")
        #expect(stored.tags == submission.tags && stored.metadata == submission.metadata)
        #expect(stored.externalID == "order-77" && stored.size == submission.content.bytes.count)
        #expect(stored.recipients.map(\.mailbox) == submission.recipients.map(\.mailbox))
        #expect(stored.recipients.map(\.id) == submission.recipients.map(\.id))
        #expect(stored.recipients.map(\.role) == [.to, .bcc])
        #expect(stored.recipients.allSatisfy { $0.state == .queued && $0.nextAttemptAt == fixture.now })
        #expect(try await fixture.store.content(of: submission.id, in: .default) == submission.content)
        await fixture.end()
    }

    @Test func acceptedEventsAreInTheSameCommit() async throws {
        let fixture = try StoreFixture()
        let submission = fixture.submission(to: ["a@example.test", "b@example.test"])
        try await fixture.accept(submission)
        let events = try #require(try await fixture.store.events(of: submission.id, in: .default))
        #expect(events.map(\.type) == [.accepted, .accepted])
        #expect(events.map { $0.message?.recipientID } == submission.recipients.map(\.id))
        #expect(fixture.announcedSeqs == [events[1].seq])
        await fixture.end()
    }

    @Test func readyMessagesCarryTheirContent() async throws {
        let fixture = try StoreFixture()
        let submission = fixture.submission(to: ["a@example.test", "b@other.test"])
        try await fixture.accept(submission)
        let ready = try #require(fixture.ready.first)
        #expect(ready.content == submission.content && ready.reversePath == submission.reversePath)
        #expect(ready.recipients.map(\.key.position) == [0, 1])
        #expect(fixture.store.highestMessage == ready.key)
        await fixture.end()
    }

    @Test func aMessageForLaterIsAnnouncedWithoutContent() async throws {
        let fixture = try StoreFixture()
        let submission = fixture.submission(firstAttemptIn: .seconds(60))
        try await fixture.accept(submission)
        let ready = try #require(fixture.ready.first)
        #expect(ready.content == nil && ready.dueAt == fixture.now + .seconds(60))
        let stored = try #require(try await fixture.store.message(submission.id, in: .default))
        #expect(stored.status(at: fixture.now) == .scheduled)
        #expect(stored.status(at: fixture.now + .seconds(60)) == .queued)
        await fixture.end()
    }

    @Test func anotherProjectSeesNothing() async throws {
        let fixture = try StoreFixture()
        let submission = fixture.submission()
        try await fixture.accept(submission)
        let other = ProjectID(rawValue: 2)
        #expect(try await fixture.store.message(submission.id, in: other) == nil)
        #expect(try await fixture.store.content(of: submission.id, in: other) == nil)
        #expect(try await fixture.store.events(of: submission.id, in: other) == nil)
        #expect(try await fixture.store.events(in: other, after: 0, types: [], limit: 10).isEmpty)
        await fixture.end()
    }
}

@Suite struct IdempotencyTests {
    private func claim(_ request: UInt8, answer: String) -> IdempotencyClaim {
        IdempotencyClaim(key: "k", fingerprint: [request], answer: Array(answer.utf8))
    }

    @Test func aRepetitionGetsTheFirstAnswer() async throws {
        let fixture = try StoreFixture()
        _ = try await fixture.store.submit(fixture.submission(key: claim(1, answer: "first")))
        let outcome = try await fixture.store.submit(fixture.submission(key: claim(1, answer: "second")))
        #expect(outcome == .replayed(answer: Array("first".utf8)))
        #expect(fixture.ready.count == 1)
        #expect(try fixture.count("messages") == 1)
        await fixture.end()
    }

    @Test func anotherRequestWithTheKeyIsRefused() async throws {
        let fixture = try StoreFixture()
        _ = try await fixture.store.submit(fixture.submission(key: claim(1, answer: "first")))
        #expect(try await fixture.store.submit(fixture.submission(key: claim(2, answer: "x"))) == .keyReused)
        #expect(
            try await fixture.store.replay(key: "k", fingerprint: [2], in: .default, at: fixture.now) == .keyReused)
        await fixture.end()
    }

    @Test func twinsAtOnceAreOneMessage() async throws {
        let fixture = try StoreFixture()
        let answers = try await withThrowingTaskGroup(of: SubmissionOutcome.self) { group in
            for _ in 0..<20 {
                let twin = fixture.submission(key: claim(1, answer: "one"))
                group.addTask { try await fixture.store.submit(twin) }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(answers.count { $0 == .accepted } == 1)
        #expect(answers.count { $0 == .replayed(answer: Array("one".utf8)) } == 19)
        #expect(try fixture.count("messages") == 1)
        await fixture.end()
    }

    @Test func aKeyIsFreeAgainAfterADay() async throws {
        let fixture = try StoreFixture()
        _ = try await fixture.store.submit(fixture.submission(key: claim(1, answer: "first")))
        fixture.clock.advance(by: .seconds(86_400))
        #expect(try await fixture.store.replay(key: "k", fingerprint: [1], in: .default, at: fixture.now) == nil)
        #expect(try await fixture.store.submit(fixture.submission(key: claim(2, answer: "next"))) == .accepted)
        #expect(
            try await fixture.store.submit(fixture.submission(key: claim(2, answer: "")))
                == .replayed(answer: Array("next".utf8)))
        await fixture.end()
    }
}
