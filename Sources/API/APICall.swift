// APICall.swift — one request to the API, with who makes it.

import HTTP
import Queue

/// What an endpoint gets.
package struct APICall: Sendable {
    package let route: RouteRequest
    /// For a route that anyone may ask, this is nobody's: without project or scope.
    package let caller: Caller
    /// What it was asked for by, and what it came through; nil for one that did not.
    let access: APIRoute.Access
    let gate: Gate?

    package init(_ route: RouteRequest, by caller: Caller) {
        (self.route, self.caller, access, gate) = (route, caller, .anyone, nil)
    }

    init(_ route: RouteRequest, by caller: Caller, for access: APIRoute.Access, through gate: Gate) {
        (self.route, self.caller, self.access, self.gate) = (route, caller, access, gate)
    }

    package var request: HTTPServerRequest { route.request }
    package var query: QueryParameters { route.query }
    /// The segments of the path that stood for the template's names.
    package var parameters: [String: String] { route.parameters }
    /// Whose rows are seen and made; those of others are not there (404).
    package var project: ProjectID { caller.project }

    /// The identifier that stands for `{id}`; one that cannot be names nothing (404).
    func identifier<Kind: Identified>(_ kind: Kind.Type, of what: String) throws(Problem) -> Identifier<Kind> {
        guard let id = parameters["id"].flatMap({ Identifier<Kind>($0) }) else { throw .notFound(what) }
        return id
    }
}
