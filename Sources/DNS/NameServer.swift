// NameServer.swift — the address of a DNS server to ask.

import Address

package struct NameServer: Hashable, Sendable, CustomStringConvertible {
    package let address: IPAddress
    package let port: UInt16

    package init(address: IPAddress, port: UInt16 = 53) { (self.address, self.port) = (address, port) }

    /// Reads `192.0.2.1`, `192.0.2.1:5353`, `2001:db8::1` or `[2001:db8::1]:5353`.
    package init?(_ text: String) {
        if let address = IPAddress(text) {
            self.init(address: address)
            return
        }
        guard let colon = text.lastIndex(of: ":"), let port = Self.port(text[colon...].dropFirst()) else { return nil }
        var host = text[..<colon]
        let isBracketed = host.utf8.first == UInt8(ascii: "[") && host.utf8.last == UInt8(ascii: "]")
        if isBracketed { host = host.dropFirst().dropLast() }
        guard let address = IPAddress(host), address.isIPv6 == isBracketed else { return nil }
        self.init(address: address, port: port)
    }

    private static func port(_ digits: Substring) -> UInt16? {
        guard digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let port = UInt16(digits), port > 0 else {
            return nil
        }
        return port
    }

    package var description: String { address.isIPv6 ? "[\(address)]:\(port)" : "\(address):\(port)" }

    /// As libunbound writes it.
    var forwarder: String { "\(address)@\(port)" }
}
