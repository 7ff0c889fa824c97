// EntityTag.swift — a name for what an answer says: another one as soon as one byte of it is another (RFC 9110 §8.8.3).

import Crypto
import HTTP
import HTTPTypes

package struct EntityTag: Hashable, Sendable {
    /// With its quotation marks.
    package let text: String

    /// A strong tag: half of the bytes' SHA-256.
    package init(of bytes: [UInt8]) { text = "\"" + Hex.encode(Array(SHA256.digest(of: bytes).prefix(16))) + "\"" }
}

/// The tags of `If-None-Match`: what the client has already.
package struct KnownTags: Sendable {
    private let tags: Set<Substring>

    /// Nil if the request has no such field.
    package init?(_ fields: HTTPFields) {
        guard fields.contains(.ifNoneMatch) else { return nil }
        let all = fields[values: .ifNoneMatch].flatMap { $0.split(separator: ",") }
        // RFC 9110 §13.1.2 — compared weakly: a proxy that compresses has made a weak tag of ours.
        tags = Set(
            all.map { tag in
                let tag = tag.drop { $0 == " " || $0 == "\t" }
                let opaque = tag.hasPrefix("W/") ? tag.dropFirst(2) : tag
                return opaque.prefix { $0 != " " && $0 != "\t" }
            })
    }

    package func contains(_ tag: EntityTag) -> Bool { tags.contains(tag.text[...]) || tags.contains("*") }
}

extension HTTPServerResponse {
    /// With its tag; without its body (304) if that is among `known`.
    package func tagged(_ tag: EntityTag, known: KnownTags?) -> HTTPServerResponse {
        var response = self
        response.head.headerFields[.eTag] = tag.text
        guard known?.contains(tag) == true else { return response }
        response.head.status = .notModified
        response.head.headerFields[.contentType] = nil
        response.body = .bytes([])
        return response
    }
}
