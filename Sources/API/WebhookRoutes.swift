// WebhookRoutes.swift — the endpoints that events are posted to: /v1/webhooks.

import Crypto
import Events
import HTTP
import HTTPTypes
import JSON
import Queue

struct WebhookRoutes: Sendable {
    let store: QueueStore
    let clock: any WallClock
    let secrets: SecretBox
    let urlFault: @Sendable (String) -> String?

    init(_ configuration: APIConfiguration) {
        (store, clock, secrets) = (configuration.store, configuration.clock, configuration.keys.secrets)
        urlFault = configuration.endpointURLFault
    }

    var all: [APIRoute] {
        [
            APIRoute(.post, "/v1/webhooks", .scope(.webhooks)) { try await create($0) },
            APIRoute(.get, "/v1/webhooks", .scope(.webhooks), query: Page.parameters) { try await list($0) },
            APIRoute(.get, "/v1/webhooks/{id}", .scope(.webhooks)) { try await show($0) },
            APIRoute(.patch, "/v1/webhooks/{id}", .scope(.webhooks)) { try await change($0) },
            APIRoute(.delete, "/v1/webhooks/{id}", .scope(.webhooks)) { try await delete($0) },
            APIRoute(.post, "/v1/webhooks/{id}/pause", .scope(.webhooks)) { try await pause($0) },
            APIRoute(.post, "/v1/webhooks/{id}/resume", .scope(.webhooks)) { try await resume($0) },
            APIRoute(.post, "/v1/webhooks/{id}/rotate-secret", .scope(.webhooks)) { try await rotateSecret($0) },
        ]
    }

    private func create(_ call: APICall) async throws -> HTTPServerResponse {
        let webhook = try WebhookRequest(call.request.json, isNew: true, urlFault: urlFault)
        try webhook.checkSizes(tags: [:], headers: EndpointHeaders())
        let now = clock.now
        let id = EndpointID(at: now), secret = newSecret()
        var endpoint = Endpoint(
            id: id, project: call.project, url: "", types: [], secret: seal(secret, of: id), createdAt: now)
        apply(webhook, to: &endpoint)
        guard let stored = try await store.createEndpoint(endpoint) else {
            throw Problem(.conflict, "There are \(Endpoint.maximumPerProject) webhooks. Delete one first.")
        }
        let view = try await view(of: stored)
        let fields: HTTPFields = [.location: "/v1/webhooks/\(id)", .cacheControl: "no-store"]
        return .json(.created, fields: fields) { $0.webhook(view, secret: secret) }
    }

    /// There are few endpoints, so that the pages are cut here; positions count from the oldest.
    private func list(_ call: APICall) async throws -> HTTPServerResponse {
        var query = call.queryReader
        let page = Page(of: .webhooks, &query)
        try query.finish()
        let endpoints = try await store.endpoints(in: call.project)
        let (shown, next) = page.newestFirst(endpoints, of: .webhooks)
        var views: [WebhookView] = []
        for endpoint in shown { views.append(try await view(of: endpoint)) }
        return .list(views, hasMore: next != nil, nextCursor: next) { $0.webhook($1) }
    }

    private func show(_ call: APICall) async throws -> HTTPServerResponse {
        try await answer(store.endpoint(of: call))
    }

    private func change(_ call: APICall) async throws -> HTTPServerResponse {
        let endpoint = try await store.endpoint(of: call)
        let change = try WebhookRequest(call.request.json, isNew: false, urlFault: urlFault)
        var changed = endpoint
        change.apply(to: &changed)
        let kept = changed.origin == endpoint.origin ? try endpoint.headers(openedBy: secrets) : EndpointHeaders()
        try change.checkSizes(tags: endpoint.tags, headers: kept)
        return try await update(call) { apply(change, to: &$0) }
    }

    private func delete(_ call: APICall) async throws -> HTTPServerResponse {
        let id = try call.identifier(EndpointKind.self, of: "webhook")
        guard try await store.deleteEndpoint(id, in: call.project, at: clock.now) else {
            throw Problem.notFound("webhook")
        }
        return .deleted("webhook") { $0.member("id", id.description) }
    }

    private func pause(_ call: APICall) async throws -> HTTPServerResponse {
        try await store.endpoint(of: call).refuseIfDisabled("it has nothing to pause")
        let now = clock.now
        return try await update(call) { $0.pausedAt = $0.pausedAt ?? now }
    }

