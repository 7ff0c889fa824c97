// Problem.swift — why a request was refused, as RFC 9457 problem details.

import HTTP
import HTTPTypes
import JSON

package struct Problem: Error, Hashable, Sendable {
    package var code: Code
    /// The status on the wire: the code's own, but for the few violations of HTTP that have one of their own.
    package var status: Int
    /// For a person, about this occurrence.
    package var detail: String
    package var errors: [FieldError]
    /// The seconds of `Retry-After`.
    package var retryAfter: Int?
    /// The methods of `Allow`, for `methodNotAllowed`.
    package var allowedMethods: [String] = []
    /// Why it is a fault of ours: for the log, never shown.
    package var cause: String?

    package init(_ code: Code, _ detail: String, errors: [FieldError] = [], retryAfter: Int? = nil) {
        (self.code, status, self.detail, self.errors) = (code, code.status, detail, errors)
        self.retryAfter = retryAfter
    }

    package static func validation(_ errors: [FieldError]) -> Problem {
        let detail =
            errors.count == 1 ? "\(errors[0].pointer): \(errors[0].detail)" : "\(errors.count) fields are wrong."
        return Problem(.validationFailed, detail, errors: errors)
    }

    package static func notFound(_ what: String) -> Problem { Problem(.notFound, "There is no such \(what).") }
}

extension Problem {
    /// The member that programs branch on. Each is documented in openapi.yaml.
    package enum Code: String, Sendable, CaseIterable {
        case invalidJSON = "invalid_json"
        case malformedRequest = "malformed_request"
        case unauthenticated
        case forbidden
        case notFound = "not_found"
        case methodNotAllowed = "method_not_allowed"
        case conflict
        case idempotencyInProgress = "idempotency_in_progress"
        case payloadTooLarge = "payload_too_large"
        case unsupportedMediaType = "unsupported_media_type"
        case validationFailed = "validation_failed"
        case idempotencyKeyReused = "idempotency_key_reused"
        case rateLimited = "rate_limited"
        case storageFull = "storage_full"
        case unavailable

        package var status: Int {
            switch self {
            case .invalidJSON, .malformedRequest: 400
            case .unauthenticated: 401
            case .forbidden: 403
            case .notFound: 404
            case .methodNotAllowed: 405
            case .conflict, .idempotencyInProgress: 409
            case .payloadTooLarge: 413
            case .unsupportedMediaType: 415
            case .validationFailed, .idempotencyKeyReused: 422
            case .rateLimited: 429
            case .unavailable: 503
            case .storageFull: 507
            }
        }

        /// The same for every occurrence (RFC 9457 §3.1.3).
        package var title: String {
            switch self {
            case .invalidJSON: "The body is not valid JSON"
            case .malformedRequest: "The request is malformed"
            case .unauthenticated: "A valid key is needed"
            case .forbidden: "The key does not allow this"
            case .notFound: "Not found"
            case .methodNotAllowed: "The method is not allowed here"
            case .conflict: "The state does not allow this"
            case .idempotencyInProgress: "A request with this idempotency key is in progress"
            case .payloadTooLarge: "The body is too large"
            case .unsupportedMediaType: "The media type is not supported"
            case .validationFailed: "Some fields are wrong"
            case .idempotencyKeyReused: "The idempotency key was used for another request"
            case .rateLimited: "Too many requests"
            case .storageFull: "The storage is full"
            case .unavailable: "Not available at this moment"
            }
        }
    }
}

extension Problem {
    /// The same of a message that stands within a body, at `place`.
    func within(_ place: String) -> Problem {
        code == .validationFailed ? .validation(errors.map { $0.within(place) }) : self
    }

    /// The whole answer to `request`.
    package func response(to request: HTTPServerRequest) -> HTTPServerResponse {
        let path = (request.head.path ?? "/").prefix { $0 != "?" }
        let isPlain = AcceptField(request).namesOnly(.json)
        return response(requestID: request.id, instance: String(path), asPlainJSON: isPlain)
    }

    /// The answer to a request that could not be read, or whose `Accept` and path are known already.
    package func response(requestID: String, instance: String?, asPlainJSON: Bool) -> HTTPServerResponse {
        var writer = JSONWriter()
        write(to: &writer, requestID: requestID, instance: instance)
        var fields: HTTPFields = [.contentType: asPlainJSON ? "application/json" : "application/problem+json"]
        if let retryAfter { fields[.retryAfter] = String(retryAfter) }
        if code == .unauthenticated { fields[.wwwAuthenticate] = "Bearer" }
        if !allowedMethods.isEmpty { fields[.allow] = allowedMethods.joined(separator: ", ") }
        return HTTPServerResponse(
            head: HTTPResponse(status: .init(code: status, reasonPhrase: code.title), headerFields: fields),
            body: writer.bytes)
    }

    func write(to writer: inout JSONWriter, requestID: String, instance: String?) {
        writer.object {
            $0.member("type", "/problems/\(code.rawValue)")
            $0.member("title", code.title)
            $0.member("status", status)
            $0.member("code", code.rawValue)
            $0.member("detail", detail)
            if let instance { $0.member("instance", instance) }
            $0.member("request_id", requestID)
            $0.member("errors", array: { for error in errors { error.write(to: &$0) } })
        }
    }
}
