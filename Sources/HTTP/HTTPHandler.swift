// HTTPHandler.swift — the seam between the HTTP server and what it serves.

import HTTPTypes

/// A whole request: head and body have been read within their limits.
package struct HTTPServerRequest: Sendable {
    /// Method, path (with its query), Host as `authority`, and the other header fields in their order.
    package var head: HTTPRequest
    package var body: [UInt8]
    /// The client's address without the port.
    package var remoteAddress: String
    /// Unique for this request; goes out as `Request-Id`.
    package var id: String
    /// Asked by those who let a request wait, and by nobody else: what has been begun is finished for a client that has
    /// gone, too.
    package var presence: ClientPresence
    package init(
        head: HTTPRequest, body: [UInt8] = [], remoteAddress: String, id: String,
        presence: ClientPresence = ClientPresence()
    ) {
        (self.head, self.body, self.remoteAddress, self.id) = (head, body, remoteAddress, id)
        self.presence = presence
    }
}

/// A response, whole or with a body that is still to come. The server adds Date, Content-Length or Transfer-Encoding,
/// Connection and Request-Id.
package struct HTTPServerResponse: Sendable {
    /// Writes a body piece by piece and returns at its end. Runs on the connection's event loop: must not block. If it
    /// throws, the connection is cut off, so that nobody takes what was sent for the whole.
    package typealias Stream = @Sendable (HTTPBodyWriter) async throws -> Void

    package enum Body: Sendable {
        case bytes([UInt8])
        case stream(Stream)
    }

    package var head: HTTPResponse
    package var body: Body

    package init(head: HTTPResponse, body: [UInt8] = []) { (self.head, self.body) = (head, .bytes(body)) }
    package init(head: HTTPResponse, stream: @escaping Stream) { (self.head, self.body) = (head, .stream(stream)) }

    /// Of a response that is whole; nil for one that is not.
    package var bytes: [UInt8]? {
        guard case .bytes(let bytes) = body else { return nil }
        return bytes
    }
}

package protocol HTTPHandler: Sendable {
    /// Asked when a body larger than `HTTPLimits.smallBody` is announced or has begun to come, with the request as far as
    /// it is known: an answer that needs no more of the body, after which the connection ends; nil to read on. Runs on the
    /// connection's event loop.
    func refusal(of request: HTTPServerRequest) -> HTTPServerResponse?
    /// Runs on the connection's event loop: must not block.
    func respond(to request: HTTPServerRequest) async -> HTTPServerResponse
    /// The body of an answer that the server itself must give (400, 408, 413, 414, 431, 503): the handler knows
    /// the house's error format, the server does not.
    func response(to violation: HTTPViolation, id: String) -> HTTPServerResponse
}

extension HTTPHandler {
    package func refusal(of request: HTTPServerRequest) -> HTTPServerResponse? { nil }
}

/// A request that the server refuses before any handler sees it.
package struct HTTPViolation: Error, Hashable, Sendable {
    /// 400, 408, 413, 414, 417, 431, 501, 503 or 505.
    package var status: Int
    /// What was wrong, in one sentence.
    package var detail: String
    /// Seconds after which the same request may be welcome.
    package var retryAfter: Int?
    package init(status: Int, detail: String, retryAfter: Int? = nil) {
        (self.status, self.detail, self.retryAfter) = (status, detail, retryAfter)
    }
}
