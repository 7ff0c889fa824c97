// QueueStore+Read.swift — what users ask: messages, attempts, contents, keys. Reads beside the writer.

import GRDB
import Mail

extension QueueStore {
    package func message(_ id: MessageID, in project: ProjectID) async throws(StoreFailure) -> StoredMessage? {
        try await read { try $0.message(id, in: project) }
    }

    /// Whether there is such a message, its From of one of `domains` unless there are none, and for the sandbox if only such
    /// count. None of that ever changes of a message.
    package func hasMessage(
        _ id: MessageID, in project: ProjectID, from domains: [Domain], sandboxOnly: Bool
    ) async throws(StoreFailure) -> Bool {
        try await read { database in
            let found = try database.first(
                "SELECT from_domain, is_sandbox FROM messages WHERE uid = ? AND project = ?", id, project,
                read: { (from: Domain(trusted: $0.text()), isSandbox: $0.int() == 1) })
            guard let found else { return false }
            return (domains.isEmpty || domains.contains(found.from)) && (found.isSandbox || !sandboxOnly)
        }
    }

    /// Oldest first; nil if there is no such message.
    package func attempts(of id: MessageID, in project: ProjectID) async throws(StoreFailure) -> [StoredAttempt]? {
        try await read { database in
            guard let key = try database.key(of: id, in: project) else { return nil }
            let recipients = try database.all(
                "SELECT uid FROM recipients WHERE message = ? ORDER BY position", key,
                read: { try $0.identifier(RecipientIDKind.self) })
            return try database.all(
                """
                SELECT uid, started_at, finished_at, host, address, tls, reply, transcript, results FROM attempts
                WHERE message = ? ORDER BY id
                """, key, read: { try $0.attempt(of: recipients) })
        }
    }

    /// Nil when there is no such message or its content has been purged.
    package func content(of id: MessageID, in project: ProjectID) async throws(StoreFailure) -> MessageContent? {
        try await read { database in
            try database.first(
                """
                SELECT \(Columns.content) FROM messages m JOIN contents c ON c.message = m.id WHERE m.uid = ? AND m.project = ?
                """, id, project, read: { $0.content() })
        }
    }

    /// What a request with this key would be told at `now`; nil when the key is free. Only `submit` decides for good.
    package func replay(
        key: String, fingerprint: [UInt8], in project: ProjectID, at now: Timestamp
    ) async throws(StoreFailure) -> SubmissionOutcome? {
        try await read { try $0.replay(key: key, fingerprint: fingerprint, in: project, at: now) }
    }

    /// Counts every queued recipient: for a metric now and then, not for each request.
    package func depth(at now: Timestamp) async throws(StoreFailure) -> QueueDepth {
        try await read { database in
            try database.first(
                """
                SELECT count(*), total(next_attempt_at <= ?), min(next_attempt_at) FROM recipients WHERE state = 'queued'
                """, now,
                read: { QueueDepth(queued: Int($0.int()), due: Int($0.int()), oldestDueAt: $0.optional { $0.time() }) }
            ) ?? QueueDepth(queued: 0, due: 0, oldestDueAt: nil)
        }
    }
}

extension Database {
    func key(of id: MessageID, in project: ProjectID) throws -> MessageKey? {
        try first(
            "SELECT id FROM messages WHERE uid = ? AND project = ?", id, project,
            read: { MessageKey(rawValue: $0.int()) })
    }

    func message(_ id: MessageID, in project: ProjectID) throws -> StoredMessage? {
        let sql = StoredMessage.select + "WHERE m.uid = ? AND m.project = ?"
        return try first(sql, id, project, read: { try $0.message() }).map(addRecipients)
    }

    func message(_ key: MessageKey) throws -> StoredMessage? {
        try first(StoredMessage.select + "WHERE m.id = ?", key, read: { try $0.message() }).map(addRecipients)
    }

