// APIRoute.swift — one method and path of the API, who may ask for it, and what answers.

import HTTP
import HTTPTypes
import Queue

package struct APIRoute: Sendable {
    /// Throws a `Problem`, or a `StoreFailure` that becomes one; anything else is a fault of ours.
    package typealias Endpoint = @Sendable (RouteRequest) async throws -> HTTPServerResponse

    package enum Access: Sendable {
        case anyone
        /// Whoever has the key; in dev mode, loopback too.
        case authenticated
    }

    package let method: HTTPRequest.Method
    /// As `Router.on` takes it.
    package let template: String
    package let access: Access
    package let endpoint: Endpoint

    package init(
        _ method: HTTPRequest.Method, _ template: String, access: Access = .authenticated,
        _ endpoint: @escaping Endpoint
    ) {
        (self.method, self.template, self.access, self.endpoint) = (method, template, access, endpoint)
    }
}

extension RouteRequest {
    /// The identifier that stands for `{id}`; one that cannot be names nothing (404).
    func identifier<Kind: Identified>(_ kind: Kind.Type, of what: String) throws(Problem) -> Identifier<Kind> {
        guard let id = parameters["id"].flatMap({ Identifier<Kind>($0) }) else { throw .notFound(what) }
        return id
    }
}
