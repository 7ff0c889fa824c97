// RequestBody.swift — what a request's body says it is, and the JSON in it.

import HTTP
import HTTPTypes
import JSON

extension HTTPServerRequest {
    /// Nil if the request does not say. Throws `unsupported_media_type` for a body with a content coding: none is undone.
    var mediaType: MediaType? {
        get throws(Problem) {
            let fields = head.headerFields
            if let coding = fields[.contentEncoding], coding.lowercased() != "identity" {
                throw Problem(
                    .unsupportedMediaType, "Send the body without a Content-Encoding, not as \(coding.prefix(100)).")
            }
            return fields[.contentType].map { MediaType($0[...].utf8) }
        }
    }

    /// The body, which must say that it is JSON.
    var json: JSONValue {
        get throws(Problem) {
            guard try mediaType == .json else { throw .unsupported(self, wanted: "application/json") }
            return try parsedJSON
        }
    }

    /// The body, whatever it says that it is.
    var parsedJSON: JSONValue {
        get throws(Problem) {
            do throws(JSONError) { return try JSONValue(parsing: body) } catch { throw Problem(error) }
        }
    }
}

extension Problem {
    /// Of a request whose Content-Type is not among those that are taken.
    static func unsupported(_ request: HTTPServerRequest, wanted: String) -> Problem {
        let received = request.head.headerFields[.contentType].map { "as \($0.prefix(100))" } ?? "without one"
        return Problem(.unsupportedMediaType, "Send the body as Content-Type: \(wanted); it came \(received).")
    }

    /// Names the member that the text went wrong in, as the errors of a body that could be read do. Half a surrogate pair
    /// is well-formed JSON (RFC 8259 §8.2) and no text: the fault of one field.
    fileprivate init(_ error: JSONError) {
        let pointer = error.path.isEmpty ? "#" : BodyPointer(path: error.path).description
        if error.reason == .loneSurrogate {
            self = .validation([FieldError(pointer: pointer, code: .invalidValue, detail: error.description)])
        } else {
            self.init(.invalidJSON, (error.path.isEmpty ? "" : "\(pointer): ") + error.description)
        }
    }
}
