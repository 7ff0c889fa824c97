// NextHop.swift — from a destination to the addresses to try: its MX hosts, or always the same relay.

import Address
import DNS
import Mail
import Queue

package struct NextHop: Sendable {
    /// A smarthost that takes everything, instead of the destination's own hosts.
    package struct Relay: Sendable {
        /// A name or an address.
        package var host: String
        package var port: UInt16
        package var isSandbox = false
        package init(host: String, port: UInt16) { (self.host, self.port) = (host, port) }
    }

    private let resolver: any MXResolving
    private let port: UInt16
    private let relay: Relay?

    /// - port: of the MX hosts.
    package init(resolver: any MXResolving, port: UInt16 = 25, relay: Relay? = nil) {
        (self.resolver, self.port, self.relay) = (resolver, port, relay)
    }

    var isRelay: Bool { relay != nil }

    package func route(to destination: Domain) async -> Route {
        if let relay {
            // A relay without an address is a mistake of the operator's, for whose mending the mail waits.
            let route = Self.route(
                await resolver.addresses(of: relay.host), port: relay.port, isSandbox: relay.isSandbox)
            if case .impossible(let failure) = route { return .unknown("delivery.relay: \(failure.detail)") }
            return route
        }
        return Self.route(await resolver.route(to: destination), port: port)
    }
}

extension NextHop {
    private static func route(_ lookup: MXLookup, port: UInt16, isSandbox: Bool = false) -> Route {
        switch lookup {
        case .hosts(let hosts):
            return .hops(
                hosts.flatMap { host in
                    host.addresses.map {
                        Hop(host: host.name.ascii, address: HostAddress(ip: $0, port: port), isSandbox: isSandbox)
                    }
                })
        case .nullMX: return impossible(.nullMX, "the domain takes no mail (RFC 7505)")
        case .noSuchDomain(let detail): return impossible(.noSuchDomain, detail)
        case .noHosts(let detail): return impossible(.noMailHost, detail)
        case .notAllowed(let detail): return impossible(.mxNotAllowed, detail)
        case .loop(let detail): return impossible(.mailLoop, detail)
        case .temporary(let reason): return .unknown(reason)
        }
    }

    private static func impossible(_ reason: Failure.Reason, _ detail: String) -> Route {
        .impossible(Failure(reason: reason, detail: detail, lastReply: nil))
    }
}
