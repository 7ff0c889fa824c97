// ServiceAddress.swift — where the service is asked: scheme, authority and, behind a proxy, a path before `/v1`.

import ArgumentParser
import Settings

struct ServiceAddress: ExpressibleByArgument, Hashable, Sendable, CustomStringConvertible {
    /// Without a slash at the end.
    let description: String

    /// Nil unless it is an `http` or `https` URL of printable ASCII, without userinfo, query or fragment.
    init?(_ text: String) {
        guard let url = PostURL(text), !url.text.utf8.contains(UInt8(ascii: "?")) else { return nil }
        let slashes = url.text.utf8.reversed().prefix { $0 == UInt8(ascii: "/") }.count
        description = String(decoding: url.text.utf8.dropLast(slashes), as: UTF8.self)
    }

    init?(argument: String) { self.init(argument) }

    /// At the settings' listener, as it is found on this machine.
    init(_ listen: TransportAddress) throws {
        guard listen.port != 0 else { throw CommandFailure("http.listen has port 0: nobody knows where to ask") }
        description = "http://\(listen.reachable)"
    }
}

extension TransportAddress {
    /// Where a client on this machine finds a listener: what listens everywhere is found on loopback.
    var reachable: TransportAddress {
        switch ip {
        case .v4(0): TransportAddress(ip: .v4(0x7F00_0001), port: port)
        case .v6(0): TransportAddress(ip: .v6(1), port: port)
        case .v4, .v6: self
        }
    }
}

/// What curl may be given as it is: an `http` or `https` URL of printable ASCII, without userinfo and fragment.
struct PostURL: Sendable {
    let text: String

    init?(_ text: String) {
        let scheme = ["http://", "https://"].first { text.lowercased().utf8.starts(with: $0.utf8) }
        guard let scheme, text.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else { return nil }
        let rest = text.utf8.dropFirst(scheme.utf8.count)
        guard let first = rest.first, !"/?".utf8.contains(first), !rest.contains(where: "@#\\\"".utf8.contains) else {
            return nil
        }
        self.text = scheme + String(decoding: rest, as: UTF8.self)
    }
}
