// API+Refusal.swift — what can be said of a request before its large body is read: nothing is there, or not for this key.

import HTTP
import HTTPTypes

extension API {
    /// So that nobody without a key fills our memory. Who is let through here is asked again with the whole request.
    package func refusal(of request: HTTPServerRequest) -> HTTPServerResponse? {
        var template: String?
        do throws(Problem) {
            let (route, _) = try route(of: request)
            template = route.template
            if case .anyone = route.access {
                throw Problem(.payloadTooLarge, "This path takes no body of that size.")
            }
            _ = try gate.caller(of: request, for: route.access)
            return nil
        } catch {
            metrics.record(method: request.head.method, route: template, status: error.status, took: .zero)
            return error.response(to: request)
        }
    }
}
