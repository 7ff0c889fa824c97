// SMTPSession+Transaction.swift — MAIL, RCPT, DATA, content, dot (RFC 5321 §3.3), pipelined where offered (RFC 2920).
//
// What each reply means for the message is not decided here: the replies are put into the result as they come.

import Mail
import NIOCore

extension SMTPSession {
    /// Content is written in slices of this size; each must leave within the data-block timeout.
    private static let sliceSize = 256 * 1024

    func run(_ transaction: MailTransaction, _ result: inout TransactionResult) async throws(SMTPFailure) {
        if let refusal = refuseLocally(transaction) {
            transcript.append(.note, "not sent: \(refusal)")
            result.mail = refusal
            return
        }
        let wasReset = needsReset
        needsReset = true
        let data: Reply?
        if capabilities.offersPipelining {
            data = try await sendEnvelopeAtOnce(transaction, afterReset: wasReset, &result)
        } else {
            data = try await sendEnvelopeStepwise(transaction, afterReset: wasReset, &result)
        }
        guard let data, data.isIntermediate else { return }
        guard result.hasAcceptedRecipient else { return try await sendNothing(after: result) }
        result.content = try await send(transaction.content)
        needsReset = false
    }

    /// What the server has said in EHLO that it would refuse.
    private func refuseLocally(_ transaction: MailTransaction) -> Reply? {
        if let maximum = capabilities.maximumSize, transaction.content.count > maximum {
            let text = "5.3.4 the message has \(transaction.content.count) bytes, the server takes \(maximum)"
            return Reply(552, text, isLocal: true)
        }
        if transaction.needsSMTPUTF8, !capabilities.offersSMTPUTF8 {
            return Reply(553, "5.6.7 the server does not take addresses that are not ASCII", isLocal: true)
        }
        return nil
    }

    // MARK: The envelope

    /// All commands in one write; then all replies.
    private func sendEnvelopeAtOnce(
        _ transaction: MailTransaction, afterReset wasReset: Bool, _ result: inout TransactionResult
    ) async throws(SMTPFailure) -> Reply? {
        var commands = ByteBufferAllocator().buffer(capacity: 128 + 64 * transaction.forwardPaths.count)
        if wasReset { add("RSET", to: &commands) }
        add(mailCommand(transaction), to: &commands)
        for path in transaction.forwardPaths { add("RCPT TO:<\(path)>", to: &commands) }
        add("DATA", to: &commands)
        try write(commands, at: .mail)

        if wasReset { _ = try await reply(at: .reset, within: settings.timeouts.reset) }
        result.mail = try await reply(at: .mail, within: settings.timeouts.mail)
        for index in transaction.forwardPaths.indices {
            let reply = try await reply(at: .recipient, within: settings.timeouts.recipient)
            result.note(reply, forRecipient: index)
        }
        let data = try await reply(at: .data, within: settings.timeouts.data)
        if result.hasAcceptedRecipient { result.data = data }
        return data
    }

    private func add(_ command: String, to commands: inout ByteBuffer) {
        transcript.append(.client, command)
        commands.writeString(command)
        commands.writeStaticString("\r\n")
    }

    /// One command at a time; none that the replies before it have made pointless.
    private func sendEnvelopeStepwise(
        _ transaction: MailTransaction, afterReset wasReset: Bool, _ result: inout TransactionResult
    ) async throws(SMTPFailure) -> Reply? {
        let timeouts = settings.timeouts
        if wasReset { _ = try await command("RSET", at: .reset, within: timeouts.reset) }
        let mail = try await command(mailCommand(transaction), at: .mail, within: timeouts.mail)
        result.mail = mail
        guard mail.isPositive else { return nil }
        for (index, path) in transaction.forwardPaths.enumerated() {
            let reply = try await command("RCPT TO:<\(path)>", at: .recipient, within: timeouts.recipient)
            result.note(reply, forRecipient: index)
            if case .tooMany = result.recipients[index] {
                for rest in index..<transaction.forwardPaths.count { result.recipients[rest] = .tooMany(reply) }
                break
            }
        }
        guard result.hasAcceptedRecipient else { return nil }
        let data = try await command("DATA", at: .data, within: timeouts.data)
        result.data = data
        return data
    }

