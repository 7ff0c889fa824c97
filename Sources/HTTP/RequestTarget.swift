// RequestTarget.swift — whom and what a request asks for: its target and Host read together (RFC 9112 §3.2).

import HTTPTypes

struct RequestTarget {
    /// Nil only for HTTP/1.0 without Host.
    let authority: String?
    /// With its query; "*" for `OPTIONS *`.
    let path: String

    init(_ target: [UInt8], method: HTTPRequest.Method, host: String?, hostIsRequired: Bool) throws(HTTPViolation) {
        if let host {
            guard Self.isAuthority(Array(host.utf8)) else { throw .malformed("The Host field is malformed.") }
        } else if hostIsRequired {
            throw .malformed("There must be one Host field.")
        }
        // A proxy's method, whose target is none of ours (RFC 9110 §9.3.6). TRACE is one that no route has.
        if method == .connect {
            throw HTTPViolation(status: 501, detail: "The method CONNECT is not served here.")
        }
        if target.first == UInt8(ascii: "/") {
            (authority, path) = (host, String(decoding: target, as: UTF8.self))
        } else if target == [UInt8(ascii: "*")], method == .options {
            (authority, path) = (host, "*")
        } else {
            (authority, path) = try Self.absolute(target, host: host)
        }
    }

    /// RFC 9112 §3.2.2 — must be understood, although only proxies are sent it. It must name the same as Host.
    private static func absolute(
        _ target: [UInt8], host: String?
    ) throws(HTTPViolation) -> (authority: String, path: String) {
        // Either: TLS may end in front of us.
        let schemes = ["http://", "https://"]
        guard let scheme = schemes.first(where: { equalIgnoringCase(target.prefix($0.utf8.count), $0) }) else {
            throw .malformed("The request target must be a path.")
        }
        let rest = target.dropFirst(scheme.utf8.count)
        let authority = rest.prefix { $0 != UInt8(ascii: "/") && $0 != UInt8(ascii: "?") }
        guard isAuthority(Array(authority)) else { throw .malformed("The authority in the target is malformed.") }
        if let host, !equalIgnoringCase(authority, host.lowercased()) {
            throw .malformed("Target and Host name two authorities.")
        }
        let path = String(decoding: rest[authority.endIndex...], as: UTF8.self)
        return (String(decoding: authority, as: UTF8.self), path.utf8.first == UInt8(ascii: "/") ? path : "/" + path)
    }

    /// RFC 3986 §3.2 without user information, and not empty.
    private static func isAuthority(_ bytes: [UInt8]) -> Bool {
        let isLiteral = bytes.first == UInt8(ascii: "[")
        let host: ArraySlice<UInt8>
        if isLiteral {
            guard let close = bytes.firstIndex(of: UInt8(ascii: "]")) else { return false }
            host = bytes[...close]
            let address = ByteSet.address
            guard host.count > 2, host.dropFirst().dropLast().allSatisfy(address.contains) else { return false }
        } else {
            let allowed = ByteSet.host
            host = bytes.prefix { $0 != UInt8(ascii: ":") }
            guard !host.isEmpty, host.allSatisfy(allowed.contains) else { return false }
        }
        let port = bytes[host.endIndex...]
        return port.isEmpty
            || (port.first == UInt8(ascii: ":") && port.count <= 6 && port.dropFirst().allSatisfy(isDigit))
    }
}
