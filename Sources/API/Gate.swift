// Gate.swift — what every request passes: who asks, whether they ask too often, and whether they may ask this.

import HTTP
import Queue

struct Gate: Sendable {
    private let authentication: Authentication
    private let limits: RateLimits
    private let clock: any WallClock

    init(_ configuration: APIConfiguration) {
        authentication = Authentication(configuration)
        limits = RateLimits(standard: configuration.rateLimit)
        clock = configuration.clock
    }

    /// Who asks. Throws the problem that stands in the way; what the caller is to be told of their limit is in `limit`, also
    /// then.
    func admit(
        _ request: HTTPServerRequest, to access: APIRoute.Access, _ limit: inout RateLimitState?
    ) throws(Problem) -> Caller {
        if case .anyone = access { return .nobody }
        let caller = try authentication.caller(of: request)
        limit = limits.count(caller, at: clock.now)
        if let limit, limit.isExceeded { throw limit.problem }
        try check(caller, for: access)
        return caller
    }

    /// Who asks, before all of the request is there; not counted yet.
    func caller(of request: HTTPServerRequest, for access: APIRoute.Access) throws(Problem) -> Caller {
        if case .anyone = access { return .nobody }
        let caller = try authentication.caller(of: request)
        try check(caller, for: access)
        return caller
    }

    private func check(_ caller: Caller, for access: APIRoute.Access) throws(Problem) {
        switch access {
        case .anyone, .anyKey: break
        case .scope(let scope) where !caller.scopes.contains(scope):
            throw Problem(.forbidden, "This key lacks the scope \(scope.rawValue).")
        case .scope: break
        case .root where !caller.isRoot: throw Problem(.forbidden, "Only the root key may do this.")
        case .root: break
        }
    }
}
