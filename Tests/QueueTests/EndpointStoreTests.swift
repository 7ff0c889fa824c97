// EndpointStoreTests.swift — what an endpoint's owner changes, how its health is kept, its end, and its going piece by piece.

import Foundation
import GRDB
import JSON
import TestSupport
import Testing

@testable import Queue

@Suite struct EndpointStoreTests {
    @Test func whatItsOwnerSetsIsReadBack() async throws {
        let fixture = try StoreFixture()
        let endpoint = try await fixture.endpoint { endpoint in
            endpoint.description = "orders"
            endpoint.tags = ["kind": "otp"]
            endpoint.sealedHeaders = "v1.AAAA"
            (endpoint.timeoutSeconds, endpoint.maxConcurrency) = (30, 50)
        }
        let next = try await fixture.reopened()
        let read = try #require(try await next.store.endpoint(endpoint.id, in: .default))
        #expect(read.description == "orders" && read.tags == ["kind": "otp"] && read.sealedHeaders == "v1.AAAA")
        #expect(read.timeoutSeconds == 30 && read.maxConcurrency == 50 && read.status == .enabled)
        await next.end()
    }

    @Test func aChangeIsMadeInWhatIsThereAndInTheProjectOnly() async throws {
        let fixture = try StoreFixture()
        let id = try await fixture.endpoint().id
        let now = fixture.now
        let changed = try await fixture.store.updateEndpoint(id, in: .default) { endpoint in
            endpoint.types = [.bounced]
            endpoint.pausedAt = now
            endpoint.oldSecret = .init(secret: endpoint.secret, expiresAt: now + .seconds(60))
            endpoint.secret = "v1.new"
        }
        let read = try #require(try await fixture.store.endpoint(id, in: .default))
        #expect(changed?.revision == 1 && read.revision == 1)
        #expect(read.types == [.bounced] && read.status == .paused && read.secret == "v1.new")
        #expect(read.oldSecret?.secret == "whsec_x" && read.oldSecret?.expiresAt == now + .seconds(60))
        #expect(try await fixture.store.updateEndpoint(id, in: ProjectID(rawValue: 2)) { $0.url = "x" } == nil)
        await fixture.end()
    }

    @Test func anOldSecretLeavesTheDiskWhenItHasExpired() async throws {
        let fixture = try StoreFixture()
        let id = try await fixture.endpoint().id
        let end = fixture.now + .seconds(60)
        _ = try await fixture.store.updateEndpoint(id, in: .default) {
            $0.oldSecret = .init(secret: "v1.old", expiresAt: end)
        }
        for (time, isThere) in [(end - .milliseconds(1), true), (end, false)] {
            _ = try await fixture.store.purge(at: time, retention: .ofTheTests)
            #expect((try await fixture.store.endpoint(id, in: .default)?.oldSecret != nil) == isThere)
        }
        await fixture.end()
    }

    @Test func healthFollowsThePosts() async throws {
        let fixture = try StoreFixture()
        let endpoint = try await fixture.endpoint()
        let start = fixture.now
        func health() async throws -> Endpoint.Health? {
            try await fixture.store.endpoint(endpoint.id, in: .default)?.health
        }
        try await fixture.post(1, to: endpoint, at: start, .givenUp)
        try await fixture.post(2, to: endpoint, at: start + .seconds(9), .givenUp)
        #expect(try await health()?.failingSince == start)
        #expect(try await health()?.lastFailureAt == start + .seconds(9))
        #expect(try await health()?.lastFailure == "500")
        try await fixture.post(3, to: endpoint, at: start + .seconds(10), .succeeded)
        #expect(try await health()?.failingSince == nil)
        #expect(try await health()?.lastSuccessAt == start + .seconds(10))
        await fixture.end()
    }

    @Test func anEndpointThatHasFailedForFiveDaysIsDisabledWithItsNextFailure() async throws {
        let fixture = try StoreFixture()
        let endpoint = try await fixture.endpoint()
        let start = fixture.now, limit = start + .seconds(5 * 86_400)
        try await fixture.post(1, to: endpoint, at: start, .givenUp)
        #expect(try await fixture.post(2, to: endpoint, at: limit - .milliseconds(1), .givenUp).isEmpty)
        let disabled = try await fixture.post(3, to: endpoint, at: limit, .retry(at: limit + .seconds(5)))
        #expect(disabled == [endpoint.id: "every post has failed for 5 days"])
        let read = try #require(try await fixture.store.endpoint(endpoint.id, in: .default))
        #expect(read.status == .disabled && read.disabledReason == "every post has failed for 5 days")
        let event = try #require(try await fixture.store.events(in: .default, after: 0, types: [], limit: 9).last)
        #expect(event.type == .webhookDisabled && event.message == nil)
        let data = try JSONValue(parsing: Array((event.data ?? "").utf8)).object?["webhook"]?.object
        #expect(data?["id"]?.string == endpoint.id.description && data?["url"]?.string == "https://hooks.example.test")
        #expect(data?["disabled_reason"]?.string == "every post has failed for 5 days")
        #expect(fixture.announcedSeqs.last == event.seq)
        await fixture.end()
    }

