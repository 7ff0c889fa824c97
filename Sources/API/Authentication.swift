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
    func check(_ request: HTTPServerRequest) throws(Problem) {
        if trustsLoopback, isLoopback(request.remoteAddress), !request.isOfAPage { return }
        guard let field = request.head.headerFields[.authorization] else {
            throw Problem(.unauthenticated, "Send the key as Authorization: Bearer KEY.")
        }
        guard let token = bearerToken(field) else {
            throw Problem(.unauthenticated, "The Authorization field is not of the form Bearer KEY.")
        }
        guard areEqualInConstantTime(SHA256.digest(of: token), rootKeyDigest) else {
            throw Problem(.unauthenticated, "This key is not known.")
        }
    }

    /// RFC 6750 §2.1; the scheme in any case (RFC 9110 §11.1).
    private func bearerToken(_ field: String) -> [UInt8]? {
        let words = field.utf8.split(separator: 0x20)
        guard words.count == 2, words[0].elementsEqual("bearer".utf8, by: { $0 | 0x20 == $1 }) else { return nil }
        return Array(words[1])
    }
}

extension HTTPServerRequest {
    /// Browsers say so (Fetch §3.2, RFC 6454 §7): any page, from wherever it comes, may post forms to loopback.
    fileprivate var isOfAPage: Bool { head.headerFields.contains(.origin) }
}

private func isLoopback(_ address: String) -> Bool {
    address.hasPrefix("127.") || address == "::1" || address.hasPrefix("::ffff:127.")
}
