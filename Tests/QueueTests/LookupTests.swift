// LookupTests.swift — batches, the other names of messages, bounded lists and their plans, erased contents.

import Foundation
import GRDB
import Mail
import Testing

@testable import Queue

@Suite struct BatchTests {
    @Test func allAreInOneCommitAndTheKeyIsTheirs() async throws {
        let fixture = try StoreFixture()
        let claim = IdempotencyClaim(key: "k", fingerprint: [1], answer: [7])
        let submissions = (0..<3).map { _ in fixture.submission() }
        #expect(try await fixture.store.submit(submissions, by: claim, in: .default, at: fixture.now) == .accepted)
        #expect(fixture.readyBatches == [3] && fixture.ready.map(\.id) == submissions.map(\.id))
        let reopened = try await fixture.reopened()
        let again = try await reopened.store.submit(
            [reopened.submission()], by: claim, in: .default, at: reopened.now)
        #expect(again == .replayed(answer: [7]))
        #expect(try reopened.count("messages") == 3)
        await reopened.end()
    }

    @Test func oneThatTheSchemaRefusesTakesAllWithIt() async throws {
        let fixture = try StoreFixture()
        let submission = fixture.submission()
        let claim = IdempotencyClaim(key: "k", fingerprint: [1], answer: [7])
        await #expect(throws: StoreFailure.self) {
            _ = try await fixture.store.submit([submission, submission], by: claim, in: .default, at: fixture.now)
        }
        for table in ["messages", "idempotency", "events"] { #expect(try fixture.count(table) == 0) }
        await fixture.end()
    }
}

@Suite struct LookupTests {
    private func find(_ text: String, _ fixture: StoreFixture, in project: ProjectID = .default) async throws
        -> MessageID?
    {
        guard let reference = MessageReference(text) else { return nil }
        return try await fixture.store.messageID(of: reference, in: project)
    }

    @Test func aMessageHasThreeNames() async throws {
        let fixture = try StoreFixture()
        var own = fixture.submission(), foreign = fixture.submission()
        own.rfcMessageID = "<\(own.id.unprefixed)@acme.example>"
        own.externalID = "order/77"
        foreign.rfcMessageID = "<Ab.1@else.example>"
        try await fixture.accept(own)
        try await fixture.accept(foreign)
        for text in [
            own.id.description, "external:order/77", own.rfcMessageID, String(own.rfcMessageID.dropFirst().dropLast()),
        ] {
            #expect(try await find(text, fixture) == own.id, "\(text)")
        }
        for text in ["<Ab.1@else.example>", "Ab.1@else.example"] {
            #expect(try await find(text, fixture) == foreign.id)
        }
        for text in [
            "external:order/78", "external:", "<ab.1@else.example>", "\(own.id.unprefixed)@other.example", "x", "",
        ] {
            #expect(try await find(text, fixture) == nil, "\(text)")
        }
        for text in ["external:order/77", own.rfcMessageID, foreign.rfcMessageID] {
            #expect(try await find(text, fixture, in: ProjectID(rawValue: 2)) == nil)
        }
        await fixture.end()
    }

    @Test func ofTwoWithOneNameTheNewestIsMeant() async throws {
        let fixture = try StoreFixture()
        var first = fixture.submission()
        (first.rfcMessageID, first.externalID) = ("<\(first.id.unprefixed)@acme.example>", "a")
        try await fixture.accept(first)
        fixture.clock.advance(by: .seconds(1))
        var second = fixture.submission()
        (second.rfcMessageID, second.externalID) = (first.rfcMessageID, "a")
        try await fixture.accept(second)
        for text in ["external:a", first.rfcMessageID] { #expect(try await find(text, fixture) == second.id) }
        await fixture.end()
    }

    @Test func idsOfOneMillisecondAreInTheOrderOfTheirMaking() {
        let time = Timestamp(milliseconds: 1_234_567_890_123)
        let sequence = MessageIDSequence()
        let ids = (0..<1000).map { _ in sequence.next(at: time) }
        #expect(ids == ids.sorted() && Set(ids).count == ids.count)
        #expect(
            ids.allSatisfy { $0 >= MessageID(earliestAt: time) && $0 < MessageID(earliestAt: time + .milliseconds(1)) })
        #expect(ids.allSatisfy { $0.high >> 12 & 0xF == 7 && $0.low >> 62 == 2 }, "UUIDv7")
    }
}

@Suite struct SearchTests {
    @Test func onePageLooksAtABoundedNumberOfMessages() async throws {
        var options = StoreOptions.small
        options.messageScan = 3
        let fixture = try StoreFixture(options: options)
        var wanted: [MessageID] = []
        for index in 0..<10 {
            var submission = fixture.submission()
            if index % 5 == 0 { submission.tags = ["kind": "rare"] }
            try await fixture.accept(submission)
            if index % 5 == 0 { wanted.insert(submission.id, at: 0) }
        }
        var pages: [[MessageID]] = []
        var before: MessageID?
        repeat {
            let page = try await fixture.store.messages(
                in: .default, matching: MessageFilter(tags: ["kind": "rare"]), before: before, at: fixture.now,
                limit: 5)
            pages.append(page.messages.map(\.id))
            before = page.next
        } while before != nil
        #expect(pages.map(\.count) == [0, 1, 0, 1])
        #expect(pages.flatMap(\.self) == wanted)
        await fixture.end()
    }

