// Gate.swift — what every request passes: who asks, whether they ask too often, and whether they may ask this.

import HTTP
import Queue

struct Gate: Sendable {
    private let authentication: Authentication
    let limits: RateLimits
    private let attendance: Attendance
    private let clock: any WallClock

    init(_ configuration: APIConfiguration) {
        authentication = Authentication(configuration)
        limits = RateLimits(standard: configuration.rateLimit)
        attendance = Attendance(configuration.attendance)
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

    /// For one who was admitted and is to be kept waiting. Throws `rate_limited` if the caller has too many that are.
    func seat(
        _ kind: Attendance.Kind, of caller: Caller, for access: APIRoute.Access, from address: String
    ) throws(Problem) -> Seat {
        try attendance.seat(kind, of: caller) {
            do throws(Problem) {
                try check(authentication.renewed(caller, from: address), for: access)
                return nil
            } catch {
                return error
            }
        }
    }

    private func check(_ caller: Caller, for access: APIRoute.Access) throws(Problem) {
        switch access {
        case .anyone, .anyKey: break
        case .scope(let scope) where !caller.scopes.contains(scope):
            throw Problem(.forbidden, "This key lacks the scope \(scope.rawValue).")
        case .scope: break
        case .root where !caller.isRoot: throw Problem(.forbidden, "Only the root key may do this.")
        case .rootOnly(let what) where !caller.isRoot: throw Problem.notFound(what)
        case .root, .rootOnly: break
        }
    }
}
