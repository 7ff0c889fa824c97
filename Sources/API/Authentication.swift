// Authentication.swift — who asks: the bearer of the root key, or in dev mode anyone on this machine.

import Crypto
import HTTP
import HTTPTypes

struct Authentication: Sendable {
    /// Digests have one length, and comparing them tells nothing of the key.
    private let rootKeyDigest: [UInt8]
    private let trustsLoopback: Bool

    /// - rootKeyDigest: SHA-256.
    init(rootKeyDigest: [UInt8], trustsLoopback: Bool) {
        (self.rootKeyDigest, self.trustsLoopback) = (rootKeyDigest, trustsLoopback)
    }

    /// Throws `unauthenticated` unless the request may use the API.
    func caller(of request: HTTPServerRequest) throws(Problem) -> Caller {
        if trustsLoopback, isLoopback(request.remoteAddress), request.isOfAProgramHere { return .root }
        guard let field = request.head.headerFields[.authorization] else {
            throw Problem(.unauthenticated, "Send the key as Authorization: Bearer KEY.")
        }
        guard let token = bearerToken(field) else {
            throw Problem(.unauthenticated, "The Authorization field is not of the form Bearer KEY.")
        }
        guard areEqualInConstantTime(SHA256.digest(of: token), rootKeyDigest) else {
            throw Problem(.unauthenticated, "This key is not known.")
        }
        return .root
    }

    /// RFC 6750 §2.1; the scheme in any case (RFC 9110 §11.1).
    private func bearerToken(_ field: String) -> [UInt8]? {
        let words = field.utf8.split(separator: 0x20)
        guard words.count == 2, words[0].elementsEqual("bearer".utf8, by: { $0 | 0x20 == $1 }) else { return nil }
        return Array(words[1])
    }
}

extension HTTPServerRequest {
    /// Whether no page in a browser can have made it. Any page, from wherever it comes, may post forms to loopback, and
    /// a browser says so (Fetch §3.2, RFC 6454 §7; Fetch Metadata §2.3). A page whose name its owner has since pointed
    /// at loopback posts to what the browser takes for the page's own server, but under that name. There is no page of
    /// ours that would have to be let in.
    fileprivate var isOfAProgramHere: Bool {
        let fields = head.headerFields
        return !fields.contains(.origin) && (fields[.secFetchSite] ?? "none") == "none"
            && head.authority.map { isLoopback(authority: $0) } == true
    }
}

extension HTTPField.Name {
    fileprivate static let secFetchSite = known("Sec-Fetch-Site")
}

/// `localhost`, 127.0.0.0/8 or `[::1]`, with any port.
private func isLoopback(authority: String) -> Bool {
    let host = authority.utf8.first == UInt8(ascii: "[") ? authority : String(authority.prefix { $0 != ":" })
    return host.lowercased() == "localhost" || host == "[::1]" || host.hasPrefix("[::1]:")
        || host.hasPrefix("127.") && host.utf8.allSatisfy { $0 == UInt8(ascii: ".") || (0x30...0x39).contains($0) }
}

private func isLoopback(_ address: String) -> Bool {
    address.hasPrefix("127.") || address == "::1" || address.hasPrefix("::ffff:127.")
}
