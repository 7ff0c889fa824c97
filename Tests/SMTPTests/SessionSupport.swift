// SessionSupport.swift — what the session tests share: settings, a transaction, an open session.

import Mail
import NIOCore
import NIOPosix
import TLS
import TestSupport

@testable import SMTP

let loop = MultiThreadedEventLoopGroup.singleton.next()

func mailbox(_ localPart: String, _ domain: String = "rcpt.test") -> Mailbox {
    Mailbox(localPart: localPart, domain: Domain(trusted: domain))
}

/// From `from@sender.test`; the content is `Subject: hi`, an empty line and a dot.
func transaction(
    to names: String..., content: String = "Subject: hi\r\n\r\n.\r\n", form: ContentForm = ContentForm()
) -> MailTransaction {
    MailTransaction(
        reversePath: .mailbox(mailbox("from", "sender.test")), forwardPaths: names.map { mailbox($0) },
        content: Array(content.utf8), form: form)
}

func open(
    _ peer: ScriptedPeer, tls: TLSPolicy = .disabled, _ change: (inout SMTPSessionSettings) -> Void = { _ in }
) async throws -> SMTPSession {
    var settings = SMTPSessionSettings(heloName: "client.test", tls: tls)
    change(&settings)
    return try await SMTPSession.open(to: peer.address, on: loop, settings: settings)
}

/// The failure with which a session does not open.
func failure(
    of peer: ScriptedPeer, tls: TLSPolicy = .disabled, _ change: (inout SMTPSessionSettings) -> Void = { _ in }
) async throws -> SMTPFailure? {
    do {
        await (try open(peer, tls: tls, change)).close()
        return nil
    } catch let failure as SMTPFailure {
        return failure
    }
}

/// A transcript without its times.
func timeless(_ transcript: String) -> [String] {
    transcript.split(separator: "\n").map { String($0.drop { $0 != " " }.dropFirst()) }
}

extension SMTPFailure {
    var isTimeout: Bool { if case .timedOut = kind { true } else { false } }
    var isLoss: Bool { if case .lost = kind { true } else { false } }
    var isProtocolError: Bool { if case .protocolError = kind { true } else { false } }
    var isTLS: Bool { if case .tls = kind { true } else { false } }
    var refusal: Reply? { if case .refused(let reply) = kind { reply } else { nil } }
}
