// WebhookPostRoutes.swift — what was posted to an endpoint, and posts at its owner's wish: /v1/webhooks/{id}/test, /deliveries, …

import HTTP
import HTTPTypes
import Queue

struct WebhookPostRoutes: Sendable {
    let store: QueueStore
    let clock: any WallClock
    let test: APIConfiguration.EndpointTest
    private let trials = UnderWay<EndpointID>()
    /// Of one webhook: a slow one must not keep many requests open.
    private static let maximumTrials = 4

    init(_ configuration: APIConfiguration) {
        (store, clock, test) = (configuration.store, configuration.clock, configuration.testEndpoint)
    }

    var all: [APIRoute] {
        [
            APIRoute(.post, "/v1/webhooks/{id}/test", .scope(.webhooks)) { try await test($0) },
            APIRoute(
                .get, "/v1/webhooks/{id}/deliveries", .scope(.webhooks),
                query: Page.parameters + ["status", "event_id"]
            ) { try await deliveries($0) },
            APIRoute(.post, "/v1/webhooks/{id}/deliveries/{event_id}/retry", .scope(.webhooks)) { try await retry($0) },
            APIRoute(.post, "/v1/webhooks/{id}/replay", .scope(.webhooks)) { try await replay($0) },
        ]
    }

    /// Also for an endpoint that is paused or disabled: its owner wants to know whether it can be resumed.
    private func test(_ call: APICall) async throws -> HTTPServerResponse {
        let endpoint = try await store.endpoint(of: call)
        let type = try TrialRequest.type(in: call.request)
        guard trials.begin(endpoint.id, atMost: Self.maximumTrials) else {
            let limit = Self.maximumTrials
            throw Problem(.conflict, "\(limit) tests of this webhook are under way. Wait until one has ended.")
        }
        defer { trials.end(endpoint.id) }
        guard let trial = try await test(endpoint, type) else {
            throw Problem.notFound("webhook")
        }
        return .json { $0.trial(trial) }
    }

    private func deliveries(_ call: APICall) async throws -> HTTPServerResponse {
        let endpoint = try await store.endpoint(of: call)
        var query = call.queryReader
        let page = Page(of: .deliveries, &query)
        let status: DeliveryStatus? = query.choice("status")
        let event = query.value("event_id", otherwise: "Must be the id of an event.") { EventID($0) }
        try query.finish()
        let filter = PostFilter(hasSucceeded: status.map { $0 == .succeeded }, event: event)
        let posts = try await store.posts(to: endpoint, where: filter, before: page.position, limit: page.limit + 1)
        return page.answer(posts, of: .deliveries, position: \.key) { $0.delivery($1) }
    }

    private func retry(_ call: APICall) async throws -> HTTPServerResponse {
        let endpoint = try await store.endpoint(of: call)
        try endpoint.refuseIfDisabled("nothing is posted to it")
        guard let event = call.parameters["event_id"].flatMap({ EventID($0) }),
            try await store.retryPost(of: event, to: endpoint, at: clock.now)
        else { throw Problem.notFound("delivery") }
        return .json(.accepted) { $0.replay(of: endpoint.id, events: 1) }
    }

    private func replay(_ call: APICall) async throws -> HTTPServerResponse {
        let endpoint = try await store.endpoint(of: call)
        let replay = try ReplayRequest.replay(in: call.request.json, at: clock.now)
        try endpoint.refuseIfDisabled("nothing is posted to it")
        switch try await store.begin(replay, to: endpoint) {
        case .begun(let events): return .json(.accepted) { $0.replay(of: endpoint.id, events: events) }
        case .noSuchEndpoint: throw Problem.notFound("webhook")
        case .tooMany:
            let limit = Replay.maximumPerEndpoint
            throw Problem(.conflict, "\(limit) replays of this webhook are under way. Wait until one has ended.")
        }
    }
}

/// How a try to post ended.
private enum DeliveryStatus: String, CaseIterable { case succeeded, failed }
