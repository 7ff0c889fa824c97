// AddressLiteral.swift — an address in the place of a domain: `[192.0.2.1]`, `[IPv6:2001:db8::1]` (RFC 5321 §4.1.3).

import Address
import Mail

extension IPAddress {
    /// Nil for a domain that is none, and for other kinds of literal, of which there are none yet.
    init?(literal domain: Domain) {
        let text = domain.ascii
        guard text.hasPrefix("["), text.hasSuffix("]") else { return nil }
        let inner = text.dropFirst().dropLast()
        let tag = "ipv6:"
        let isTagged = inner.prefix(tag.utf8.count).lowercased() == tag
        guard let address = IPAddress(isTagged ? inner.dropFirst(tag.utf8.count) : inner), address.isIPv6 == isTagged
        else { return nil }
        self = address
    }
}

extension MXPlanner {
    /// No name is looked up, so nothing can be out of date; but where we may connect to is the operator's to say, here too.
    func plan(forLiteral domain: Domain) -> MXPlan {
        guard let address = IPAddress(literal: domain) else {
            return .permanent(.noHosts(detail: "\(domain) is no address that mail can be sent to"), ttl: 300)
        }
        if policy.isOwn(address) { return .permanent(.loop(detail: "\(domain) is an address of ours"), ttl: 300) }
        guard policy.permits(address) else {
            return .permanent(.notAllowed(detail: "\(domain) is an address that we may not connect to"), ttl: 300)
        }
        // Without brackets it is known for an address wherever a host's name is asked for, as in SNI.
        return .hosts([MXHost(preference: 0, name: Domain(trusted: "\(address)"), addresses: [address])], ttl: 3600)
    }
}
