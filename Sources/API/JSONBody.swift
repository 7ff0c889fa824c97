// JSONBody.swift — the JSON in a request's body, or why it is none.

import HTTP
import HTTPTypes
import JSON

extension HTTPServerRequest {
    /// The body, which must say that it is JSON: a form that another site's page posts to a server on loopback cannot.
    var json: JSONValue {
        get throws(Problem) {
            let fields = head.headerFields
            guard let type = fields[.contentType], MediaType(type[...].utf8) == .json else {
                throw Problem(.unsupportedMediaType, "Send the body as Content-Type: application/json.")
            }
            if let coding = fields[.contentEncoding], coding.lowercased() != "identity" {
                throw Problem(.unsupportedMediaType, "Send the body without a Content-Encoding.")
            }
            do { return try JSONValue(parsing: body) } catch { throw Problem(.invalidJSON, error.description) }
        }
    }
}