    @Test func aSuccessBetweenBeginsTheFiveDaysAnew() async throws {
        let fixture = try StoreFixture()
        let endpoint = try await fixture.endpoint()
        let day = { (number: Int) in fixture.now + .seconds(number * 86_400) }
        try await fixture.post(1, to: endpoint, at: day(0), .givenUp)
        try await fixture.post(2, to: endpoint, at: day(3), .succeeded)
        try await fixture.post(3, to: endpoint, at: day(4), .givenUp)
        #expect(try await fixture.post(4, to: endpoint, at: day(8), .givenUp).isEmpty)
        #expect(try await fixture.post(5, to: endpoint, at: day(9), .givenUp).count == 1)
        await fixture.end()
    }

    @Test func aNewURLAndAResumptionBeginTheFiveDaysAnew() async throws {
        let fixture = try StoreFixture()
        let endpoint = try await fixture.endpoint()
        let day = { (number: Int) in fixture.now + .seconds(number * 86_400) }
        let pausedAt = fixture.now
        for change: @Sendable (inout Endpoint) -> Void in [
            { $0.url = "https://other.example.test" }, { $0.pausedAt = pausedAt }, { $0.pausedAt = nil },
        ] {
            try await fixture.post(1, to: endpoint, at: day(0), .givenUp)
            _ = try await fixture.store.updateEndpoint(endpoint.id, in: .default, change)
        }
        #expect(try await fixture.store.endpoint(endpoint.id, in: .default)?.health.failingSince == nil)
        await fixture.end()
    }

