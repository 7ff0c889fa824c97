// IPAddress.swift — an IPv4 or IPv6 address as a value.

import Glibc

package enum IPAddress: Hashable, Sendable, CustomStringConvertible {
    /// In host byte order: `127.0.0.1` is `0x7F00_0001`.
    case v4(UInt32)
    /// In host byte order: `::1` is `1`.
    case v6(UInt128)

    /// Reads dotted decimal or RFC 4291 §2.2 text, without zone, brackets or port.
    package init?(_ text: some StringProtocol) {
        // inet_pton would stop at a NUL and take what stands before it.
        guard text.utf8.count < Int(INET6_ADDRSTRLEN), !text.utf8.contains(0) else { return nil }
        var v4 = in_addr()
        var v6 = in6_addr()
        let terminated = String(text)
        if inet_pton(AF_INET, terminated, &v4) == 1 {
            self = .v4(UInt32(bigEndian: v4.s_addr))
        } else if inet_pton(AF_INET6, terminated, &v6) == 1 {
            self = withUnsafeBytes(of: v6) { .v6(UInt128(bigEndian: $0.loadUnaligned(as: UInt128.self))) }
        } else {
            return nil
        }
    }

    /// From 4 or 16 bytes in network order, as in A and AAAA records; nil for any other count.
    package init?(bytes: some Collection<UInt8>) {
        switch bytes.count {
        case 4: self = .v4(bytes.reduce(0) { $0 << 8 | UInt32($1) })
        case 16: self = .v6(bytes.reduce(0) { $0 << 8 | UInt128($1) })
        default: return nil
        }
    }

    /// From an `AF_INET` or `AF_INET6` socket address; nil for any other family. `address` must point to memory as long
    /// as its family says.
    package init?(_ address: UnsafePointer<sockaddr>) {
        let raw = UnsafeRawPointer(address)
        switch Int32(address.pointee.sa_family) {
        case AF_INET:
            self = .v4(UInt32(bigEndian: raw.loadUnaligned(as: sockaddr_in.self).sin_addr.s_addr))
        case AF_INET6:
            let v6 = raw.loadUnaligned(as: sockaddr_in6.self).sin6_addr
            self = withUnsafeBytes(of: v6) { .v6(UInt128(bigEndian: $0.loadUnaligned(as: UInt128.self))) }
        default:
            return nil
        }
    }

    /// Network order: 4 or 16 of them.
    package var bytes: [UInt8] {
        switch self {
        case .v4(let bits): withUnsafeBytes(of: bits.bigEndian) { Array($0) }
        case .v6(let bits): withUnsafeBytes(of: bits.bigEndian) { Array($0) }
        }
    }

    package var isIPv6: Bool {
        switch self {
        case .v4: false
        case .v6: true
        }
    }

    /// RFC 5952 text, without brackets.
    package var description: String {
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: Int(INET6_ADDRSTRLEN)) { text in
            guard let start = text.baseAddress else { return "" }
            _ = bytes.withUnsafeBytes {
                inet_ntop(isIPv6 ? AF_INET6 : AF_INET, $0.baseAddress, start, socklen_t(text.count))
            }
            return String(cString: start)
        }
    }

    /// The same destination in its plainest form: an IPv4-mapped address (RFC 4291 §2.5.5.2) becomes the IPv4 address
    /// that the kernel would connect to.
    package var unmapped: IPAddress {
        guard case .v6(let bits) = self, bits >> 32 == 0xFFFF else { return self }
        return .v4(UInt32(truncatingIfNeeded: bits))
    }
}
