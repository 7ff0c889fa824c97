// Authentication.swift — who asks: the bearer of the root key or of one that was made, or in dev mode anyone on this
// machine.

import Address
import Crypto
import HTTP
import HTTPTypes
import Queue

struct Authentication: Sendable {
    /// Digests have one length, and comparing them tells nothing of the key.
    private let rootKeyDigest: [UInt8]
    private let keys: AccessDirectory
    private let clock: any WallClock
    private let trustsLoopback: Bool

    init(_ configuration: APIConfiguration) {
        (rootKeyDigest, keys) = (configuration.keys.rootDigest, configuration.store.access)
        (clock, trustsLoopback) = (configuration.clock, configuration.isDevMode)
    }

    /// Throws `unauthenticated` unless the request may use the API, and `forbidden` if its key may not from there. Asks no
    /// disk.
    func caller(of request: HTTPServerRequest) throws(Problem) -> Caller {
        if !request.head.headerFields.contains(.authorization), trusts(request) { return .root }
        let token = try bearerToken(of: request)
        let digest = SHA256.digest(of: token)
        if areEqualInConstantTime(digest, rootKeyDigest) { return .root }
        let now = clock.now
        for key in keys.keys(near: digest) where try isRight(digest, for: key, at: now) {
            if let problem = refusal(of: key, from: request.remoteAddress, at: now) { throw problem }
            keys.noteUse(of: key.id, at: now)
            return Caller(key, bearer: digest)
        }
        return try callerWithUnknown(token, request)
    }

    /// The caller as it would be if it asked now. Throws if it may not any more.
    func renewed(_ caller: Caller, from address: String) throws(Problem) -> Caller {
        guard let id = caller.key?.id, let bearer = caller.bearer else { return caller }
        let now = clock.now
        guard let key = keys.key(id), try isRight(bearer, for: key, at: now) else {
            throw Problem(.unauthenticated, "This key is not known any more.")
        }
        if let problem = refusal(of: key, from: address, at: now) { throw problem }
        return Caller(key, bearer: bearer)
    }

    /// Throws if it was, until the key was rolled.
    private func isRight(_ digest: [UInt8], for key: APIKey, at now: Timestamp) throws(Problem) -> Bool {
        if areEqualInConstantTime(digest, key.secret.digest) { return true }
        guard let previous = key.previous, areEqualInConstantTime(digest, previous.digest) else { return false }
        guard now < previous.until else {
            throw Problem(.unauthenticated, "This key was rolled, and its grace ended at \(previous.until.rfc3339).")
        }
        return true
    }

    private func refusal(of key: APIKey, from address: String, at now: Timestamp) -> Problem? {
        if let end = key.grant.expiresAt, end <= now {
            return Problem(.unauthenticated, "This key expired at \(end.rfc3339).")
        }
        let networks = key.grant.allowedNetworks
        guard !networks.isEmpty else { return nil }
        if let address = IPAddress(address)?.unmapped, networks.contains(where: { $0.contains(address) }) { return nil }
        return Problem(.forbidden, "This key may not be used from \(address): it has allowed_ips.")
    }

    /// In dev mode a program here needs no key, so that one made up is as good as none; but one of ours counts, as it is to
    /// be tried out.
    private func callerWithUnknown(_ token: [UInt8], _ request: HTTPServerRequest) throws(Problem) -> Caller {
        switch KeyText.form(of: token) {
        case .foreign where trusts(request): return .root
        case .foreign: throw Problem(.unauthenticated, "This key is not known.")
        case .damaged: throw Problem(.unauthenticated, "This key is mistyped or cut: its checksum is wrong.")
        case .whole: throw Problem(.unauthenticated, "This key is not known any more, or was made elsewhere.")
        }
    }

    private func trusts(_ request: HTTPServerRequest) -> Bool {
        trustsLoopback && IPAddress(request.remoteAddress)?.isLoopback == true && request.isOfAProgramHere
    }

    /// RFC 6750 §2.1; the scheme in any case (RFC 9110 §11.1).
    private func bearerToken(of request: HTTPServerRequest) throws(Problem) -> [UInt8] {
        guard let field = request.head.headerFields[.authorization] else {
            // Whoever counts on development mode, but comes by another name or in a browser, would not guess why.
            let exception = """
                 Development mode needs none from a program on this machine that asks for localhost, 127.0.0.1 or [::1] and \
                is no page in a browser.
                """
            throw Problem(
                .unauthenticated, "Send the key as Authorization: Bearer KEY.\(trustsLoopback ? exception : "")")
        }
        let space = UInt8(ascii: " ")
        let scheme = field.utf8.prefix { $0 != space }
        let token = field.utf8[scheme.endIndex...].drop { $0 == space }
        guard scheme.elementsEqual("bearer".utf8, by: { $0 | 0x20 == $1 }), !token.isEmpty, !token.contains(space)
        else {
            throw Problem(.unauthenticated, "The Authorization field is not of the form Bearer KEY.")
        }
        return Array(token)
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
        || host.hasPrefix("127.") && host.utf8.allSatisfy { $0 == UInt8(ascii: ".") || isDigit($0) }
}
