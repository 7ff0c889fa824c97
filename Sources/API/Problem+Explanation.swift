// Problem+Explanation.swift — what each code means and what to do about it: the one table behind /problems and /docs.

/// In words for whoever got the code and does not know it; Markdown as openapi.yaml has it.
package struct Explanation: Hashable, Sendable {
    /// Why the request was refused.
    package let cause: String
    /// What to do.
    package let cure: String

    init(_ cause: String, cure: String) { (self.cause, self.cure) = (cause, cure) }
}

extension Problem.Code {
    package var explanation: Explanation {
        switch self {
        case .invalidJSON: .invalidJSON
        case .malformedRequest: .malformedRequest
        case .unauthenticated: .unauthenticated
        case .forbidden: .forbidden
        case .notFound: .notFound
        case .methodNotAllowed: .methodNotAllowed
        case .conflict: .conflict
        case .idempotencyInProgress: .idempotencyInProgress
        case .payloadTooLarge: .payloadTooLarge
        case .unsupportedMediaType: .unsupportedMediaType
        case .validationFailed: .validationFailed
        case .idempotencyKeyReused: .idempotencyKeyReused
        case .rateLimited: .rateLimited
        case .storageFull: .storageFull
        case .unavailable: .unavailable
        }
    }
}

// MARK: The request

extension Explanation {
    fileprivate static let invalidJSON = Explanation(
        """
        The body is not JSON as RFC 8259 has it: it ends too early, has a comma or a quotation mark too many or too few, names a \
        member twice in one object, or is not UTF-8.
        """,
        cure: """
            `detail` has the line and the column. Let a JSON library write the body instead of joining strings; in a shell, put it \
            in single quotes.
            """)

    fileprivate static let malformedRequest = Explanation(
        """
        The request is not HTTP/1.1 as RFC 9112 has it, or its path, its query or its form cannot be decoded. After an error in \
        the HTTP itself the connection is closed.
        """,
        cure: """
            `detail` says what is wrong. Use an HTTP library, percent-encode paths and queries as UTF-8, and let the library \
            choose the boundary of a form.
            """)

    fileprivate static let payloadTooLarge = Explanation(
        "The body has more bytes than `http.max_body` allows. It was refused before it was read.",
        cure: """
            Send less: link to large files instead of attaching them, for many receivers refuse more than 25 MB anyway. Whoever \
            runs the server can raise `http.max_body`.
            """)

    fileprivate static let unsupportedMediaType = Explanation(
        "The body's `Content-Type` is missing or none that is taken here, or the body has a `Content-Encoding`.",
        cure: """
            Send `Content-Type: application/json`; where a message is sent, `multipart/form-data` and `message/rfc822` are taken \
            too. Send the body uncompressed.
            """)

    fileprivate static let validationFailed = Explanation(
        """
        The request can be read, but something that it says is wrong: a member of the body, a parameter of the query, or a header \
        field. Nothing was done.
        """,
        cure: """
            `errors` has every wrong field at once: `pointer` says where it stands, `code` what kind of fault it is, `detail` what \
            would be right, `received` what came. Mend them all and send again.
            """)
}

// MARK: Who asks, and for what

extension Explanation {
    fileprivate static let unauthenticated = Explanation(
        "No key came, or one that this server does not know, or that is no longer valid.",
        cure: """
            Send `Authorization: Bearer KEY`. The root key was printed at the first start. Take care that no line end or quotation \
            mark has become part of the key, and that it is a key of this server.
            """)

    fileprivate static let forbidden = Explanation(
        """
        The key is valid, but does not allow this: it lacks the scope, or may not send from this domain or from this address; or \
        the server sends from verified domains only.
        """,
        cure: """
            `detail` says what is lacking. Use a key that has it, or make one; verify the sending domain with \
            `POST /v1/domains/{name}/verify`.
            """)

    fileprivate static let notFound = Explanation(
        """
        There is nothing at this path: the path is misspelt, the thing was deleted or is past its retention, or it belongs to \
        another project than the key.
        """,
        cure: """
            Compare the path with [the documentation](/docs); `detail` names the nearest one. Compare the id, letter by letter, and \
            the project of the key.
            """)

    fileprivate static let methodNotAllowed = Explanation(
        "The path exists, but does not take this method.",
        cure: "`Allow` has the methods that it takes. Things are changed with `PATCH` and removed with `DELETE`.")

    fileprivate static let conflict = Explanation(
        "The request is right, but what it is about is in a state that does not allow it, or was changed meanwhile.",
        cure:
            "`detail` says what stands in the way. Look the thing up, and decide anew; the same request alone will not do."
    )
}

// MARK: The moment

extension Explanation {
    fileprivate static let idempotencyInProgress = Explanation(
        "Another request with the same `Idempotency-Key` has come and is not answered yet.",
        cure: "Wait as long as `Retry-After` says and send the same request again: it gets the first one's answer.")

    fileprivate static let idempotencyKeyReused = Explanation(
        "The `Idempotency-Key` came in the last 24 hours with a request that had another body or path. Nothing was sent.",
        cure: """
            Make a new key for each thing that is to happen once, and keep it with the request: the repetition must be the same to \
            the byte.
            """)

    fileprivate static let rateLimited = Explanation(
        "The key has made more requests in this time than it may, or keeps too many streams or waiting requests open.",
        cure: """
            Wait as long as `Retry-After` says. Spread the requests, send many messages in one batch, and follow the event log or \
            webhooks instead of asking for each message.
            """)

    fileprivate static let storageFull = Explanation(
        "The server's disk has no room for more. This was not accepted; what was accepted before is safe, and is delivered.",
        cure: "Send again after `Retry-After`. Whoever runs the server makes room, or shortens `retention.content`.")

    fileprivate static let unavailable = Explanation(
        "The server is starting, stopping, overloaded, or has met a fault of its own. This was not accepted.",
        cure: """
            Send again after `Retry-After`, with the same `Idempotency-Key`. If it does not pass, tell whoever runs the server the \
            `request_id`: its log has the reason.
            """)
}
