// EndpointURL.swift — which URLs may become an endpoint's.
//
// curl will open the URL, so curl's own parser reads it; and where curl would understand a host otherwise than it is
// written (`0x7f.1`, `2130706433`, `%31…`) the URL is refused: nobody should have to guess where posts go. The
// addresses behind a host name are judged at each connect (`CurlTransfer`), as they may change.

import Address
import CCurl

package struct EndpointURL: Hashable, Sendable, CustomStringConvertible {
    package enum Failure: Error, Hashable, Sendable, CustomStringConvertible {
        case malformed(String)
        case tooLong
        case notASCII
        case schemeNotAllowed
        case plainHTTPNotAllowed
        case userInfo
        case fragment
        case ambiguousHost
        case addressNotAllowed(IPAddress)

        /// One sentence for the author of the URL.
        package var description: String {
            switch self {
            case .malformed(let reason): "This is not a URL: \(reason)."
            case .tooLong: "The URL is longer than \(EndpointURL.longest) bytes."
            case .notASCII: "The URL may have printable ASCII only; write an international host name as A-labels."
            case .schemeNotAllowed: "The URL must begin with https://."
            case .plainHTTPNotAllowed: "http:// is accepted only for hosts in webhooks.allow_networks; use https://."
            case .userInfo: "The URL must not carry a user name or password."
            case .fragment: "The URL must not have a fragment."
            case .ambiguousHost: "The host must be a plain host name, a dotted IPv4 address or a short IPv6 address."
            case .addressNotAllowed(let address): "The address \(address) is not in webhooks.allow_networks."
            }
        }
    }

    private static let longest = 2048

    package let description: String

    package init(_ text: String, policy: AddressPolicy) throws(Failure) {
        guard text.utf8.count <= Self.longest else { throw .tooLong }
        guard text.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else { throw .notASCII }
        let parts = try CurlURL(text)
        let isPlain = parts.scheme == "http"
        guard isPlain || parts.scheme == "https" else { throw .schemeNotAllowed }
        guard !isPlain || !policy.allowed.isEmpty else { throw .plainHTTPNotAllowed }
        guard !text.utf8.contains(UInt8(ascii: "#")) else { throw .fragment }
        guard !parts.host.isEmpty else { throw .malformed("no host") }
        guard parts.isSpelled(in: text) else { throw .ambiguousHost }
        if let address = parts.address {
            guard policy.permits(address) else { throw .addressNotAllowed(address) }
            guard !isPlain || policy.opens(address) else { throw .plainHTTPNotAllowed }
        } else {
            guard !parts.endsInNumber else { throw .ambiguousHost }
            let loopback = [IPAddress.v4(0x7F00_0001), .v6(1)]
            if parts.isThisMachine, !loopback.contains(where: policy.permits) { throw .addressNotAllowed(loopback[0]) }
        }
        description = text
    }
}

extension AddressPolicy {
    /// Whether the operator has named its network: clear-text posts go to such addresses only.
    func opens(_ address: IPAddress) -> Bool { allowed.contains { $0.contains(address.unmapped) } }
}

/// Where a URL leads, for who looks the name up in curl's place.
struct EndpointHost {
    let name: String
    let port: String
    let isName: Bool

    /// Nil if it is no URL: curl will say what is wrong with it.
    init?(of url: String) {
        guard let parts = try? CurlURL(url), !parts.host.isEmpty else { return nil }
        (name, port, isName) = (parts.host, parts.port, parts.address == nil)
    }

    /// As CURLOPT_RESOLVE takes it. The plus sign lets it age like what curl has looked up.
    func pin(to addresses: [IPAddress]) -> String {
        let list = addresses.map { $0.isIPv6 ? "[\($0)]" : "\($0)" }.joined(separator: ",")
        return "+\(name):\(port):\(list)"
    }
}

/// A URL as curl understands it.
private struct CurlURL {
    /// In lower case.
    let scheme: String
    /// An IPv6 address is in its brackets; empty if there is none.
    let host: String
    let port: String

    init(_ text: String) throws(EndpointURL.Failure) {
        guard let url = curl_url() else { throw .malformed("out of memory") }
        defer { curl_url_cleanup(url) }
        let flags = UInt32(CURLU_DISALLOW_USER | CURLU_NON_SUPPORT_SCHEME)
        let result = curl_url_set(url, CURLUPART_URL, text, flags)
        guard result != CURLUE_USER_NOT_ALLOWED else { throw .userInfo }
        guard result == CURLUE_OK else { throw .malformed(String(cString: curl_url_strerror(result))) }
        scheme = Self.part(CURLUPART_SCHEME, of: url)
        host = Self.part(CURLUPART_HOST, of: url)
        port = Self.part(CURLUPART_PORT, of: url, flags: UInt32(CURLU_DEFAULT_PORT))
    }

    var address: IPAddress? { IPAddress(host.drop { $0 == "[" }.prefix { $0 != "]" }) }

    /// Whether scheme and host stand in the text as curl reads them, in either case.
    func isSpelled(in text: String) -> Bool {
        let origin = Array("\(scheme)://\(host)".lowercased().utf8)
        let rest = text.utf8.dropFirst(origin.count)
        return text.lowercased().utf8.starts(with: origin)
            && (rest.first.map { ":/?".utf8.contains($0) } ?? true)
            && host.utf8.allSatisfy(Self.isHostByte)
    }

    private static func isHostByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
        case UInt8(ascii: "0")...UInt8(ascii: "9"): true
        default: "-._:[]".utf8.contains(byte)
        }
    }

    /// The labels of a host name, without the empty one of a final dot.
    private var labels: [Substring] { host.lowercased().split(separator: ".") }

    /// Some programs read such a name as an IPv4 address (https://url.spec.whatwg.org/#ends-in-a-number-checker).
    var endsInNumber: Bool {
        guard let last = labels.last?.utf8 else { return true }
        let digits = last.starts(with: "0x".utf8) ? last.dropFirst(2) : last[...]
        return digits.allSatisfy {
            (0x30...0x39).contains($0) || last.count > digits.count && (0x61...0x66).contains($0)
        }
    }

    /// RFC 6761 §6.3.
    var isThisMachine: Bool { labels.last == "localhost" }

    private static func part(_ what: CURLUPart, of url: OpaquePointer, flags: UInt32 = 0) -> String {
        var text: UnsafeMutablePointer<CChar>?
        guard curl_url_get(url, what, &text, flags) == CURLUE_OK, let text else { return "" }
        defer { curl_free(text) }
        return String(cString: text)
    }
}