    private func mailCommand(_ transaction: MailTransaction) -> String {
        var command =
            switch transaction.reversePath {
            case .null: "MAIL FROM:<>"
            case .mailbox(let mailbox): "MAIL FROM:<\(mailbox)>"
            }
        // RFC 1870 §6 — the size before dot-stuffing.
        if capabilities.offersSize { command += " SIZE=\(transaction.content.count)" }
        // RFC 6152 §2 — where it is not offered, eight bits go out undeclared: hardly a server is left that minds.
        if capabilities.offers8BitMIME, transaction.content.contains(where: { $0 >= 0x80 }) {
            command += " BODY=8BITMIME"
        }
        if transaction.needsSMTPUTF8 { command += " SMTPUTF8" }
        return command
    }

    // MARK: The content

    /// Returns the server's verdict, be it early.
    private func send(_ content: [UInt8]) async throws(SMTPFailure) -> Reply {
        guard let connection else { throw SMTPFailure(.lost("not connected"), at: .content) }
        transcript.append(.client, "(message, \(content.count) bytes)")
        var stuffer = DotStuffer(content)
        while stuffer.remaining > Self.sliceSize {
            var slice = ByteBufferAllocator().buffer(capacity: Self.sliceSize + 4_096)
            stuffer.write(next: Self.sliceSize, into: &slice)
            do throws(SMTPConnection.End) {
                try await connection.write(slice, until: .now() + settings.timeouts.dataBlock)
            } catch {
                throw SMTPFailure(ended: error, at: .content)
            }
            if let verdict = try await receiveEarlyVerdict() { return verdict }
        }
        if let verdict = try await receiveEarlyVerdict() { return verdict }
        var last = ByteBufferAllocator().buffer(capacity: stuffer.remaining + stuffer.remaining / 32 + 16)
        stuffer.write(next: stuffer.remaining, into: &last)
        stuffer.finish(into: &last)
        connection.write(last)
        return try await receiveVerdict()
    }

    private func receiveVerdict() async throws(SMTPFailure) -> Reply {
        let reply = try await reply(at: .finalDot, within: settings.timeouts.finalDot)
        if reply.isClosing { close() }
        return reply
    }

    /// A server that has seen enough may say so before the end. In the midst of the content the session is past use.
    private func receiveEarlyVerdict() async throws(SMTPFailure) -> Reply? {
        guard let connection, connection.inbound.readableBytes > 0 else { return nil }
        let reply = try await reply(at: .content, within: settings.timeouts.data)
        close()
        guard reply.isTransient || reply.isPermanent else {
            throw SMTPFailure(.protocolError("reply before the end of the content: \(reply)"), at: .content)
        }
        return reply
    }

    /// RFC 2920 §3.1 — DATA may be answered 354 although no recipient was accepted: an empty message ends it.
    private func sendNothing(after result: TransactionResult) async throws(SMTPFailure) {
        // It must not be delivered, though: who refused MAIL and goes on all the same is left without a dot.
        guard let mail = result.mail, mail.isPositive else { return close() }
        transcript.append(.client, ".")
        try write(ByteBuffer(string: ".\r\n"), at: .content)
        _ = try await reply(at: .content, within: settings.timeouts.finalDot)
    }
}

extension MailTransaction {
    /// RFC 6531 §3.4 — domains are A-labels always, so only a local-part can need it.
    var needsSMTPUTF8: Bool {
        var mailboxes = forwardPaths
        if case .mailbox(let mailbox) = reversePath { mailboxes.append(mailbox) }
        return mailboxes.contains { $0.localPart.utf8.contains { $0 >= 0x80 } }
    }
}

extension TransactionResult {
    var hasAcceptedRecipient: Bool { recipients.contains { $0 == .accepted } }

    /// After a refused MAIL, what is said to RCPT means nothing.
    mutating func note(_ reply: Reply, forRecipient index: Int) {
        guard let mail, mail.isPositive else { return }
        if reply.isPositive {
            recipients[index] = .accepted
        } else if reply.saysTooManyRecipients, hasAcceptedRecipient {
            recipients[index] = .tooMany(reply)
        } else {
            recipients[index] = .refused(reply)
        }
    }
}

extension Reply {
    /// RFC 5321 §4.5.3.1.10 — 452, from old servers 552. Both have other meanings (a full mailbox), which an enhanced
    /// code tells apart; where there is none, another transaction will.
    var saysTooManyRecipients: Bool {
        guard code == 452 || code == 552 else { return false }
        guard let enhancedCode else { return true }
        return enhancedCode.subject == 5 && enhancedCode.detail == 3
    }
}
