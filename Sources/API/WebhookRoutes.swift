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
            APIRoute(.delete, "/v1/webhooks/{id}", .scope(.webhooks)) { try await delete($0) },
            APIRoute(.post, "/v1/webhooks/{id}/test", .scope(.webhooks)) { try await test($0) },
            APIRoute(.get, "/v1/webhooks/{id}/deliveries", .scope(.webhooks), query: Page.parameters) {
                try await deliveries($0)
            },
        ]
    }

    private func create(_ call: APICall) async throws -> HTTPServerResponse {
        let webhook = try WebhookRequest(call.request.json, urlFault: urlFault)
        let now = clock.now
        let id = EndpointID(at: now), secret = newSecret()
        let endpoint = Endpoint(
            id: id, project: call.project, url: webhook.url, types: webhook.types,
            secret: secrets.seal(Array(secret.utf8), for: Endpoint.secretPurpose(of: id)), createdAt: now)
        let stored = try await store.createEndpoint(endpoint)
        return .json(.created, fields: [.location: "/v1/webhooks/\(id)"]) { $0.webhook(stored, secret: secret) }
    }

    /// There are few endpoints, so that the pages are cut here; positions count from the oldest.
    private func list(_ call: APICall) async throws -> HTTPServerResponse {
        var query = QueryReader(call.query, known: Page.parameters)
        let page = Page(of: .webhooks, &query)
        try query.finish()
        let endpoints = try await store.endpoints(in: call.project)
        return page.answerNewestFirst(endpoints, of: .webhooks) { $0.webhook($1) }
    }

    private func show(_ call: APICall) async throws -> HTTPServerResponse {
        let endpoint = try await endpoint(of: call)
        return .json { $0.webhook(endpoint) }
    }

    private func delete(_ call: APICall) async throws -> HTTPServerResponse {
        let id = try call.identifier(EndpointKind.self, of: "webhook")
        guard try await store.deleteEndpoint(id, in: call.project) else {
            throw Problem.notFound("webhook")
        }
        return .json { writer in
            writer.object {
                $0.member("object", "webhook")
                $0.member("id", id.description)
                $0.member("deleted", true)
            }
        }
    }

    private func test(_ call: APICall) async throws -> HTTPServerResponse {
        let endpoint = try await endpoint(of: call)
        if let reason = endpoint.disabledReason {
            throw Problem(.conflict, "The webhook is disabled, nothing is posted to it: \(reason).")
        }
        guard let event = try await store.appendTestEvent(to: endpoint.id, in: call.project, at: clock.now) else {
            throw Problem.notFound("webhook")
        }
        return .json(.accepted) { $0.value(event) }
    }

    private func deliveries(_ call: APICall) async throws -> HTTPServerResponse {
        let id = try await endpoint(of: call).id
        var query = QueryReader(call.query, known: Page.parameters)
        let page = Page(of: .deliveries, &query)
        try query.finish()
        let posts = try await store.posts(to: id, before: page.position, limit: page.limit + 1)
        return page.answer(posts, of: .deliveries, position: \.key) { $0.delivery($1) }
    }

    private func endpoint(of call: APICall) async throws -> Endpoint {
        let id = try call.identifier(EndpointKind.self, of: "webhook")
        guard let endpoint = try await store.endpoint(id, in: call.project) else {
            throw Problem.notFound("webhook")
        }
        return endpoint
    }

    /// Standard Webhooks 1.0 asks for 24 to 64 random bytes.
    private func newSecret() -> String { "whsec_" + Base64.encode(.random(count: 32)) }
}

/// The body of POST /v1/webhooks.
struct WebhookRequest: Sendable {
    enum Member: String, CaseIterable, Sendable { case url, types }

    let url: String
    /// Each once; empty for all.
    let types: [EventType]

    init(_ body: JSONValue, urlFault: (String) -> String?) throws(Problem) {
        var reader = try BodyReader<Member>(body)
        url = reader.headerText(.url, maximumBytes: 2048) ?? ""
        if reader[.url] == nil {
            reader.fail(.url, .required, "A webhook needs a url.")
        } else if reader.errors.isEmpty, let fault = urlFault(url) {
            reader.fail(.url, .invalidURL, fault)
        }
        types = reader.choices(.types)
        guard reader.errors.isEmpty else { throw .validation(reader.errors) }
    }
}