    @Test func theLastPageSaysThatItIs() async throws {
        let fixture = try StoreFixture()
        for _ in 0..<2 { try await fixture.accept(fixture.submission()) }
        for (limit, hasMore) in [(1, true), (2, false), (3, false)] {
            let page = try await fixture.store.messages(
                in: .default, matching: MessageFilter(), before: nil, at: fixture.now, limit: limit)
            #expect((page.next != nil) == hasMore)
        }
        await fixture.end()
    }

    /// Each search goes along an index, in the order of the page: nothing is sorted.
    @Test func everySearchGoesAlongAnIndex() async throws {
        let fixture = try StoreFixture()
        let other = ProjectID(rawValue: 2), id = MessageID(at: fixture.now)
        var external = MessageFilter(), span = MessageFilter()
        external.externalID = "a"
        (span.createdAfter, span.createdBefore) = (fixture.now, fixture.now)
        let scheduled = MessageFilter(status: .scheduled)
        let cases: [(MessageFilter, ProjectID, MessageID?, String)] = [
            (MessageFilter(), .default, nil, "sqlite_autoindex_messages_1"),
            (MessageFilter(), .default, id, "sqlite_autoindex_messages_1 (uid<?)"),
            (span, .default, id, "sqlite_autoindex_messages_1 (uid>? AND uid<?)"),
            (MessageFilter(domain: Domain(trusted: "x.test")), other, id, "messages_by_project (project=? AND uid<?)"),
            (span, other, nil, "messages_by_project (project=? AND uid>? AND uid<?)"),
            (scheduled, .default, nil, "messages_scheduled (project=?)"),
            (scheduled, other, id, "messages_scheduled (project=? AND uid<?)"),
            (external, .default, nil, "messages_by_external_id (project=? AND external_id=?)"),
        ]
        for (filter, project, before, expected) in cases {
            let search = MessageSearch(filter, in: project, before: before, at: fixture.now)
            let plan = try await fixture.store.read { database in
                let sql = MessageSearch(filter, in: project, before: before, at: Timestamp(milliseconds: 0)).sql
                return try database.all(
                    composed: "EXPLAIN QUERY PLAN " + sql, [],
                    read: { columns in
                        columns.skip(3)
                        return columns.text()
                    })
            }
            #expect(plan.first?.hasSuffix(expected) == true, "\(plan) \(search.sql)")
            #expect(!plan.contains { $0.contains("TEMP B-TREE") }, "\(plan)")
        }
        await fixture.end()
    }

    @Test func aPlainMessageHasNoEntryInTheIndicesForLookups() async throws {
        let fixture = try StoreFixture()
        var plain = fixture.submission()
        plain.rfcMessageID = "<\(plain.id.unprefixed)@acme.example>"
        try await fixture.accept(plain)
        let counts = try fixture.sql { database in
            try ["has_foreign_id = 1", "external_id IS NOT NULL", "project <> 1", "first_attempt_at > accepted_at"].map
            {
                try Int.fetchOne(database, sql: "SELECT count(*) FROM messages WHERE \($0)") ?? -1
            }
        }
        #expect(counts == [0, 0, 0, 0])
        await fixture.end()
    }
}

@Suite struct ErasureTests {
    private func holds(_ text: String, _ fixture: StoreFixture) throws -> Bool {
        try ["postrider.sqlite", "postrider.sqlite-wal"].contains { name in
            let url = URL(filePath: fixture.directory).appending(path: name)
            return try Data(contentsOf: url).range(of: Data(text.utf8)) != nil
        }
    }

    @Test func whatIsErasedIsNowhereInTheFilesAndTheRecordStays() async throws {
        let fixture = try StoreFixture()
        let secret = String(repeating: "canary", count: 3000)
        let submission = fixture.submission(text: secret)
        let key = try await fixture.accept(submission)
        guard case .queued(1) = try await fixture.store.eraseContent(of: submission.id, in: .default) else {
            Issue.record("content was erased that is needed")
            return
        }
        try await fixture.store.record([fixture.attempt(key, [.delivered])])
        for _ in 1...2 {
            guard case .done(let message) = try await fixture.store.eraseContent(of: submission.id, in: .default) else {
                Issue.record("not erased")
                return
            }
            #expect(!message.hasContent && message.size == submission.content.bytes.count)
        }
        #expect(try await fixture.store.content(of: submission.id, in: .default) == nil)
        #expect(try holds("canarycanary", fixture))
        fixture.clock.advance(by: .zero)
        let patience = ContinuousClock.now + .seconds(60)
        while try holds("canarycanary", fixture) {
            try #require(ContinuousClock.now < patience)
            await Task.yield()
        }
        guard case .noSuchMessage = try await fixture.store.eraseContent(of: MessageID(at: fixture.now), in: .default)
        else {
            Issue.record("there is no such message")
            return
        }
        await fixture.end()
    }
}
