// Hop.swift — where a message may go next: one address of one MX host, and the list of them for a destination.

import Address
import Queue

/// The address and port of a mail server: what sessions are counted and reused by, and what is backed off when it
/// fails. Many domains share one, whatever names their MX records give it.
package struct HostAddress: Hashable, Sendable, CustomStringConvertible {
    package let ip: IPAddress
    package let port: UInt16
    package init(ip: IPAddress, port: UInt16) { (self.ip, self.port) = (ip, port) }
    package var description: String { ip.isIPv6 ? "[\(ip)]:\(port)" : "\(ip):\(port)" }
}

package struct Hop: Hashable, Sendable {
    /// The MX host's name (or the relay's), for records and SNI.
    package let host: String
    package let address: HostAddress
    /// Our own, on loopback: what it says of a mailbox is play, and clear text will do.
    package let isSandbox: Bool
    package init(host: String, address: HostAddress, isSandbox: Bool = false) {
        (self.host, self.address, self.isSandbox) = (host, address, isSandbox)
    }
}

/// What looking up a destination came to.
package enum Route: Sendable {
    /// In the order in which they are to be tried; never empty.
    case hops([Hop])
    /// No mail can ever be delivered there as things stand.
    case impossible(Failure)
    /// Nobody knows just now: SERVFAIL, timeout, bogus. In words.
    case unknown(String)
}
