// API+Refusal.swift — what can be said of a request before its large body is read: nothing is there, or not for this key.

import HTTP
import HTTPTypes

extension API {
    /// So that nobody without a key fills our memory. Who is let through here is asked again with the whole request.
    package func refusal(of request: HTTPServerRequest) -> HTTPServerResponse? {
        let problem: Problem
        var template: String?
        switch router.route(request) {
        case .found(_, let route):
            template = route.template
            do throws(Problem) {
                try admit(request, route)
                return nil
            } catch { problem = error }
        case .notFound: problem = Problem(noRouteFor: request, among: templates)
        case .methodNotAllowed(let allowed): problem = Problem(request.head.method, isNotAmong: allowed)
        case .malformed(let detail): problem = Problem(.malformedRequest, detail)
        }
        metrics.record(method: request.head.method, route: template, status: problem.status, took: .zero)
        return problem.response(to: request)
    }

    private func admit(_ request: HTTPServerRequest, _ route: RouteRequest) throws(Problem) {
        let routes = access[route.template] ?? [:]
        // As the router has it, HEAD asks what GET does.
        let access = routes[request.head.method] ?? routes[.get] ?? .anyone
        if case .anyone = access { throw Problem(.payloadTooLarge, "This path takes no body of that size.") }
        _ = try gate.caller(of: request, for: access)
    }
}
