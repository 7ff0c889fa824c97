// Notation+Address.swift — how addresses, networks and hosts are written in settings.

import Address

extension Notation<IPAddress> {
    static let ip = Notation("an IP address such as 192.0.2.1 or 2001:db8::1") { IPAddress($0) }
}

extension Notation<Network> {
    static let network = Notation("a network such as 10.0.0.0/8 or fd00::/8, no bits set behind the prefix") {
        Network($0)
    }
}

extension Notation<TransportAddress> {
    static let listener = Notation("an address and port such as 127.0.0.1:8080 or [::1]:8080") { TransportAddress($0) }
    static let server = Notation("an address with or without port, such as 192.0.2.53 or [2001:db8::53]:5353") { text in
        TransportAddress(text, defaultPort: 53).flatMap { $0.port == 0 ? nil : $0 }
    }
}

extension Notation<HostAndPort> {
    static let relay = Notation("a host and port such as smtp.example.net:587") { HostAndPort($0) }
}
