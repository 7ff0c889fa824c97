// APICall.swift — one request to the API, with who makes it.

import HTTP
import Queue

/// What an endpoint gets.
package struct APICall: Sendable {
    let target: RouteRequest
    /// For a route that anyone may ask, this is nobody's: without project or scope.
    package let caller: Caller
    let route: APIRoute
    /// What it came through.
    let gate: Gate

    init(_ target: RouteRequest, to route: APIRoute, by caller: Caller, through gate: Gate) {
        (self.target, self.route, self.caller, self.gate) = (target, route, caller, gate)
    }

    package var request: HTTPServerRequest { target.request }
    package var query: QueryParameters { target.query }
    /// Of the parameters that the route declares.
    package var queryReader: QueryReader { QueryReader(query, known: route.query) }
    /// The segments of the path that stood for the template's names.
    package var parameters: [String: String] { target.parameters }
    /// Whose rows are seen and made; those of others are not there (404).
    package var project: ProjectID { caller.project }

    /// The identifier that stands for `{id}`; one that cannot be names nothing (404).
    func identifier<Kind: Identified>(_ kind: Kind.Type, of what: String) throws(Problem) -> Identifier<Kind> {
        guard let id = parameters["id"].flatMap({ Identifier<Kind>($0) }) else { throw .notFound(what) }
        return id
    }
}
