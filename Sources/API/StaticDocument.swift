// StaticDocument.swift — bytes that stay the same while the process runs, with what lets a client keep its copy.

import HTTP
import HTTPTypes

package struct StaticDocument: Sendable {
    package let bytes: [UInt8]
    private let fields: HTTPFields
    private let tag: EntityTag

    /// `fields` go out beside those that are the same for every document.
    package init(_ bytes: [UInt8], mediaType: String, fields: HTTPFields = [:]) {
        self.bytes = bytes
        tag = EntityTag(of: bytes)
        var fields = fields
        fields[.contentType] = mediaType
        // To be kept, and asked for again: another version of the program has another document.
        fields[.cacheControl] = "no-cache"
        fields[.xContentTypeOptions] = "nosniff"
        self.fields = fields
    }

    /// The document, or 304 to whoever has it already (RFC 9110 §13.1.2).
    func answer(to request: HTTPServerRequest) -> HTTPServerResponse {
        HTTPServerResponse(head: HTTPResponse(status: .ok, headerFields: fields), body: bytes)
            .tagged(tag, known: KnownTags(request.head.headerFields))
    }
}

extension HTTPField.Name {
    fileprivate static let xContentTypeOptions = known("X-Content-Type-Options")
}
