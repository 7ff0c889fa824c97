// SendRequest+Submission.swift — from a request that is right to a submission that can be written.

import Mail
import Queue

extension SendRequest {
    /// Composes the message's bytes and decides its ids and times. Throws `validation_failed` if the draft is not one.
    func submission(at now: Timestamp, terms: AcceptanceTerms) throws(Problem) -> Submission {
        let id = MessageID(at: now)
        let rfcMessageID = rfcMessageID(for: id, hostname: terms.hostname)
        let expiresAt = now + min(expiresAfter ?? terms.lifetime, terms.lifetime)
        return Submission(
            id: id, acceptedAt: now, rfcMessageID: rfcMessageID, from: from.description,
            fromDomain: from.mailbox.domain, subject: subject, reversePath: .mailbox(from.mailbox), content: try content(at: now, messageID: rfcMessageID),
            recipients: recipients.map { .init(id: RecipientID(at: now), mailbox: $0.mailbox, role: $0.role) },
            tags: tags, metadata: metadata, externalID: externalID, expiresAt: expiresAt,
            delayNoticeAt: now + terms.delayNoticeAfter, tls: tls)
    }

    /// `<01K…@acme.example>`: ours to be unique on the left, the sender's domain on the right, as receivers expect it.
    private func rfcMessageID(for id: MessageID, hostname: String) -> String {
        let unique = id.description.utf8.dropFirst(MessageKind.prefix.utf8.count + 1)
        let domain = from.mailbox.domain.ascii
        // Leaves the field room in one line that need not be folded inside the id (RFC 5322 §3.6.4 allows no fold).
        return "<\(Substring(unique))@\(domain.utf8.count <= 200 ? domain : hostname)>"
    }

    private func content(at now: Timestamp, messageID: String) throws(Problem) -> MessageContent {
        do {
            let draft = try MessageDraft(
                from: from, to: to, cc: cc, replyTo: replyTo, subject: subject, text: text, html: html,
                date: now.milliseconds, messageID: messageID)
            return MessageContent(bytes: MessageComposer.compose(draft))
        } catch {
            throw .validation(
                error.problems.map { problem in
                    FieldError(pointer: "#/\(problem.field.rawValue)", code: .invalidValue, detail: problem.detail)
                })
        }
    }
}
