// ServiceRoutes.swift — what machines ask: health, metrics, and the description of the API.

import HTTP
import HTTPTypes

struct ServiceRoutes: Sendable {
    let configuration: APIConfiguration

    var all: [APIRoute] {
        [
            APIRoute(.get, "/livez", access: .anyone) { _ in healthy },
            APIRoute(.get, "/readyz", access: .anyone) { _ in try readiness() },
            APIRoute(.get, "/metrics") { _ in metrics() },
            APIRoute(.get, "/openapi.yaml", access: .anyone) { _ in openAPIDocument() },
        ]
    }

    private var healthy: HTTPServerResponse { .json { writer in writer.object { $0.member("status", "ok") } } }

    private func readiness() throws(Problem) -> HTTPServerResponse {
        guard configuration.isReady() else {
            throw Problem(.unavailable, "No mail is taken at this moment.", retryAfter: 5)
        }
        return healthy
    }

    private func metrics() -> HTTPServerResponse {
        answer("text/plain; version=0.0.4; charset=utf-8", configuration.renderMetrics())
    }

    private func openAPIDocument() -> HTTPServerResponse { answer("application/yaml", configuration.openAPIDocument) }

    private func answer(_ type: String, _ body: [UInt8]) -> HTTPServerResponse {
        HTTPServerResponse(head: HTTPResponse(status: .ok, headerFields: [.contentType: type]), body: body)
    }
}
