// QueueStore+Submit.swift — a submission becomes rows: the promise that the 202 makes.

import GRDB
import Mail

extension QueueStore {
    /// Returns once the commit's sync has returned. On a full disk a repetition still gets its answer.
    package func submit(_ submission: Submission) async throws(StoreFailure) -> SubmissionOutcome {
        try await submit([submission], by: submission.idempotency, in: submission.project, at: submission.acceptedAt)
    }

    /// All of them, or none, in one commit: the claim is theirs together, and none has one of its own.
    package func submit(
        _ submissions: [Submission], by claim: IdempotencyClaim?, in project: ProjectID, at now: Timestamp
    ) async throws(StoreFailure) -> SubmissionOutcome {
        do throws(StoreFailure) {
            let bytes = submissions.reduce(claim?.answer.count ?? 0) { $0 + $1.writtenBytes }
            return try await write(in: project, bytes: bytes) { transaction in
                if let claim, let earlier = try transaction.claimKey(claim, in: project, at: now) { return earlier }
                for submission in submissions { try transaction.submit(submission) }
                return .accepted
            }
        } catch {
            guard error == .full, let claim,
                let earlier = try await replay(
                    key: claim.key, fingerprint: claim.fingerprint, in: project, at: now)
            else { throw error }
            return earlier
        }
    }

    /// Whether new messages are taken at this moment: asks the writer as a submission would, and writes nothing.
    package func takesMessages() async -> Bool {
        do throws(StoreFailure) {
            try await write(isRefusedWhenFull: true) { _ in }
            return true
        } catch {
            return false
        }
    }
}

extension IdempotencyClaim {
    /// How long a key stands for its request.
    static let lifetime = Duration.seconds(86_400)
}

extension WriteTransaction {
    fileprivate mutating func submit(_ submission: Submission) throws {
        let key = MessageKey(rawValue: nextMessage)
        nextMessage += 1
        try insertMessage(submission, as: key)
        for (position, recipient) in submission.recipients.enumerated() {
            try insert(recipient, at: Int32(position), of: submission, as: key)
        }
        try finishSuppressed(of: submission, as: key)
        if let message = submission.ready(as: key) { ready.append(message) }
    }

    /// Nil when the key is this request's now; else what it stands for already.
    fileprivate func claimKey(
        _ claim: IdempotencyClaim, in project: ProjectID, at now: Timestamp
    ) throws -> SubmissionOutcome? {
        let written = try database.run(
            """
            INSERT INTO idempotency (project, key, fingerprint, answer, created_at) VALUES (?1, ?2, ?3, ?4, ?5)
            ON CONFLICT DO UPDATE SET fingerprint = ?3, answer = ?4, created_at = ?5 WHERE created_at <= ?6
            """, project, claim.key, claim.fingerprint, claim.answer, now, now - IdempotencyClaim.lifetime)
        guard written == 0 else { return nil }
        return try database.replay(key: claim.key, fingerprint: claim.fingerprint, in: project, at: now)
    }

    /// They were accepted, like the others, and are final at once.
    private mutating func finishSuppressed(of submission: Submission, as key: MessageKey) throws {
        let suppressed = submission.recipients.enumerated().compactMap { position, recipient in
            recipient.isSuppressed ? RecipientKey(message: key, position: Int32(position)) : nil
        }
        _ = try finish(suppressed, as: .suppressed, at: submission.acceptedAt)
    }

    private func insertMessage(_ submission: Submission, as key: MessageKey) throws {
        try database.run(
            """
            INSERT INTO messages (id, uid, project, accepted_at, rfc_message_id, sender, from_domain, subject, reverse_path, size,
              tags, metadata, external_id, first_attempt_at, tls, queued, has_foreign_id, ignores_suppressions, is_sandbox)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """, key, submission.id, submission.project, submission.acceptedAt, submission.rfcMessageID,
            submission.from, submission.fromDomain, submission.subject, submission.reversePath.column,
            submission.content.bytes.count,
            submission.tags.column, submission.metadata.column, submission.externalID, submission.firstAttemptAt,
            submission.tls, submission.recipients.count, !submission.id.isLeftSide(of: submission.rfcMessageID),
            submission.ignoresSuppressions, submission.isSandbox)
        let content = submission.content
        try database.run(
            """
            INSERT INTO contents (message, bytes, has_8bit_body, has_utf8_header, body_hash) VALUES (?, ?, ?, ?, ?)
            """, key, content.bytes, content.form.has8BitBody, content.form.hasUTF8Header, content.bodyHash)
    }

    private mutating func insert(
        _ recipient: Submission.Recipient, at position: Int32, of submission: Submission, as key: MessageKey
    ) throws {
        let mailbox = recipient.mailbox
        try database.run(
            """
            INSERT INTO recipients (message, position, uid, local_part, domain, original, role, state, attempts,
              expires_at, next_attempt_at, delay_notice_at)
            VALUES (?, ?, ?, ?, ?, ?, ?, 'queued', 0, ?, ?, ?)
            """, key, position, recipient.id, mailbox.localPart, mailbox.domain, mailbox.originalColumn,
            recipient.role, submission.expiresAt, submission.firstAttemptAt, submission.delayNoticeAt)
        try database.run(
            """
            INSERT INTO events (seq, uid, project, type, at, message, position) VALUES (?, ?, ?, ?, ?, ?, ?)
            """, nextEvent, EventID(at: submission.acceptedAt), submission.project, EventType.accepted,
            submission.acceptedAt, key, position)
        nextEvent += 1
    }
}

extension Submission {
    /// Roughly.
    fileprivate var writtenBytes: Int { content.bytes.count + 512 * (1 + recipients.count) }

    /// As Delivery gets it straight from the commit; without content if it is for later. Nil if nobody is to get it.
    fileprivate func ready(as key: MessageKey) -> ReadyMessage? {
        var message = ReadyMessage(
            key: key, id: id, project: project, reversePath: reversePath, fromDomain: fromDomain,
            acceptedAt: acceptedAt, expiresAt: expiresAt, tls: tls, size: content.bytes.count,
            content: firstAttemptAt <= acceptedAt ? content : nil, dueAt: firstAttemptAt,
            recipients: recipients.enumerated().compactMap { position, recipient in
                if recipient.isSuppressed { return nil }
                return ReadyRecipient(
                    key: RecipientKey(message: key, position: Int32(position)), id: recipient.id,
                    mailbox: recipient.mailbox, attempts: 0)
            })
        (message.ignoresSuppressions, message.isSandbox) = (ignoresSuppressions, isSandbox)
        return message.recipients.isEmpty ? nil : message
    }
}

extension Database {
    /// What a live key stands for; nil when it is free at `now`.
    func replay(
        key: String, fingerprint: [UInt8], in project: ProjectID, at now: Timestamp
    ) throws -> SubmissionOutcome? {
        try first(
            "SELECT fingerprint, answer FROM idempotency WHERE project = ? AND key = ? AND created_at > ?", project,
            key,
            now - IdempotencyClaim.lifetime
        ) { $0.bytes() == fingerprint ? .replayed(answer: $0.bytes()) : .keyReused }
    }
}
