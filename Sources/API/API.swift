// API.swift — everything under one roof: finds the route, checks the key, answers, and turns problems into answers.

import HTTP
import HTTPTypes
import Logging
import Queue

package struct API: HTTPHandler {
    private let routes: [APIRoute]
    /// Of these.
    private let router: Router
    /// Theirs, each once.
    private let templates: [String]
    private let logger: Logger
    let metrics = RequestMetrics()
    let gate: Gate

    /// `additionalRoutes` come after the API's own and must not repeat them.
    package init(_ configuration: APIConfiguration, additionalRoutes: [APIRoute] = []) {
        routes = Self.routes(of: configuration) + additionalRoutes
        router = Router(routes.map { ($0.method, $0.template) })
        templates = Set(routes.map(\.template)).sorted()
        (gate, logger) = (Gate(configuration), configuration.logger)
    }

    static func routes(of configuration: APIConfiguration) -> [APIRoute] {
        MessageRoutes(configuration).all + EventRoutes(configuration).all
            + WebhookRoutes(configuration).all + WebhookPostRoutes(configuration).all
            + DomainRoutes(domains: configuration.domains).all
            + KeyRoutes(configuration).all + ProjectRoutes(configuration).all
            + SuppressionRoutes(configuration).all + QueueRoutes(configuration).all + StatsRoutes(configuration).all
            + ServiceRoutes(configuration: configuration).all
            + ReferenceRoutes(reference: configuration.reference).all
    }

    package func respond(to request: HTTPServerRequest) async -> HTTPServerResponse {
        let start = ContinuousClock.now
        let response: HTTPServerResponse
        var template: String?
        do throws(Problem) {
            let (route, target) = try route(of: request)
            template = route.template
            response = await answer(target, of: route)
        } catch {
            response = error.response(to: request)
        }
        let status = response.head.status.code
        metrics.record(method: request.head.method, route: template, status: status, took: .now - start)
        return response
    }

    func route(of request: HTTPServerRequest) throws(Problem) -> (APIRoute, RouteRequest) {
        switch router.route(request) {
        case .found(let index, let target): return (routes[index], target)
        case .notFound: throw Problem(noRouteFor: request, among: templates)
        case .methodNotAllowed(let allowed): throw Problem(request.head.method, isNotAmong: allowed)
        case .malformed(let detail): throw Problem(.malformedRequest, detail)
        }
    }

    package func response(to violation: HTTPViolation, id: String) -> HTTPServerResponse {
        let problem = Problem(violation)
        metrics.record(method: .get, route: nil, status: problem.status, took: .zero)
        return problem.response(requestID: id, instance: nil, asPlainJSON: false)
    }
}

extension API {
    /// The endpoint's answer, or that of the problem that stood in its way. A failure of ours goes to the log.
    private func answer(_ target: RouteRequest, of route: APIRoute) async -> HTTPServerResponse {
        var limit: RateLimitState?
        var response: HTTPServerResponse
        do {
            response = try await route.endpoint(try admit(target, to: route, &limit))
        } catch {
            response = refusal(of: target.request, by: route, because: error)
        }
        limit?.add(to: &response.head.headerFields)
        return response
    }

    // Neither of these leaves anything in the frame of a request that waits.

    @inline(never)
    private func admit(
        _ target: RouteRequest, to route: APIRoute, _ limit: inout RateLimitState?
    ) throws(Problem) -> APICall {
        let caller = try gate.admit(target.request, to: route.access, &limit)
        let call = APICall(target, to: route, by: caller, through: gate)
        // An endpoint that reads parameters judges them with all else that may be wrong.
        if route.query.isEmpty { try call.queryReader.finish() }
        return call
    }

    @inline(never)
    private func refusal(
        of request: HTTPServerRequest, by route: APIRoute, because error: any Error
    ) -> HTTPServerResponse {
        let problem = Problem(thrown: error)
        if problem.status >= 500 { log(problem, of: route, requestID: request.id) }
        return problem.response(to: request)
    }

    private func log(_ problem: Problem, of route: APIRoute, requestID: String) {
        logger.error(
            "request failed",
            metadata: [
                "request_id": "\(requestID)", "method": "\(route.method)", "route": "\(route.template)",
                "status": "\(problem.status)", "code": "\(problem.code.rawValue)",
                "cause": "\(problem.cause ?? problem.detail)",
            ])
    }
}

extension Problem {
    fileprivate init(noRouteFor request: HTTPServerRequest, among templates: [String]) {
        let path = (request.head.path ?? "").prefix { $0 != "?" }
        let nearest = nearestTemplate(to: String(path), among: templates)
        self.init(.notFound, "There is nothing at this path.\(didYouMean(nearest))")
    }

    fileprivate init(_ method: HTTPRequest.Method, isNotAmong allowed: [HTTPRequest.Method]) {
        let allowed = allowed.map(\.rawValue)
        let detail =
            "\(method.rawValue.prefix(20)) is not served here: this path takes \(allowed.joined(separator: ", "))."
        self.init(.methodNotAllowed, detail)
        allowedMethods = allowed
    }

    /// What the server refused before it could be routed. Statuses that the codes do not have keep theirs.
    fileprivate init(_ violation: HTTPViolation) {
        let code: Code =
            switch violation.status {
            case 413: .payloadTooLarge
            case 503: .unavailable
            default: .malformedRequest
            }
        self.init(code, violation.detail, retryAfter: violation.retryAfter)
        status = violation.status
    }
}