    private func addRecipients(to message: StoredMessage) throws -> StoredMessage {
        var message = message
        message.recipients = try all(
            """
            SELECT r.uid, r.position, r.local_part, r.domain, r.original, r.role, r.state, r.attempts, r.expires_at,
              r.next_attempt_at, r.delay_notice_at, r.finished_at, \(Columns.verdict)
            FROM recipients r LEFT JOIN verdicts v ON v.event = r.verdict WHERE r.message = ? ORDER BY r.position
            """, message.key
        ) { columns in
            let recipient = try columns.recipient()
            message.expiresAt = recipient.expiresAt
            return recipient.stored
        }
        return message
    }
}

extension StoredMessage {
    fileprivate static let select = """
        SELECT m.id, m.uid, m.project, m.accepted_at, m.rfc_message_id, m.sender, m.subject, m.size, m.tags, m.metadata,
          m.external_id, m.first_attempt_at, m.tls, m.finished_at, m.has_content, m.is_sandbox FROM messages m

        """
}

extension Columns {
    /// As `content()` reads them, of `contents c`.
    static let content = "c.bytes, c.has_8bit_body, c.has_utf8_header, c.body_hash"

    mutating func content() -> MessageContent {
        MessageContent(
            bytes: bytes(), form: ContentForm(has8BitBody: int() == 1, hasUTF8Header: int() == 1),
            bodyHash: optional { $0.bytes() })
    }

    /// As `StoredMessage.select` has them; `expiresAt` and the recipients come with the recipients' rows.
    fileprivate mutating func message() throws -> StoredMessage {
        var message = StoredMessage(
            key: MessageKey(rawValue: int()), id: try identifier(), project: ProjectID(rawValue: int()),
            acceptedAt: time(), rfcMessageID: text(), from: text(), subject: text(), size: Int(int()),
            tags: try [String: String](column: optional { $0.bytes() }),
            metadata: try [String: String](column: optional { $0.bytes() }), externalID: optional { $0.text() },
            firstAttemptAt: time(), expiresAt: Timestamp(milliseconds: 0), tls: try oneOf(),
            finishedAt: optional { $0.time() }, hasContent: int() == 1, recipients: [])
        message.isSandbox = int() == 1
        return message
    }

    fileprivate mutating func recipient() throws -> (stored: StoredRecipient, expiresAt: Timestamp) {
        let id = try identifier(RecipientIDKind.self)
        let position = Int32(truncatingIfNeeded: int())
        let mailbox = mailbox()
        let role: RecipientRole = try oneOf()
        let state: RecipientState = try oneOf()
        let attempts = Int(int())
        let expiresAt = time()
        let nextAttemptAt = optional { $0.time() }
        let hasNoticeDue = optional { $0.time() } != nil
        let finishedAt = optional { $0.time() }
        let (bounce, failure) = try verdict()
        let stored = StoredRecipient(
            id: id, position: position, mailbox: mailbox, role: role, state: state, attempts: attempts,
            nextAttemptAt: nextAttemptAt, finishedAt: finishedAt, isDelayed: state == .queued && !hasNoticeDue,
            bounce: bounce, failure: failure)
        return (stored, expiresAt)
    }

    fileprivate mutating func attempt(of recipients: [RecipientID]) throws -> StoredAttempt {
        StoredAttempt(
            id: try identifier(), startedAt: time(), finishedAt: time(), host: optional { $0.text() },
            address: optional { $0.text() }, tls: optional { $0.text() }, reply: optional { $0.text() },
            transcript: text(), results: results(of: recipients))
    }

    /// "0 delivered 1 deferred"
    private mutating func results(of recipients: [RecipientID]) -> [StoredAttempt.Result] {
        let words = text().split(separator: " ")
        return stride(from: 0, to: words.count - 1, by: 2).compactMap { index in
            guard let position = Int(words[index]), recipients.indices.contains(position),
                let outcome = StoredAttempt.Result.Outcome(rawValue: String(words[index + 1]))
            else { return nil }
            return StoredAttempt.Result(recipient: recipients[position], outcome: outcome)
        }
    }
}
