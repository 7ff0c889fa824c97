// ServiceRoutes.swift — what machines ask: health, metrics, and the description of the API.

import HTTP
import HTTPTypes

struct ServiceRoutes: Sendable {
    let configuration: APIConfiguration
    private let documentTag: EntityTag

    init(configuration: APIConfiguration) {
        self.configuration = configuration
        documentTag = EntityTag(of: configuration.openAPIDocument)
    }

    var all: [APIRoute] {
        [
            APIRoute(.get, "/livez", .anyone) { _ in healthy },
            APIRoute(.get, "/readyz", .anyone) { await readiness(for: $0.request) },
            APIRoute(.get, "/metrics", .scope(.metrics)) { _ in metrics() },
            APIRoute(.get, "/openapi.yaml", .anyone) { openAPIDocument(for: $0.request) },
        ]
    }

    private var healthy: HTTPServerResponse { .json { writer in writer.object { $0.member("status", "ok") } } }

    /// "Not now" is an answer to the probe, not a failure that the log should repeat with each.
    private func readiness(for request: HTTPServerRequest) async -> HTTPServerResponse {
        guard await configuration.store.takesMessages() else {
            return Problem(.unavailable, "No mail is taken at this moment.", retryAfter: 5).response(to: request)
        }
        return healthy
    }

    private func metrics() -> HTTPServerResponse {
        answer("text/plain; version=0.0.4; charset=utf-8", configuration.renderMetrics())
    }

    private func openAPIDocument(for request: HTTPServerRequest) -> HTTPServerResponse {
        answer("application/yaml", configuration.openAPIDocument)
            .tagged(documentTag, known: KnownTags(request.head.headerFields))
    }

    private func answer(_ type: String, _ body: [UInt8]) -> HTTPServerResponse {
        HTTPServerResponse(head: HTTPResponse(status: .ok, headerFields: [.contentType: type]), body: body)
    }
}
