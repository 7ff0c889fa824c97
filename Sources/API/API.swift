// API.swift — everything under one roof: finds the route, checks the key, answers, and turns problems into answers.

import HTTP
import HTTPTypes
import Logging
import Queue

package struct API: HTTPHandler {
    let router: Router
    let metrics = RequestMetrics()
    let gate: Gate
    /// By template and method, for `refusal`.
    let access: [String: [HTTPRequest.Method: APIRoute.Access]]
    /// Of every route, each once.
    let templates: [String]

    /// `additionalRoutes` come after the API's own and must not repeat them.
    package init(_ configuration: APIConfiguration, additionalRoutes: [APIRoute] = []) {
        let gate = Gate(configuration)
        let logger = configuration.logger
        let routes = Self.routes(of: configuration) + additionalRoutes
        var router = Router()
        var access: [String: [HTTPRequest.Method: APIRoute.Access]] = [:]
        for route in routes {
            router.on(route.method, route.template) { await route.answer($0, gate, logger) }
            access[route.template, default: [:]][route.method] = route.access
        }
        (self.router, self.access, self.gate) = (router, access, gate)
        templates = access.keys.sorted()
    }

    static func routes(of configuration: APIConfiguration) -> [APIRoute] {
        MessageRoutes(configuration).all + EventRoutes(configuration).all
            + WebhookRoutes(configuration).all + WebhookPostRoutes(configuration).all
            + DomainRoutes(domains: configuration.domains).all
            + KeyRoutes(configuration).all + ProjectRoutes(configuration).all
            + SuppressionRoutes(configuration).all + ServiceRoutes(configuration: configuration).all
            + ReferenceRoutes(reference: configuration.reference).all
    }

    package func respond(to request: HTTPServerRequest) async -> HTTPServerResponse {
        let start = ContinuousClock.now
        let response: HTTPServerResponse
        var template: String?
        switch router.route(request) {
        case .found(let endpoint, let routeRequest):
            template = routeRequest.template
            response = await endpoint(routeRequest)
        case .notFound: response = Problem(noRouteFor: request, among: templates).response(to: request)
        case .methodNotAllowed(let allow):
            response = Problem(request.head.method, isNotAmong: allow).response(to: request)
        case .malformed(let detail): response = Problem(.malformedRequest, detail).response(to: request)
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
    fileprivate func answer(_ request: RouteRequest, _ gate: Gate, _ logger: Logger) async -> HTTPServerResponse {
        var limit: RateLimitState?
        var response: HTTPServerResponse
        do {
            let caller = try gate.admit(request.request, to: access, &limit)
            // An endpoint that reads parameters judges them with all else that may be wrong.
            if query.isEmpty, !request.query.all.isEmpty { try QueryReader(request.query, known: []).finish() }
            response = try await endpoint(APICall(request, by: caller, for: access, through: gate))
        } catch {
            let problem = Problem(thrown: error)
            if problem.status >= 500 { log(problem, requestID: request.request.id, logger) }
            response = problem.response(to: request.request)
        }
        limit?.add(to: &response.head.headerFields)
        return response
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
    init(noRouteFor request: HTTPServerRequest, among templates: [String]) {
        let path = (request.head.path ?? "").prefix { $0 != "?" }
        let nearest = nearestTemplate(to: String(path), among: templates).map { " Did you mean \($0)?" }
        self.init(.notFound, "There is nothing at this path.\(nearest ?? "")")
    }

    init(_ method: HTTPRequest.Method, isNotAmong allowed: [HTTPRequest.Method]) {
        let allowed = allowed.map(\.rawValue)
        let detail =
            "\(method.rawValue.prefix(20)) is not served here: this path takes \(allowed.joined(separator: ", "))."
        self.init(.methodNotAllowed, detail, allowedMethods: allowed)
    }

    /// What the server refused before it could be routed. Statuses that the codes do not have keep theirs.
    fileprivate init(_ violation: HTTPViolation) {
        let code: Code =
            switch violation.status {
            case 413: .payloadTooLarge
            case 503: .unavailable
            default: .malformedRequest
            }
        self.init(code, violation.detail, status: violation.status, retryAfter: violation.retryAfter)
    }
}
