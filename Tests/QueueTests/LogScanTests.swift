// LogScanTests.swift — questions about the event log look at so many rows at most, and go on from there.

import TestSupport
import Testing

@testable import Queue

@Suite struct LogScanTests {
    private let other = ProjectID(rawValue: 2)

    /// Six events of another project, then one of the default one.
    private func fixture() async throws -> StoreFixture {
        var options = StoreOptions.small
        options.logScan = 4
        let fixture = try StoreFixture(options: options)
        for number in 1...7 {
            var submission = fixture.submission()
            if number < 7 { submission.project = other }
            try await fixture.accept(submission)
        }
        return fixture
    }

    @Test func aPageSaysHowFarItHasLooked() async throws {
        let fixture = try await fixture()
        let first = try await fixture.store.events(in: .default, after: 0, limit: 9)
        #expect(first.events.isEmpty && first.scannedThrough == 4)
        let second = try await fixture.store.events(in: .default, after: 4, limit: 9)
        #expect(second.events.map(\.seq) == [7] && second.scannedThrough == nil)
        // Full before it has looked at all.
        let full = try await fixture.store.events(in: other, after: 0, limit: 2)
        #expect(full.events.map(\.seq) == [1, 2] && full.scannedThrough == nil)
        await fixture.end()
    }

    @Test func oneMessageIsFoundWhereverItIs() async throws {
        let fixture = try await fixture()
        let filter = EventFilter(message: try #require(fixture.ready.last).id)
        let page = try await fixture.store.events(in: .default, after: 0, matching: filter, limit: 9)
        #expect(page.events.map(\.seq) == [7] && page.scannedThrough == nil)
        await fixture.end()
    }

    @Test func whatIsPurgedIsNotLookedAt() async throws {
        let fixture = try await fixture()
        try fixture.sql { try $0.execute(sql: "DELETE FROM events WHERE seq < 6") }
        #expect(try await fixture.store.events(in: .default, after: 0, limit: 9).events.map(\.seq) == [7])
        await fixture.end()
    }

    @Test func webhooksGoThroughTheLogInPieces() async throws {
        let fixture = try await fixture()
        var endpoint = try await fixture.endpoint()
        endpoint.cursor = 0
        #expect(try await fixture.store.backlog(of: endpoint, after: 0, limit: 9).scannedThrough == 4)
        #expect(try await fixture.store.backlog(of: endpoint, after: 4, limit: 9).events.map(\.seq) == [7])
        #expect(try await fixture.store.pendingPosts(to: endpoint, limit: 9) == 1)
        let all = Replay(since: Timestamp(milliseconds: 0), until: Timestamp(milliseconds: .max))
        #expect(try await fixture.store.begin(all, to: endpoint) == .begun(events: 1))
        await fixture.end()
    }
}
