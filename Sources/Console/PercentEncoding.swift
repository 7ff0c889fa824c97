// PercentEncoding.swift — what users name, as a part of a path or a query.

/// RFC 3986 §2.3 — all but the unreserved characters is encoded.
func percentEncoded(_ text: String) -> String {
    var encoded = ""
    for byte in text.utf8 {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
            UInt8(ascii: "~"):
            encoded.unicodeScalars.append(Unicode.Scalar(byte))
        default:
            encoded += (byte < 16 ? "%0" : "%") + String(byte, radix: 16, uppercase: true)
        }
    }
    return encoded
}

/// Below `/v1`, each segment as it is named.
func apiPath(_ segments: String...) -> String { "/v1" + segments.map { "/" + percentEncoded($0) }.joined() }

/// A query string that grows by what is given.
struct Query {
    private var pairs: [String] = []

    mutating func add(_ name: String, _ value: String?) {
        guard let value else { return }
        pairs.append("\(percentEncoded(name))=\(percentEncoded(value))")
    }

    /// `tag.kind=otp` each.
    mutating func add(tags: [NamedText]) { for tag in tags { add("tag.\(tag.name)", tag.text) } }

    /// One list, with commas; nothing if it is empty.
    mutating func add(_ name: String, list: [String]) {
        add(name, list.isEmpty ? nil : list.joined(separator: ","))
    }

    func path(_ path: String) -> String { pairs.isEmpty ? path : path + "?" + pairs.joined(separator: "&") }
}
