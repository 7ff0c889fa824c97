// ServiceRoutes.swift — what machines ask: health and metrics.

import HTTP
import HTTPTypes

struct ServiceRoutes: Sendable {
    let configuration: APIConfiguration

    var all: [APIRoute] {
        [
            APIRoute(.get, "/livez", .anyone) { _ in healthy },
            APIRoute(.get, "/readyz", .anyone) { await readiness(for: $0.request) },
            APIRoute(.get, "/metrics", .scope(.metrics)) { try metrics(for: $0.caller) },
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

    /// They tell of all projects.
    private func metrics(for caller: Caller) throws(Problem) -> HTTPServerResponse {
        guard caller.project == .default else {
            throw Problem(.forbidden, "Only keys of the default project may read the metrics.")
        }
        let type = "text/plain; version=0.0.4; charset=utf-8"
        return HTTPServerResponse(
            head: HTTPResponse(status: .ok, headerFields: [.contentType: type]), body: configuration.renderMetrics())
    }
}