    private func resume(_ call: APICall) async throws -> HTTPServerResponse {
        try await update(call) { ($0.pausedAt, $0.disabledAt, $0.disabledReason) = (nil, nil, nil) }
    }

    /// Two secrets are alive at most: a third takes the place of the older one.
    private func rotateSecret(_ call: APICall) async throws -> HTTPServerResponse {
        let id = try await store.endpoint(of: call).id
        let grace = try GraceRequest.grace(in: call.request, atMostDays: Self.graceDays)
        let end = clock.now + grace
        let secret = newSecret(), sealed = seal(secret, of: id)
        return try await update(call, secret: secret) { endpoint in
            endpoint.oldSecret = grace > .zero ? .init(secret: endpoint.secret, expiresAt: end) : nil
            endpoint.secret = sealed
        }
    }
}

extension WebhookRoutes {
    /// - Parameter secret: shown in the answer, if it has just been made.
    private func update(
        _ call: APICall, secret: String? = nil, _ change: @escaping @Sendable (inout Endpoint) -> Void
    ) async throws -> HTTPServerResponse {
        let id = try call.identifier(EndpointKind.self, of: "webhook")
        guard let endpoint = try await store.updateEndpoint(id, in: call.project, change) else {
            throw Problem.notFound("webhook")
        }
        return try await answer(endpoint, secret: secret)
    }

    private func answer(_ endpoint: Endpoint, secret: String? = nil) async throws -> HTTPServerResponse {
        let view = try await view(of: endpoint)
        let fields: HTTPFields = secret == nil ? [:] : [.cacheControl: "no-store"]
        return .json(fields: fields) { $0.webhook(view, secret: secret) }
    }

    private func view(of endpoint: Endpoint) async throws -> WebhookView {
        WebhookView(
            endpoint: endpoint, headerNames: try endpoint.headers(openedBy: secrets).values.keys.sorted(),
            pending: try await store.pendingPosts(to: endpoint, limit: WebhookView.mostPending))
    }

    private func apply(_ change: WebhookRequest, to endpoint: inout Endpoint) {
        let origin = endpoint.origin
        change.apply(to: &endpoint)
        let moves = endpoint.origin != origin
        if case .keep = change.headers, !moves { return }
        // Keys for one receiver are not for another. What cannot be opened cannot be sent either: it is as good as none.
        let before = moves ? [:] : (try? endpoint.headers(openedBy: secrets))?.values ?? [:]
        let headers = EndpointHeaders(change.headers.applied(to: before))
        let purpose = Endpoint.headersPurpose(of: endpoint.id)
        endpoint.sealedHeaders = headers.values.isEmpty ? nil : secrets.seal(headers.bytes, for: purpose)
    }

    /// That a secret signs beside the one in its place.
    private static let graceDays = 7

    private func seal(_ secret: String, of id: EndpointID) -> String {
        secrets.seal(Array(secret.utf8), for: Endpoint.secretPurpose(of: id))
    }

    /// Standard Webhooks 1.0 asks for 24 to 64 random bytes.
    private func newSecret() -> String { "whsec_" + Base64.encode(.random(count: 32)) }
}

extension QueueStore {
    /// The endpoint whose id stands for `{id}`.
    func endpoint(of call: APICall) async throws -> Endpoint {
        let id = try call.identifier(EndpointKind.self, of: "webhook")
        guard let endpoint = try await endpoint(id, in: call.project) else { throw Problem.notFound("webhook") }
        return endpoint
    }
}

extension Endpoint {
    func headers(openedBy box: SecretBox) throws -> EndpointHeaders {
        guard let sealedHeaders else { return EndpointHeaders() }
        let bytes = try box.open(sealedHeaders, for: Endpoint.headersPurpose(of: id))
        guard let headers = EndpointHeaders(bytes: bytes) else {
            throw StoreFailure.refused("the header fields of \(id) are not readable")
        }
        return headers
    }

    func refuseIfDisabled(_ consequence: String) throws(Problem) {
        guard let disabledReason else { return }
        throw Problem(.conflict, "The webhook is disabled (\(disabledReason)): \(consequence). Resume it first.")
    }
}
