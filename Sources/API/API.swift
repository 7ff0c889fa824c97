// API.swift — everything under one roof: finds the route, checks the key, answers, and turns problems into answers.

import HTTP
import HTTPTypes
import Logging
import Queue

package struct API: HTTPHandler {
    private let router: Router
    private let metrics = RequestMetrics()

    /// `additionalRoutes` come after the API's own and must not repeat them.
    package init(_ configuration: APIConfiguration, additionalRoutes: [APIRoute] = []) {
        let authentication = Authentication(
            rootKeyDigest: configuration.keys.rootDigest, trustsLoopback: configuration.isDevMode)
        let logger = configuration.logger
        var router = Router()
        for route in Self.routes(of: configuration) + additionalRoutes {
            router.on(route.method, route.template) { await route.answer($0, authentication, logger) }
        }
        self.router = router
    }

    static func routes(of configuration: APIConfiguration) -> [APIRoute] {
        MessageRoutes(configuration).all + EventRoutes(configuration).all
            + WebhookRoutes(configuration).all + DomainRoutes(domains: configuration.domains).all
            + ServiceRoutes(configuration: configuration).all
    }

    package func respond(to request: HTTPServerRequest) async -> HTTPServerResponse {
        let start = ContinuousClock.now
        let response: HTTPServerResponse
        var template: String?
        switch router.route(request) {
        case .found(let endpoint, let routeRequest):
            template = routeRequest.template
            response = await endpoint(routeRequest)
        case .notFound:
            response = Problem(.notFound, "There is nothing at this path.").response(to: request)
        case .methodNotAllowed(let allow):
            let methods = allow.map(\.rawValue)
            let detail = "This path takes \(methods.joined(separator: ", "))."
            response = Problem(.methodNotAllowed, detail, allowedMethods: methods).response(to: request)
        case .malformed(let detail):
            response = Problem(.malformedRequest, detail).response(to: request)
        }
        let status = response.head.status.code
        metrics.record(method: request.head.method, route: template, status: status, took: .now - start)
        return response
    }

    package func response(to violation: HTTPViolation, id: String) -> HTTPServerResponse {
        let problem = Problem(violation)
        metrics.record(method: .get, route: nil, status: problem.status, took: .zero)
        return problem.response(requestID: id, instance: nil, asPlainJSON: false)
    }
}

extension APIRoute {
    /// The endpoint's answer, or that of the problem that stood in its way. A failure of ours goes to the log.
    fileprivate func answer(
        _ request: RouteRequest, _ authentication: Authentication, _ logger: Logger
    ) async -> HTTPServerResponse {
        do {
            switch access {
            case .anyone: return try await endpoint(APICall(request, by: .nobody))
            case .anyKey: return try await endpoint(APICall(request, by: authentication.caller(of: request.request)))
            case .scope(let scope):
                let caller = try authentication.caller(of: request.request)
                guard caller.scopes.contains(scope) else {
                    throw Problem(.forbidden, "This key lacks the scope \(scope.rawValue).")
                }
                return try await endpoint(APICall(request, by: caller))
            }
        } catch {
            let problem = Problem(thrown: error)
            if problem.status >= 500 { log(problem, requestID: request.request.id, logger) }
            return problem.response(to: request.request)
        }
    }
}

extension APIRoute {
    private func log(_ problem: Problem, requestID: String, _ logger: Logger) {
        logger.error(
            "request failed",
            metadata: [
                "request_id": "\(requestID)", "method": "\(method)", "route": "\(template)",
                "status": "\(problem.status)", "code": "\(problem.code.rawValue)",
                "cause": "\(problem.cause ?? problem.detail)",
            ])
    }
}

extension Problem {
    /// What the server refused before it could be routed. Statuses that the codes do not have keep theirs.
    fileprivate init(_ violation: HTTPViolation) {
        let code: Code =
            switch violation.status {
            case 413: .payloadTooLarge
            case 503: .unavailable
            default: .malformedRequest
            }
        self.init(code, violation.detail, status: violation.status)
    }
}
