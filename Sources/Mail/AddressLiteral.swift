// AddressLiteral.swift — an IP address in brackets where a domain stands (RFC 5321 §4.1.3).

import Glibc

enum AddressLiteral {
    /// `[192.0.2.1]` or `[IPv6:2001:db8::1]` in the one form that equal addresses share; nil for anything else, literals
    /// of other kinds included.
    static func canonical(_ text: String) -> String? {
        guard text.utf8.first == UInt8(ascii: "["), text.utf8.last == UInt8(ascii: "]"), text.utf8.count <= 64 else {
            return nil
        }
        let content = Array(text.utf8.dropFirst().dropLast())
        let tag = "ipv6:".utf8
        guard content.prefix(tag.count).map(\.asciiLowercased).elementsEqual(tag) else {
            return canonical(content, AF_INET).map { "[\($0)]" }
        }
        return canonical(Array(content.dropFirst(tag.count)), AF_INET6).map { "[IPv6:\($0)]" }
    }

    private static func canonical(_ address: [UInt8], _ family: CInt) -> String? {
        guard address.allSatisfy({ $0.isPrintable }) else { return nil }
        var network = in6_addr()
        guard inet_pton(family, String(decoding: address, as: UTF8.self), &network) == 1 else { return nil }
        return withUnsafeTemporaryAllocation(of: CChar.self, capacity: Int(INET6_ADDRSTRLEN)) { buffer in
            inet_ntop(family, &network, buffer.baseAddress, socklen_t(buffer.count)).map { String(cString: $0) }
        }
    }
}
