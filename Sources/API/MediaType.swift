// MediaType.swift — a media type or range without its parameters (RFC 9110 §8.3.1).

struct MediaType: Hashable {
    /// `type/subtype` in lower case; not checked further: it is only ever compared.
    let essence: [UInt8]

    /// Reads one element of `Content-Type` or `Accept`; parameters are dropped.
    init(_ field: Substring.UTF8View) {
        let space: (UInt8) -> Bool = { $0 == 0x20 || $0 == 0x09 }
        let bare = field.prefix { $0 != UInt8(ascii: ";") }.drop(while: space)
        let end = bare.lastIndex { !space($0) }.map { bare.index(after: $0) } ?? bare.startIndex
        essence = bare[..<end].map { UInt8(ascii: "A")...UInt8(ascii: "Z") ~= $0 ? $0 | 0x20 : $0 }
    }

    init(_ essence: [UInt8]) { self.essence = essence }

    static let json = MediaType("application/json".utf8[...])
    static let html = MediaType("text/html".utf8[...])
    static let octetStream = MediaType("application/octet-stream".utf8[...])
    /// The range that has every type.
    static let any = MediaType("*/*".utf8[...])
}
