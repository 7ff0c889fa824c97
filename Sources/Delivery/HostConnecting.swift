// HostConnecting.swift — opens SMTP sessions: the seam between who delivers what and how a connection is made.

import Address
import NIOCore
import SMTP
import TLS

package protocol HostConnecting: Sendable {
    /// A session that is ready for MAIL; encrypted if that was possible. Whether clear text will do, the message says.
    func connect(to hop: Hop, on loop: any EventLoop) async throws(SMTPFailure) -> SMTPSession
}

extension Hop {
    /// RFC 6066 §3 — SNI takes no address, which a relay may be named by.
    var serverName: String? { IPAddress(host) == nil ? host : nil }
}

/// Connects over TCP, with opportunistic TLS: if the handshake fails, once more in clear text.
package struct SMTPConnector: HostConnecting {
    package var heloName: String
    package var tls: TLSContext
    package var timeouts = SMTPTimeouts()
    /// For a relay.
    package var credentials: Credentials?
    /// Local addresses to send from, each used for hosts of its own family; empty leaves the choice to the system.
    package var sourceAddresses: [SocketAddress] = []

    package init(heloName: String, tls: TLSContext) { (self.heloName, self.tls) = (heloName, tls) }

    package func connect(to hop: Hop, on loop: any EventLoop) async throws(SMTPFailure) -> SMTPSession {
        let address: SocketAddress
        do {
            address = try SocketAddress(ipAddress: "\(hop.address.ip)", port: Int(hop.address.port))
        } catch {
            throw SMTPFailure(.cannotConnect(to: "\(hop.address)", reason: "\(error)"), at: .connect)
        }
        var settings = SMTPSessionSettings(heloName: heloName, tls: .opportunistic(tls), serverName: hop.serverName)
        settings.timeouts = timeouts
        if !hop.isSandbox {
            settings.credentials = credentials
            settings.localAddress = sourceAddresses.filter { $0.protocol == address.protocol }.randomElement()
        }
        do {
            return try await SMTPSession.open(to: address, on: loop, settings: settings)
        } catch {
            // RFC 7435 — opportunistic: better in clear text than not at all; but on a new connection, and without
            // credentials, which are never sent so.
            guard case .tls = error.kind, error.stage != .authentication else { throw error }
            settings.tls = .disabled
            settings.priorTranscript = error.transcript
            return try await SMTPSession.open(to: address, on: loop, settings: settings)
        }
    }
}
