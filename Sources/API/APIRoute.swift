// APIRoute.swift — one method and path of the API, who may ask for it, and what answers.

import HTTP
import HTTPTypes
import Queue

package struct APIRoute: Sendable {
    /// Throws a `Problem`, or a failure that becomes one (`Problem.init(thrown:)`); anything else is a fault of ours.
    package typealias Endpoint = @Sendable (APICall) async throws -> HTTPServerResponse

    package enum Access: Sendable {
        case anyone
        /// Whoever has a key, whatever its scopes; in dev mode, loopback too.
        case anyKey
        /// Whoever has a key with this scope.
        case scope(Scope)
        /// Whoever has the root key; in dev mode, loopback too.
        case root
        /// The same, where the path names one of these things: for all others there is no such thing.
        case rootOnly(of: String)
    }

    package let method: HTTPRequest.Method
    /// As `Router.on` takes it.
    package let template: String
    package let access: Access
    /// The parameters of the query that the endpoint reads, as `QueryReader` takes them. Without any, a query is refused
    /// before the endpoint is asked.
    package let query: [String]
    package let endpoint: Endpoint

    package init(
        _ method: HTTPRequest.Method, _ template: String, _ access: Access, query: [String] = [],
        _ endpoint: @escaping Endpoint
    ) {
        (self.method, self.template, self.access) = (method, template, access)
        (self.query, self.endpoint) = (query, endpoint)
    }
}
