// SMTPSessionSettings.swift — how a client session is opened: name, TLS, credentials, timeouts.

import NIOCore
import TLS

package enum TLSPolicy: Sendable {
    case disabled
    /// STARTTLS when it is offered and not refused.
    case opportunistic(TLSContext)
    /// Nothing but EHLO and STARTTLS is ever sent in clear text.
    case required(TLSContext)
}

/// For a relay that wants them. Sent over TLS, or to loopback; never otherwise.
package struct Credentials: Sendable {
    package var user: String
    package var password: String
    package init(user: String, password: String) { (self.user, self.password) = (user, password) }
}

/// How long we wait for the peer (RFC 5321 §4.5.3.2 gives the least values, except for `connect`, `handshake` and `quit`).
package struct SMTPTimeouts: Sendable {
    /// Per address; there may be many to try, and a kernel would take two minutes.
    package var connect = TimeAmount.seconds(30)
    package var greeting = TimeAmount.minutes(5)
    package var ehlo = TimeAmount.minutes(5)
    package var startTLS = TimeAmount.minutes(2)
    package var handshake = TimeAmount.minutes(1)
    package var authentication = TimeAmount.minutes(5)
    package var mail = TimeAmount.minutes(5)
    package var recipient = TimeAmount.minutes(5)
    package var data = TimeAmount.minutes(2)
    /// For each slice of the content to leave.
    package var dataBlock = TimeAmount.minutes(3)
    /// A shorter wait makes duplicates (RFC 1047).
    package var finalDot = TimeAmount.minutes(10)
    package var reset = TimeAmount.minutes(5)
    /// Nothing depends on the answer.
    package var quit = TimeAmount.seconds(5)
    package init() {}
}

package struct SMTPSessionSettings: Sendable {
    /// Our name in EHLO: a domain or an address literal.
    package var heloName: String
    package var tls: TLSPolicy
    /// The host's name for SNI; nil sends none.
    package var serverName: String?
    package var credentials: Credentials?
    /// The local address to connect from, port 0; nil leaves the choice to the system.
    package var localAddress: SocketAddress?
    package var timeouts = SMTPTimeouts()
    /// Zero of the transcript's times.
    package var startedAt: NIODeadline

    package init(heloName: String, tls: TLSPolicy, serverName: String? = nil, startedAt: NIODeadline = .now()) {
        (self.heloName, self.tls, self.serverName, self.startedAt) = (heloName, tls, serverName, startedAt)
    }
}
