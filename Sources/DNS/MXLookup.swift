// MXLookup.swift — where the mail of a domain goes, as far as DNS can say.

import Address
import Mail

/// The seam between delivery and DNS.
package protocol MXResolving: Sendable {
    /// The hosts that take mail for `domain` (RFC 5321 §5.1, RFC 7505), in the order in which to try them. Asked anew
    /// for every attempt: hosts of equal preference come in another order each time.
    func route(to domain: Domain) async -> MXLookup

    /// The addresses of a host that the operator named, a relay: a host name or an IP address. No MX records are asked
    /// for, and no address is refused. Only `hosts`, `noHosts` and `temporary` come of it; without hosts the operator
    /// has a mistake to mend, and the mail should wait for it.
    func addresses(of host: String) async -> MXLookup
}

package enum MXLookup: Hashable, Sendable {
    /// At least one, each with at least one address: by preference, equals shuffled.
    case hosts([MXHost])
    /// The domain takes no mail (RFC 7505). Permanent.
    case nullMX
    /// NXDOMAIN. Permanent.
    case noSuchDomain(detail: String)
    /// The domain exists, but no host of it has an address. Permanent.
    case noHosts(detail: String)
    /// All addresses are such as the `AddressPolicy` refuses. Permanent.
    case notAllowed(detail: String)
    /// We are the best host ourselves, or one as good as the best (RFC 5321 §5.1). Permanent.
    case loop(detail: String)
    /// DNS did not say. Try again later.
    case temporary(reason: String)
}

package struct MXHost: Hashable, Sendable {
    package let preference: UInt16
    package let name: Domain
    /// In the order in which to try them: IPv6 and IPv4 by turns, IPv6 first (as in RFC 8305 §4).
    package let addresses: [IPAddress]
    package init(preference: UInt16, name: Domain, addresses: [IPAddress]) {
        (self.preference, self.name, self.addresses) = (preference, name, addresses)
    }
}

extension MXLookup {
    /// The same with hosts of equal preference in a new order (RFC 5321 §5.1: to spread the load).
    func shuffled(using generator: inout some RandomNumberGenerator) -> MXLookup {
        guard case .hosts(var hosts) = self, hosts.count > 1 else { return self }
        hosts.shuffle(using: &generator)
        hosts.sort { $0.preference < $1.preference }
        return .hosts(hosts)
    }
}
