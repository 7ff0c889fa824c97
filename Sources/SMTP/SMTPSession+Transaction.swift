// SMTPSession+Transaction.swift — MAIL, RCPT, DATA, content, dot (RFC 5321 §3.3), pipelined where offered (RFC 2920).
//
// What each reply means for the message is not decided here: the replies are put into the result as they come.

import Mail
import NIOCore

extension SMTPSession {
    func run(_ transaction: MailTransaction, _ result: inout TransactionResult) async throws(SMTPFailure) {
        if let refusal = capabilities.refusal(of: transaction) {
            transcript.append(.note, "not sent: \(refusal)")
            result.mail = refusal
            return
        }
        refuseRecipients(of: transaction, &result)
        guard !result.untried.isEmpty else { return }
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
        result.content = try await sendContent(of: transaction)
        needsReset = false
    }

    /// Those for whom the server need not be asked; the others go without them.
    private func refuseRecipients(of transaction: MailTransaction, _ result: inout TransactionResult) {
        for (index, path) in transaction.forwardPaths.enumerated() {
            guard let refusal = capabilities.refusal(of: path) else { continue }
            transcript.append(.note, "not sent to <\(path)>: \(refusal)")
            result.recipients[index] = .refused(refusal)
        }
    }

    // MARK: The envelope

    /// All commands in one write; then all replies.
    private func sendEnvelopeAtOnce(
        _ transaction: MailTransaction, afterReset wasReset: Bool, _ result: inout TransactionResult
    ) async throws(SMTPFailure) -> Reply? {
        var commands = ByteBufferAllocator().buffer(capacity: 128 + 64 * transaction.forwardPaths.count)
        if wasReset { add("RSET", to: &commands) }
        add(mailCommand(transaction), to: &commands)
        let asked = result.untried
        for index in asked { add("RCPT TO:<\(transaction.forwardPaths[index])>", to: &commands) }
        add("DATA", to: &commands)
        try write(commands, at: .mail)

        if wasReset { _ = try await reply(at: .reset, within: settings.timeouts.reset) }
        result.mail = try await reply(at: .mail, within: settings.timeouts.mail)
        for index in asked {
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
        for index in result.untried {
            let rcpt = "RCPT TO:<\(transaction.forwardPaths[index])>"
            let reply = try await command(rcpt, at: .recipient, within: timeouts.recipient)
            result.note(reply, forRecipient: index)
            if case .tooMany = result.recipients[index] {
                for rest in result.untried { result.recipients[rest] = .tooMany(reply) }
                break
            }
        }
        guard result.hasAcceptedRecipient else { return nil }
        let data = try await command("DATA", at: .data, within: timeouts.data)
        result.data = data
        return data
    }

    private func mailCommand(_ transaction: MailTransaction) -> String {
        var command = "MAIL FROM:<\(transaction.reversePath.text)>"
        if capabilities.offersSize { command += " SIZE=\(transaction.size)" }
        // Whoever does not offer what is needed has been refused the message, or those recipients.
        if transaction.needs8BitMIME { command += " BODY=8BITMIME" }
        if capabilities.offersSMTPUTF8, transaction.needsSMTPUTF8 { command += " SMTPUTF8" }
        if capabilities.offersOrigin, let origin = transaction.origin { command += " XORIGIN=\(origin)" }
        return command
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

extension TransactionResult {
    var hasAcceptedRecipient: Bool { recipients.contains { $0 == .accepted } }

    /// Those for whom no RCPT has been answered, and none need be left out.
    var untried: [Int] { recipients.indices.filter { recipients[$0] == .notTried } }

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
