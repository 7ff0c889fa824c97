// MediaType.swift — a media type or range without its parameters (RFC 9110 §8.3.1).

import HTTP
import Mail

struct MediaType: Hashable {
    /// `type/subtype` in lower case; not checked further: it is only ever compared.
    let essence: [UInt8]

    /// Reads one element of `Content-Type` or `Accept`; parameters are dropped.
    init(_ field: Substring.UTF8View) {
        essence = trimmed(field.prefix { $0 != UInt8(ascii: ";") }).map(\.asciiLowercased)
    }

    init(_ essence: [UInt8]) { self.essence = essence }

    static let json = MediaType("application/json".utf8[...])
    static let html = MediaType("text/html".utf8[...])
    static let octetStream = MediaType("application/octet-stream".utf8[...])
    /// The range that has every type.
    static let any = MediaType("*/*".utf8[...])
}
