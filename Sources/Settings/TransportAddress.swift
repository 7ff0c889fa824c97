// TransportAddress.swift — an IP address with a port, and a host with a port.

import Address

/// An IP address and a port (RFC 8445 §4 calls the pair so).
package struct TransportAddress: Hashable, Sendable, CustomStringConvertible {
    package var ip: IPAddress
    /// 0–65535; 0 only where the system may choose one.
    package var port: Int

    package init(ip: IPAddress, port: Int) { (self.ip, self.port) = (ip, port) }

    /// Reads `192.0.2.1:53` or `[2001:db8::1]:53`; where a `defaultPort` is given also the bare `192.0.2.1`,
    /// `2001:db8::1` and `[2001:db8::1]`.
    init?(_ text: some StringProtocol, defaultPort: Int? = nil) {
        if let defaultPort, let ip = IPAddress(text) {
            self.init(ip: ip, port: defaultPort)
        } else if let (host, port) = splitPort(of: text, default: defaultPort), let ip = IPAddress(host.text),
            ip.isIPv6 == host.isBracketed
        {
            self.init(ip: ip, port: port)
        } else {
            return nil
        }
    }

    package var description: String { ip.isIPv6 ? "[\(ip)]:\(port)" : "\(ip):\(port)" }
}

/// A host name or address, and a port.
package struct HostAndPort: Hashable, Sendable, CustomStringConvertible {
    /// A name, or an address without brackets.
    package var host: String
    /// 1–65535.
    package var port: Int

    package init(host: String, port: Int) { (self.host, self.port) = (host, port) }

    /// Reads `smtp.example.net:587`, `192.0.2.1:25` or `[2001:db8::1]:25`.
    init?(_ text: some StringProtocol) {
        guard let (host, port) = splitPort(of: text, default: nil), port > 0 else { return nil }
        let address = IPAddress(host.text)
        guard address.map({ $0.isIPv6 == host.isBracketed }) ?? (!host.isBracketed && HostName.isValid(host.text))
        else {
            return nil
        }
        self.init(host: host.text, port: port)
    }

    package var description: String { host.utf8.contains(UInt8(ascii: ":")) ? "[\(host)]:\(port)" : "\(host):\(port)" }
}

/// The host before the last colon and the port after it; an IPv6 address stands in brackets (RFC 3986 §3.2.2).
private func splitPort(
    of text: some StringProtocol, default defaultPort: Int?
) -> (host: (text: String, isBracketed: Bool), port: Int)? {
    if text.hasPrefix("["), let close = text.lastIndex(of: "]") {
        let host = String(text[text.index(after: text.startIndex)..<close])
        guard let port = port(after: text[close...].dropFirst(), default: defaultPort) else { return nil }
        return ((host, true), port)
    }
    let colon = text.lastIndex(of: ":") ?? text.endIndex
    guard let port = port(after: text[colon...], default: defaultPort) else { return nil }
    return ((String(text[..<colon]), false), port)
}

private func port(after colon: some StringProtocol, default defaultPort: Int?) -> Int? {
    guard !colon.isEmpty else { return defaultPort }
    guard colon.hasPrefix(":"), let port = Int(digits: colon.dropFirst()), port <= 65_535 else { return nil }
    return port
}
