// ReadTests.swift — lists with their filters and pages, the event log, the depth of the queue, and retention.

import Mail
import TestSupport
import Testing

@testable import Queue

@Suite struct ReadTests {
    private func list(
        _ fixture: StoreFixture, _ filter: MessageFilter = MessageFilter(), before: MessageID? = nil, limit: Int = 50
    ) async throws -> [StoredMessage] {
        try await fixture.store.messages(
            in: .default, matching: filter, before: before, at: fixture.now, limit: limit
        ).messages
    }

    @Test func pagesGoFromNewestToOldest() async throws {
        let fixture = try StoreFixture()
        var ids: [MessageID] = []
        for _ in 0..<5 {
            let submission = fixture.submission()
            try await fixture.accept(submission)
            ids.insert(submission.id, at: 0)
        }
        let first = try await list(fixture, limit: 3)
        let second = try await list(fixture, before: first.last?.id, limit: 3)
        #expect((first + second).map(\.id) == ids)
        await fixture.end()
    }

    @Test func eachFilterFindsItsOwn() async throws {
        let fixture = try StoreFixture()
        try await fixture.accept(fixture.submission(to: ["other@other.test"]))
        fixture.clock.advance(by: .seconds(10))
        var wanted = fixture.submission(to: ["a@example.test", "bob@wanted.test"])
        (wanted.from, wanted.externalID, wanted.tags) = (
            "\"hi@acme.example> \" <w@Acme.EXAMPLE>", "x1", ["a.b": "1", "kind": "otp"]
        )
        try await fixture.accept(wanted)
        let middle = fixture.now
        fixture.clock.advance(by: .seconds(10))
        try await fixture.accept(fixture.submission(to: ["bob@other.test"]))

        var byID = MessageFilter(), between = MessageFilter()
        byID.externalID = "x1"
        (between.createdAfter, between.createdBefore) = (middle, middle + .milliseconds(1))
        let filters = [
            MessageFilter(to: mailbox("bob@wanted.test")), MessageFilter(from: mailbox("w@acme.example")),
            MessageFilter(domain: Domain(trusted: "wanted.test")),
            MessageFilter(tags: ["a.b": "1", "kind": "otp"]), byID, between,
        ]
        for filter in filters { #expect(try await list(fixture, filter).map(\.id) == [wanted.id], "\(filter)") }
        #expect(try await list(fixture, MessageFilter(tags: ["kind": "other"])).isEmpty)
        for from in ["W@acme.example", "w@cme.example", "w@acme.exampl", "hi@acme.examples"] {
            #expect(try await list(fixture, MessageFilter(from: mailbox(from))).isEmpty, "\(from)")
        }
        #expect(try await list(fixture, MessageFilter(from: mailbox("hi@acme.example"))).count == 2)
        await fixture.end()
    }

    /// The status in SQL and the status in Swift are one.
    @Test func theStatusFilterAgreesWithTheStatusShown() async throws {
        let fixture = try StoreFixture()
        let two = ["a@x.test", "b@x.test"]
        try await fixture.accept(fixture.submission(to: two, firstAttemptIn: .seconds(60)))
        try await fixture.accept(fixture.submission(to: two))
        for outcomes in [
            [.delivered, .delivered], [.delivered, .bounced(refusal)], [.failed(expiry), .bounced(refusal)],
            [.delivered, .deferred(until: fixture.now + .seconds(300))],
        ] as [[RecipientOutcome]] {
            let key = try await fixture.accept(fixture.submission(to: two))
            try await fixture.store.record([fixture.attempt(key, outcomes)])
        }
        let everything = try await list(fixture)
        for status in MessageStatus.allCases {
            let expected = everything.filter { $0.status(at: fixture.now) == status }.map(\.id)
            #expect(try await list(fixture, MessageFilter(status: status)).map(\.id) == expected, "\(status)")
            #expect(expected.isEmpty == (status == .canceled))
        }
        await fixture.end()
    }

    @Test func theLogGoesOnAfterASequenceNumber() async throws {
        let fixture = try StoreFixture()
        for _ in 0..<3 {
            let key = try await fixture.accept(fixture.submission())
            try await fixture.store.record([fixture.attempt(key, [.delivered])])
        }
        let first = try await fixture.store.events(in: .default, after: 0, types: [], limit: 4)
        #expect(first.map(\.seq) == [1, 2, 3, 4])
        let rest = try await fixture.store.events(in: .default, after: 4, types: [.delivered, .failed], limit: 4)
        #expect(rest.map(\.seq) == [6] && rest.map(\.type) == [.delivered])
        await fixture.end()
    }

    @Test func theDepthCountsWhatIsQueuedAndDue() async throws {
        let fixture = try StoreFixture()
        let start = fixture.now
        try await fixture.accept(fixture.submission(to: ["a@x.test", "b@y.test"]))
        try await fixture.accept(fixture.submission(firstAttemptIn: .seconds(60)))
        #expect(try await fixture.store.depth(at: start) == QueueDepth(queued: 3, due: 2, oldestDueAt: start))
        await fixture.end()
    }
}

@Suite struct RetentionTests {
    private let retention = Retention(content: .seconds(3 * 86_400), messages: .seconds(30 * 86_400))

