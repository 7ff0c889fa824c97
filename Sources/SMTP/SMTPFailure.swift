// SMTPFailure.swift — why a session ended before its work was done, and where it stood then.

/// After any of these the connection is closed. What the server had answered before is in the `TransactionResult`.
package struct SMTPFailure: Error, Sendable, CustomStringConvertible {
    /// What we were waiting for, or doing.
    package enum Stage: String, Sendable, CaseIterable {
        case connect = "connecting"
        case greeting = "the greeting"
        case ehlo = "EHLO"
        case startTLS = "STARTTLS"
        case authentication = "AUTH"
        case reset = "RSET"
        case mail = "MAIL"
        case recipient = "RCPT"
        case data = "DATA"
        /// Writing the content; the final dot has not been written.
        case content = "the content"
        /// The final dot may have arrived: whether the server has the message is in doubt (RFC 1047).
        case finalDot = "the final dot"
    }

    package enum Kind: Sendable {
        case cannotConnect(to: String, reason: String)
        case timedOut
        case lost(String)
        /// At `greeting`, `ehlo`, `startTLS` or `authentication`; or, anywhere before the final dot, a 421.
        case refused(Reply)
        /// What came was no reply, or came when none was due.
        case protocolError(String)
        /// STARTTLS is not offered though required, or the handshake failed. The session never goes on in clear
        /// text after a failed handshake: who may send in clear text opens a new one with TLS disabled.
        case tls(String)
    }

    package let stage: Stage
    package let kind: Kind
    /// The dialogue up to the failure, when `SMTPSession.open` threw it; in a `TransactionResult` it is beside it.
    package internal(set) var transcript = ""

    package init(_ kind: Kind, at stage: Stage) { (self.kind, self.stage) = (kind, stage) }

    package var description: String {
        switch kind {
        case .cannotConnect(let address, let reason): "cannot connect to \(address): \(reason)"
        case .timedOut: "timed out at \(stage.rawValue)"
        case .lost(let reason): "connection lost at \(stage.rawValue): \(reason)"
        case .refused(let reply): "refused at \(stage.rawValue): \(reply)"
        case .protocolError(let text): "protocol error at \(stage.rawValue): \(text)"
        case .tls(let text): "TLS failed: \(text)"
        }
    }
}
