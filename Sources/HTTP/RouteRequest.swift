// RouteRequest.swift — a request together with what its route and query say.

package struct RouteRequest: Sendable {
    package let request: HTTPServerRequest
    /// The segments that stood for the template's names, percent-decoded and not empty.
    package let parameters: [String: String]
    package let query: QueryParameters

    package init(
        request: HTTPServerRequest, parameters: [String: String] = [:], query: QueryParameters = QueryParameters()
    ) {
        (self.request, self.parameters, self.query) = (request, parameters, query)
    }
}

/// The parameters of a query in their order; a name may come more than once.
package struct QueryParameters: Sendable {
    package struct Parameter: Hashable, Sendable {
        package let name: String
        package let value: String
    }

    package private(set) var all: [Parameter] = []

    package init() {}

    /// Reads `name=value&…` as HTML forms write it: "+" is a space. Nil if an escape is broken or not UTF-8.
    package init?(parsing query: ArraySlice<UInt8>) {
        for pair in query.split(separator: UInt8(ascii: "&")) {
            let halves = pair.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
            guard let name = percentDecoded(halves[0], plusIsSpace: true),
                let value = halves.count == 2 ? percentDecoded(halves[1], plusIsSpace: true) : ""
            else { return nil }
            all.append(Parameter(name: name, value: value))
        }
    }

    /// The first value of this name.
    package subscript(name: String) -> String? { all.first { $0.name == name }?.value }

    package func values(of name: String) -> [String] { all.filter { $0.name == name }.map(\.value) }
}

/// RFC 3986 §2.3 — all but the unreserved characters, and those in `others`, is encoded.
package func percentEncoded(_ bytes: some Sequence<UInt8>, sparing others: String = "") -> String {
    var encoded = ""
    for byte in bytes {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
            UInt8(ascii: "~"):
            encoded.unicodeScalars.append(Unicode.Scalar(byte))
        case _ where others.utf8.contains(byte):
            encoded.unicodeScalars.append(Unicode.Scalar(byte))
        default:
            encoded += (byte < 16 ? "%0" : "%") + String(byte, radix: 16, uppercase: true)
        }
    }
    return encoded
}

/// RFC 3986 §2.1; nil unless every escape is whole and the outcome is UTF-8.
package func percentDecoded(_ bytes: ArraySlice<UInt8>, plusIsSpace: Bool = false) -> String? {
    var decoded: [UInt8] = []
    decoded.reserveCapacity(bytes.count)
    var index = bytes.startIndex
    while index < bytes.endIndex {
        let byte = bytes[index]
        if byte == UInt8(ascii: "%") {
            guard index + 2 < bytes.endIndex, let high = hexadecimalValue(bytes[index + 1]),
                let low = hexadecimalValue(bytes[index + 2])
            else { return nil }
            decoded.append(high << 4 | low)
            index += 3
        } else {
            decoded.append(plusIsSpace && byte == UInt8(ascii: "+") ? 0x20 : byte)
            index += 1
        }
    }
    return String(validating: decoded, as: UTF8.self)
}