    @Test func contentGoesFirstThenTheMessageWithAllThatIsAboutIt() async throws {
        let fixture = try StoreFixture()
        let done = fixture.submission(), queued = fixture.submission()
        let key = try await fixture.accept(done)
        try await fixture.accept(queued)
        try await fixture.store.record([fixture.attempt(key, [.bounced(refusal)])])

        fixture.clock.advance(by: .seconds(3 * 86_400) + .milliseconds(7))
        #expect(try await fixture.store.purge(at: fixture.now, retention: retention) == false)
        #expect(try await fixture.store.content(of: done.id, in: .default) == nil)
        #expect(try await fixture.store.message(done.id, in: .default)?.size == done.content.bytes.count)

        fixture.clock.advance(by: .seconds(27 * 86_400))
        _ = try await fixture.store.purge(at: fixture.now, retention: retention)
        #expect(try await fixture.store.message(done.id, in: .default) == nil)
        #expect(try await fixture.store.content(of: queued.id, in: .default) != nil)
        for (table, count) in ["messages": 1, "recipients": 1, "events": 1, "attempts": 0, "verdicts": 0] {
            #expect(try fixture.count(table) == count, "\(table)")
        }
        await fixture.end()
    }

    @Test func aMillisecondEarlierAllIsThere() async throws {
        let fixture = try StoreFixture()
        let submission = fixture.submission()
        let key = try await fixture.accept(submission)
        try await fixture.store.record([fixture.attempt(key, [.delivered])])
        fixture.clock.advance(by: .seconds(3 * 86_400) + .milliseconds(6))
        _ = try await fixture.store.purge(at: fixture.now, retention: retention)
        #expect(try await fixture.store.content(of: submission.id, in: .default) != nil)
        await fixture.end()
    }

    @Test func muchIsDeletedInSmallSteps() async throws {
        let fixture = try StoreFixture()
        for _ in 0..<5 {
            let key = try await fixture.accept(fixture.submission())
            try await fixture.store.record([fixture.attempt(key, [.delivered])])
        }
        fixture.clock.advance(by: .seconds(4 * 86_400))
        var steps = 1
        while try await fixture.store.purge(at: fixture.now, retention: retention, limit: 2) { steps += 1 }
        #expect(steps == 3)
        #expect(try fixture.count("contents") == 0)
        await fixture.end()
    }

    @Test func keysAndPostsAndTestEventsGoInTheirTime() async throws {
        let fixture = try StoreFixture()
        let claim = IdempotencyClaim(key: "k", fingerprint: [1], answer: [2])
        _ = try await fixture.store.submit(fixture.submission(key: claim))
        let endpoint = try await fixture.endpoint()
        let event = try #require(
            try await fixture.store.appendTestEvent(to: endpoint.id, in: .default, at: fixture.now))
        let post = PostRecord(
            endpoint: endpoint.id, event: event.seq, number: 1, startedAt: fixture.now, latency: .zero, status: 200,
            error: nil, outcome: .succeeded)
        try await fixture.store.record([post], cursors: [:])

        fixture.clock.advance(by: .seconds(86_400))
        _ = try await fixture.store.purge(at: fixture.now, retention: retention)
        #expect(try fixture.count("idempotency") == 0)
        #expect(try fixture.count("posts") == 1)
        fixture.clock.advance(by: .seconds(29 * 86_400))
        _ = try await fixture.store.purge(at: fixture.now, retention: retention)
        #expect(try fixture.count("posts") == 0)
        #expect(try fixture.count("events") == 1)
        await fixture.end()
    }
}