    @Test func goneDisablesAtOnceAndOnce() async throws {
        let fixture = try StoreFixture()
        let endpoint = try await fixture.endpoint()
        try await fixture.accept(fixture.submission())
        var gone = fixture.record(1, to: endpoint, at: fixture.now, .retry(at: fixture.now + .seconds(5)))
        gone.isGone = true
        #expect(
            try await fixture.store.record([gone, gone], cursors: [:]).values.map(\.self) == [
                "the endpoint answered 410 Gone"
            ])
        #expect(try await fixture.store.record([gone], cursors: [:]).isEmpty)
        let events = try await fixture.store.events(in: .default, after: 0, types: [.webhookDisabled], limit: 9)
        #expect(events.count == 1)
        // What it has not taken waits for its resumption.
        #expect(try fixture.count("post_retries") == 1)
        await fixture.end()
    }

    @Test func whatAFormerURLAnsweredSaysNothingOfTheEndpoint() async throws {
        let fixture = try StoreFixture()
        let endpoint = try await fixture.endpoint()
        try await fixture.accept(fixture.submission())
        var gone = fixture.record(1, to: endpoint, at: fixture.now, .givenUp)
        (gone.isGone, gone.url) = (true, endpoint.url)
        _ = try await fixture.store.updateEndpoint(endpoint.id, in: .default) { $0.url = "https://new.example.test/" }
        #expect(try await fixture.store.record([gone], cursors: [:]).isEmpty)
        let read = try #require(try await fixture.store.endpoint(endpoint.id, in: .default))
        #expect(read.status == .enabled && read.health.lastFailure == nil)
        #expect(try fixture.count("posts") == 1)
        await fixture.end()
    }

    @Test func aTestThatFailsHasNoConsequences() async throws {
        let fixture = try StoreFixture()
        let endpoint = try await fixture.endpoint()
        try await fixture.post(1, to: endpoint, at: fixture.now, .givenUp)
        var test = fixture.record(2, to: endpoint, at: fixture.now + .seconds(6 * 86_400), .givenUp)
        test.isTest = true
        #expect(try await fixture.store.record([test], cursors: [:]).isEmpty)
        #expect(try await fixture.store.endpoint(endpoint.id, in: .default)?.health.lastFailureAt == test.startedAt)
        await fixture.end()
    }

    @Test func aDeletedEndpointWithManyPostsGoesInPieces() async throws {
        let fixture = try StoreFixture()
        let endpoint = try await fixture.endpoint()
        let now = fixture.now
        let records = (1...1200).map { fixture.record($0, to: endpoint, at: now, .succeeded) }
        try await fixture.store.record(records, cursors: [:])
        #expect(try await fixture.store.deleteEndpoint(endpoint.id, in: .default, at: now))
        #expect(try await fixture.store.endpoint(endpoint.id, in: .default) == nil)
        #expect(try await fixture.store.deleteEndpoint(endpoint.id, in: .default, at: now) == false)
        #expect(try fixture.count("posts") == 700)
        #expect(try await fixture.store.purge(at: now, retention: .ofTheTests, limit: 400))
        #expect(try fixture.count("posts") == 300)
        while try await fixture.store.purge(at: now, retention: .ofTheTests, limit: 400) {}
        for table in ["posts", "endpoints"] { #expect(try fixture.count(table) == 0) }
        await fixture.end()
    }

    @Test func nothingOfADeletedEndpointsSecretsStays() async throws {
        let fixture = try StoreFixture()
        let endpoint = try await fixture.endpoint { $0.sealedHeaders = "v1.AAAA" }
        let records = (1...600).map { fixture.record($0, to: endpoint, at: fixture.now, .succeeded) }
        try await fixture.store.record(records, cursors: [:])
        _ = try await fixture.store.deleteEndpoint(endpoint.id, in: .default, at: fixture.now)
        let left = try fixture.sql { database in
            try Row.fetchOne(database, sql: "SELECT secret, headers, old_secret FROM endpoints").map {
                [$0["secret"] as String?, $0["headers"], $0["old_secret"]]
            }
        }
        #expect(left == ["", nil, nil])
        await fixture.end()
    }

    @Test func theEndpointsOfADeletedProjectGoAsOneThatIsDeleted() async throws {
        let fixture = try StoreFixture()
        let project = try #require(try await fixture.store.createProject("tenant", at: fixture.now))
        let endpoint = try await fixture.endpoint { ($0.project, $0.sealedHeaders) = (project.id, "v1.AAAA") }
        let records = (1...600).map { fixture.record($0, to: endpoint, at: fixture.now, .succeeded) }
        try await fixture.store.record(records, cursors: [:])
        #expect(try await fixture.store.deleteProject(project.id, at: fixture.now) == .done)
        #expect(try await fixture.store.endpoints(in: nil).isEmpty)
        #expect(try fixture.count("posts") == 600)
        let secrets = try fixture.sql {
            try String.fetchAll($0, sql: "SELECT secret || ifnull(headers, '') FROM endpoints")
        }
        #expect(secrets == [""])
        while try await fixture.store.purge(at: fixture.now, retention: .ofTheTests, limit: 400) {}
        for table in ["posts", "endpoints"] { #expect(try fixture.count(table) == 0) }
        await fixture.end()
    }

    @Test func pendingCountsWhatWaitsForTheEndpoint() async throws {
        let fixture = try StoreFixture()
        let endpoint = try await fixture.endpoint { $0.types = [.accepted] }
        for _ in 0..<3 { try await fixture.accept(fixture.submission()) }
        #expect(try await fixture.store.pendingPosts(to: endpoint, limit: 1000) == 3)
        #expect(try await fixture.store.pendingPosts(to: endpoint, limit: 2) == 2)
        try await fixture.store.record(
            [
                fixture.record(1, to: endpoint, at: fixture.now, .succeeded),
                fixture.record(2, to: endpoint, at: fixture.now, .retry(at: fixture.now + .seconds(5))),
                fixture.record(3, to: endpoint, at: fixture.now, .givenUp),
            ], cursors: [endpoint.id: 3])
        let later = try #require(try await fixture.store.endpoint(endpoint.id, in: .default))
        #expect(try await fixture.store.pendingPosts(to: later, limit: 1000) == 1)
        await fixture.end()
    }
}

extension Retention {
    fileprivate static let ofTheTests = Retention(content: .seconds(3 * 86_400), messages: .seconds(30 * 86_400))
}

extension StoreFixture {
    func endpoint(_ change: (inout Endpoint) -> Void = { _ in }) async throws -> Endpoint {
        var endpoint = Endpoint(
            id: EndpointID(at: now), url: "https://hooks.example.test/T0K/x?key=1", types: [], secret: "whsec_x",
            createdAt: now)
        change(&endpoint)
        return try #require(try await store.createEndpoint(endpoint))
    }

    func record(
        _ event: Int, to endpoint: Endpoint, at time: Timestamp, _ outcome: PostRecord.Outcome
    ) -> PostRecord {
        PostRecord(
            endpoint: endpoint.id, event: Int64(event), number: 1, startedAt: time, latency: .milliseconds(12),
            status: outcome == .succeeded ? 200 : 500, error: outcome == .succeeded ? nil : "500", outcome: outcome)
    }

    @discardableResult
    func post(
        _ event: Int, to endpoint: Endpoint, at time: Timestamp, _ outcome: PostRecord.Outcome
    ) async throws -> [EndpointID: String] {
        try await store.record([record(event, to: endpoint, at: time, outcome)], cursors: [:])
    }
}
