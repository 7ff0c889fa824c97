// WebhookStoreTests.swift — endpoints, their cursors, posts and retries.

import Foundation
import GRDB
import Testing

@testable import Queue

@Suite struct WebhookStoreTests {
    private func endpoint(_ fixture: StoreFixture, types: [EventType] = []) async throws -> Endpoint {
        try await fixture.endpoint { $0.types = types }
    }

    private func post(
        _ endpoint: Endpoint, _ event: Int64, number: Int = 1, at time: Timestamp, _ outcome: PostRecord.Outcome
    ) -> PostRecord {
        PostRecord(
            endpoint: endpoint.id, event: event, number: number, startedAt: time, latency: .milliseconds(12),
            status: outcome == .succeeded ? 200 : 500, error: outcome == .succeeded ? nil : "500", outcome: outcome)
    }

    @Test func anEndpointIsReadBackUntilItIsDeleted() async throws {
        let fixture = try StoreFixture()
        let created = try await endpoint(fixture, types: [.delivered, .bounced])
        let read = try #require(try await fixture.store.endpoint(created.id, in: .default))
        #expect(read.types == [.delivered, .bounced] && read.url == created.url && read.secret == "whsec_x")
        #expect(try await fixture.store.endpoints(in: .default).map(\.id) == [created.id])
        #expect(try await fixture.store.endpoint(created.id, in: ProjectID(rawValue: 2)) == nil)
        #expect(
            try await fixture.store.deleteEndpoint(created.id, in: ProjectID(rawValue: 2), at: fixture.now) == false)
        #expect(try await fixture.store.deleteEndpoint(created.id, in: .default, at: fixture.now))
        #expect(try await fixture.store.endpoints(in: nil).isEmpty)
        await fixture.end()
    }

    @Test func aNewEndpointStartsAtTheNewestEvent() async throws {
        let fixture = try StoreFixture()
        try await fixture.accept(fixture.submission())
        let created = try await endpoint(fixture)
        #expect(try await fixture.store.backlog(of: created, after: created.cursor, limit: 10).events.isEmpty)
        try await fixture.accept(fixture.submission())
        let backlog = try await fixture.store.backlog(of: created, after: created.cursor, limit: 10).events
        #expect(backlog.map(\.seq) == [2])
        await fixture.end()
    }

    @Test func aTestEventIsForItsEndpointAlone() async throws {
        let fixture = try StoreFixture()
        let one = try await endpoint(fixture), two = try await endpoint(fixture)
        let event = try #require(try await fixture.store.appendTestEvent(to: one.id, in: .default, at: fixture.now))
        let backlog = try await fixture.store.backlog(of: one, after: 0, limit: 9).events
        #expect(backlog.map(\.id) == [event.id] && backlog[0].type == .test && backlog[0].message == nil)
        #expect(try await fixture.store.backlog(of: two, after: 0, limit: 9).events.isEmpty)
        #expect(fixture.announcedSeqs == [event.seq])
        let nobody = EndpointID(at: fixture.now)
        #expect(try await fixture.store.appendTestEvent(to: nobody, in: .default, at: fixture.now) == nil)
        await fixture.end()
    }

    /// When the earliest retry is due, whenever that is.
    private func nextRetry(of endpoint: Endpoint, in fixture: StoreFixture) async throws -> Timestamp? {
        let end = Timestamp(milliseconds: .max)
        return try await fixture.store.dueRetries(of: endpoint.id, at: end, excluding: [], limit: 1).first?.dueAt
    }

    @Test func postsMoveTheCursorAndLeaveRetries() async throws {
        let fixture = try StoreFixture()
        let created = try await endpoint(fixture)
        try await fixture.accept(fixture.submission(to: ["a@x.test", "b@x.test"]))
        let retryAt = fixture.now + .seconds(5)
        try await fixture.store.record(
            [
                post(created, 1, at: fixture.now, .succeeded),
                post(created, 2, at: fixture.now, .retry(at: retryAt)),
            ], cursors: [created.id: 2])

        let next = try await fixture.reopened()
        #expect(try await next.store.endpoint(created.id, in: .default)?.cursor == 2)
        #expect(try await nextRetry(of: created, in: next) == retryAt)
        #expect(try await next.store.dueRetries(of: created.id, at: next.now, excluding: [], limit: 9).isEmpty)
        let due = try await next.store.dueRetries(of: created.id, at: retryAt, excluding: [], limit: 9)
        #expect(due.map(\.event.seq) == [2] && due.map(\.tries) == [1] && due.map(\.endpoint) == [created.id])
        #expect(try await next.store.dueRetries(of: created.id, at: retryAt, excluding: [2], limit: 9).isEmpty)

        try await next.store.record([post(created, 2, number: 2, at: retryAt, .succeeded)], cursors: [:])
        #expect(try await nextRetry(of: created, in: next) == nil)
        let posts = try await next.store.posts(to: created, before: nil, limit: 9)
        #expect(posts.map(\.number) == [2, 1, 1] && posts.map(\.status) == [200, 500, 200])
        #expect(posts[1].nextTryAt == retryAt && posts[1].eventType == .accepted)
        #expect(posts[1].eventID == due[0].event.id && posts[1].latency == .milliseconds(12))
        #expect(try await next.store.posts(to: created, before: posts[0].key, limit: 1).map(\.key) == [posts[1].key])
        await next.end()
    }

    @Test func anIndexGivesTheRetriesOfOneEndpointInTheirOrder() async throws {
        let fixture = try StoreFixture()
        let plan = try fixture.sql {
            try Row.fetchAll($0, sql: "EXPLAIN QUERY PLAN " + PostRetry.due, arguments: [Data(), 0])
                .map { $0["detail"] as String }
        }
        #expect(plan.count == 1 && plan[0].contains("post_retries_due (endpoint=? AND due_at<?)"), "\(plan)")
        await fixture.end()
    }

    @Test func everyChangeOfEndpointsIsAnnouncedAndNothingElse() async throws {
        let fixture = try StoreFixture()
        let created = try await endpoint(fixture)
        #expect(fixture.endpointChanges == 1)
        try await fixture.accept(fixture.submission())
        try await fixture.store.record([post(created, 1, at: fixture.now, .succeeded)], cursors: [created.id: 1])
        _ = try await fixture.store.appendTestEvent(to: created.id, in: .default, at: fixture.now)
        _ = try await fixture.store.deleteEndpoint(EndpointID(at: fixture.now), in: .default, at: fixture.now)
        #expect(fixture.endpointChanges == 1)
        _ = try await fixture.store.updateEndpoint(created.id, in: .default) { $0.pausedAt = $0.createdAt }
        #expect(fixture.endpointChanges == 2)
        _ = try await fixture.store.deleteEndpoint(created.id, in: .default, at: fixture.now)
        #expect(fixture.endpointChanges == 3)
        await fixture.end()
    }

    @Test func aCursorNeverMovesBack() async throws {
        let fixture = try StoreFixture()
        let created = try await endpoint(fixture)
        try await fixture.store.record([], cursors: [created.id: 5])
        try await fixture.store.record([], cursors: [created.id: 3])
        #expect(try await fixture.store.endpoint(created.id, in: .default)?.cursor == 5)
        await fixture.end()
    }

    @Test func postsToADeletedEndpointAreLeftOut() async throws {
        let fixture = try StoreFixture()
        let created = try await endpoint(fixture)
        try await fixture.accept(fixture.submission())
        try await fixture.store.record([post(created, 1, at: fixture.now, .retry(at: fixture.now))], cursors: [:])
        _ = try await fixture.store.deleteEndpoint(created.id, in: .default, at: fixture.now)
        try await fixture.store.record([post(created, 1, at: fixture.now, .succeeded)], cursors: [created.id: 1])
        #expect(try fixture.count("posts") == 0)
        #expect(try fixture.count("post_retries") == 0)
        await fixture.end()
    }
}
