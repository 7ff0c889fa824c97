// Grant+Containment.swift — nobody gives more than they have: what stands in the way of one grant coming from another.

import Address
import Mail
import Queue

extension Caller {
    /// Throws `forbidden`, and says what is too much, unless this caller may do and have all that `key` may.
    /// - standard: requests a second of a key that says nothing of its own; nil: any number.
    func checkMayGrant(_ key: APIKey, standard: Int?) throws(Problem) {
        guard !isRoot else { return }
        guard project == key.project else {
            throw Problem(.forbidden, "This key can make keys of its own project only.")
        }
        let excess = excess(of: key, standard)
        guard excess.isEmpty else {
            throw Problem(.forbidden, "A key cannot give more than it has: \(excess.joined(separator: "; ")).")
        }
    }

    private func excess(of wanted: APIKey, _ standard: Int?) -> [String] {
        var excess: [String] = []
        let scopes = wanted.grant.scopes.subtracting(scopes).map(\.rawValue).sorted()
        if !scopes.isEmpty { excess.append("it lacks the scope \(scopes.joined(separator: ", "))") }
        guard let key else { return excess }
        if key.mode == .sandbox, wanted.mode == .live { excess.append("its mode is sandbox") }
        if let own = key.grant.rateLimit ?? standard, (wanted.grant.rateLimit ?? standard).map({ $0 > own }) ?? true {
            excess.append("its rate_limit is \(own)")
        }
        return excess + key.grant.bounds(exceededBy: wanted.grant)
    }
}

extension APIKey.Grant {
    /// Each bound that `other` does not keep, in words.
    fileprivate func bounds(exceededBy other: APIKey.Grant) -> [String] {
        var exceeded: [String] = []
        if !fromDomains.isEmpty, !other.isWithin(domains: fromDomains) {
            exceeded.append("its from_domains are \(fromDomains.map(\.ascii).joined(separator: ", "))")
        }
        if !allowedNetworks.isEmpty, !other.isWithin(networks: allowedNetworks) {
            exceeded.append("its allowed_ips are \(allowedNetworks.map(\.description).joined(separator: ", "))")
        }
        if let expiresAt, other.expiresAt.map({ $0 > expiresAt }) ?? true {
            exceeded.append("it expires at \(expiresAt.rfc3339)")
        }
        return exceeded
    }

    private func isWithin(domains: [Domain]) -> Bool {
        !fromDomains.isEmpty && fromDomains.allSatisfy(domains.contains)
    }

    private func isWithin(networks: [Network]) -> Bool {
        !allowedNetworks.isEmpty
            && allowedNetworks.allSatisfy { inner in networks.contains { $0.contains(inner) } }
    }
}
