// SMTPSession+Authentication.swift — AUTH PLAIN and AUTH LOGIN, for relays that want to know us (RFC 4954).

import Foundation
import NIOCore

extension SMTPSession {
    /// Nothing to do without credentials. The secrets are `*` in the transcript.
    func authenticate() async throws(SMTPFailure) {
        guard let credentials = settings.credentials else { return }
        guard tls != nil || remoteAddress.isLoopback else {
            throw SMTPFailure(.tls("credentials are not sent in clear text"), at: .authentication)
        }
        let reply: Reply
        if capabilities.authentication.contains("PLAIN") {
            reply = try await authenticatePlain(credentials)
        } else if capabilities.authentication.contains("LOGIN") {
            reply = try await authenticateLogin(credentials)
        } else {
            throw SMTPFailure(.protocolError("neither AUTH PLAIN nor AUTH LOGIN is offered"), at: .authentication)
        }
        guard reply.isPositive else { throw SMTPFailure(.refused(reply), at: .authentication) }
    }

    /// RFC 4616.
    private func authenticatePlain(_ credentials: Credentials) async throws(SMTPFailure) -> Reply {
        let response = Self.base64("\0\(credentials.user)\0\(credentials.password)")
        return try await say("AUTH PLAIN \(response)", shown: "AUTH PLAIN *")
    }

    /// Never standardised; what there is of it is draft-murchison-sasl-login. The prompts' texts are not looked at.
    private func authenticateLogin(_ credentials: Credentials) async throws(SMTPFailure) -> Reply {
        var reply = try await say("AUTH LOGIN", shown: "AUTH LOGIN")
        for secret in [credentials.user, credentials.password] where reply.isIntermediate {
            reply = try await say(Self.base64(secret), shown: "*")
        }
        return reply
    }

    private func say(_ line: String, shown: String) async throws(SMTPFailure) -> Reply {
        try await command(line, at: .authentication, within: settings.timeouts.authentication, shown: shown)
    }

    private static func base64(_ text: String) -> String { Data(text.utf8).base64EncodedString() }
}
