// StaticDocument.swift — bytes that stay the same while the process runs, with what lets a client keep its copy.

import Crypto
import HTTP
import HTTPTypes

package struct StaticDocument: Sendable {
    package let bytes: [UInt8]
    private let fields: HTTPFields
    private let tag: String

    /// `fields` go out beside those that are the same for every document.
    package init(_ bytes: [UInt8], mediaType: String, fields: HTTPFields = [:]) {
        self.bytes = bytes
        // RFC 9110 §8.8.3 — half a digest tells any two documents apart.
        tag = "\"\(Hex.encode(Array(SHA256.digest(of: bytes).prefix(16))))\""
        var fields = fields
        fields[.contentType] = mediaType
        fields[.eTag] = tag
        // To be kept, and asked for again: another version of the program has another document.
        fields[.cacheControl] = "no-cache"
        fields[.xContentTypeOptions] = "nosniff"
        self.fields = fields
    }

    /// The document, or 304 to whoever has it already (RFC 9110 §13.1.2).
    func answer(to request: HTTPServerRequest) -> HTTPServerResponse {
        guard hasCopy(request.head.headerFields[values: .ifNoneMatch]) else {
            return HTTPServerResponse(head: HTTPResponse(status: .ok, headerFields: fields), body: bytes)
        }
        var fields = fields
        fields[.contentType] = nil
        return HTTPServerResponse(head: HTTPResponse(status: .notModified, headerFields: fields))
    }

    private func hasCopy(_ values: [String]) -> Bool {
        values.contains { value in
            value.utf8.split(separator: UInt8(ascii: ",")).contains { element in
                let text = element.drop { $0 == 0x20 || $0 == 0x09 }
                let strong = text.starts(with: "W/".utf8) ? text.dropFirst(2) : text
                return text.starts(with: "*".utf8) || strong.starts(with: tag.utf8)
            }
        }
    }
}

extension HTTPField.Name {
    fileprivate static let xContentTypeOptions = known("X-Content-Type-Options")
}
