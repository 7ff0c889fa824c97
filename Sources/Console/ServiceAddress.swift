// ServiceAddress.swift — where the service is asked: scheme, authority and, behind a proxy, a path before `/v1`.

import ArgumentParser
import Crypto
import Settings
import TLS

struct ServiceAddress: ExpressibleByArgument, Hashable, Sendable, CustomStringConvertible {
    /// Whose answers are believed over HTTPS.
    enum Trust: Hashable, Sendable {
        /// The holder of a certificate for the name in the URL.
        case authorities
        /// The holder of the private key whose public one has this hash, as curl takes it. A listener's address is mostly
        /// not what its certificate is for.
        case pin(String)
        /// To ask what is no secret.
        case anybody
    }

    /// Without a slash at the end.
    let description: String
    var trust = Trust.authorities

    /// Nil unless it is an `http` or `https` URL of printable ASCII, without userinfo, query or fragment.
    init?(_ text: String) {
        guard let url = PostURL(text), !url.text.utf8.contains(UInt8(ascii: "?")) else { return nil }
        let slashes = url.text.utf8.reversed().prefix { $0 == UInt8(ascii: "/") }.count
        description = String(decoding: url.text.utf8.dropLast(slashes), as: UTF8.self)
    }

    init?(argument: String) { self.init(argument) }

    /// Not Postrider's: where an event is posted to, as it is written.
    init(_ target: PostURL) { description = target.text }

    /// At the settings' listener, as it is found on this machine.
    init(_ http: Settings.HTTP) throws {
        guard http.listen.port != 0 else { throw CommandFailure("http.listen has port 0: nobody knows where to ask") }
        description = "\(http.scheme)://\(http.listen.reachable)"
        if let certificate = http.tlsCertificate { trust = .pin(try Self.pin(ofCertificate: certificate)) }
    }

    private static func pin(ofCertificate path: String) throws(CommandFailure) -> String {
        do throws(TLSError) {
            return "sha256//" + Base64.encode(SHA256.digest(of: try ServerIdentity.publicKey(inCertificate: path)))
        } catch { throw CommandFailure("http.tls_certificate: \(error)") }
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
