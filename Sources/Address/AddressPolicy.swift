// AddressPolicy.swift — which addresses a name from outside may lead us to.
//
// A domain's owner decides where its MX and A records point, and a webhook's owner what its URL names. Neither may send
// us into the operator's own network. So only globally reachable addresses are permitted, judged by the IANA
// special-purpose registries (RFC 6890), and never this machine's own; the operator may open single networks.

import Glibc

package struct AddressPolicy: Sendable {
    package let allowed: [Network]
    package let own: Set<IPAddress>

    /// `allowed` wins over everything else. `own` are this machine's addresses, which are refused even when global.
    package init(allowed: [Network] = [], own: Set<IPAddress> = []) {
        (self.allowed, self.own) = (allowed, own)
    }

    package func permits(_ address: IPAddress) -> Bool {
        let address = address.unmapped
        return allows(address) || (Self.isGlobal(address) && !own.contains(address))
    }

    /// Whether it is one of this machine's addresses and the operator has not opened it. Loopback is not: it is every
    /// machine's, so that who names it does not mean ours.
    package func isOwn(_ address: IPAddress) -> Bool {
        let address = address.unmapped
        return own.contains(address) && !address.isLoopback && !allows(address)
    }

    private func allows(_ address: IPAddress) -> Bool { allowed.contains { $0.contains(address) } }

    /// Globally reachable unicast. An address that carries an IPv4 address to be reached behind a gateway is judged by that.
    package static func isGlobal(_ address: IPAddress) -> Bool {
        switch address.unmapped {
        case .v4(let bits):
            return !special4.contains { $0.contains(.v4(bits)) }
        case .v6(let bits):
            if bits >> 32 == 0x0064_FF9B << 64 {  // RFC 6052 §2.1 — NAT64, 64:ff9b::/96
                return isGlobal(.v4(UInt32(truncatingIfNeeded: bits)))
            }
            if bits >> 112 == 0x2002 {  // RFC 3056 §2 — 6to4, 2002:V4ADDR::/48
                return isGlobal(.v4(UInt32(truncatingIfNeeded: bits >> 80)))
            }
            // RFC 4291 §2.4 — all that IANA has given out for global unicast lies in 2000::/3.
            return bits >> 125 == 0b001 && !special6.contains { $0.contains(.v6(bits)) }
        }
    }

    private static let special4 = [
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24",
        "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24",
        "224.0.0.0/4", "240.0.0.0/4",
    ].compactMap { Network($0) }

    /// IETF protocol assignments (Teredo, benchmarking, ORCHID …) and the two documentation ranges.
    private static let special6 = ["2001::/23", "2001:db8::/32", "3fff::/20"].compactMap { Network($0) }
}

extension AddressPolicy {
    /// The addresses of this machine's interfaces now, loopback included.
    package static func interfaceAddresses() -> Set<IPAddress> {
        var first: UnsafeMutablePointer<ifaddrs>?
        guard getifaddrs(&first) == 0 else { return [] }
        defer { freeifaddrs(first) }
        return Set(
            sequence(first: first) { $0?.pointee.ifa_next }.prefix { $0 != nil }
                .compactMap { $0?.pointee.ifa_addr }
                .compactMap { IPAddress(UnsafePointer($0)) })
    }
}
