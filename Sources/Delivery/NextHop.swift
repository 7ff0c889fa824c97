// NextHop.swift — from a destination to the addresses to try: its MX hosts, or always the same relay.

import Address
import DNS
import Mail
import Queue

package struct NextHop: Sendable {
    /// A smarthost that takes everything, instead of the destination's own hosts.
    package struct Relay: Sendable {
        package var host: Domain
        package var port: UInt16
        package init(host: Domain, port: UInt16) { (self.host, self.port) = (host, port) }
    }

    private let resolver: any MXResolving
    private let port: UInt16
    private let relay: Relay?

    /// - port: of the MX hosts.
    package init(resolver: any MXResolving, port: UInt16 = 25, relay: Relay? = nil) {
        (self.resolver, self.port, self.relay) = (resolver, port, relay)
    }

    func route(to destination: Domain) async -> Route {
        if let relay {
            return Self.route(await resolver.addresses(of: relay.host), port: relay.port)
        }
        return Self.route(await resolver.route(to: destination), port: port)
    }
}
