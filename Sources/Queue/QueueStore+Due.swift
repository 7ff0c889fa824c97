// QueueStore+Due.swift — what Delivery asks: who is due, what is overdue.

import GRDB
import Mail

extension QueueStore {
    /// Each destination that has queued recipients, with its earliest due time. One seek for each, whatever waits there.
    package func destinations() async throws(StoreFailure) -> [(domain: Domain, dueAt: Timestamp)] {
        try await read { database in
            var found: [(domain: Domain, dueAt: Timestamp)] = []
            while let next = try database.first(
                """
                SELECT domain, next_attempt_at FROM recipients WHERE state = 'queued' AND domain > ?
                ORDER BY domain, next_attempt_at LIMIT 1
                """, found.last?.domain ?? Domain(trusted: ""),
                read: { (domain: Domain(trusted: $0.text()), dueAt: $0.time()) })
            {
                found.append(next)
            }
            return found
        }
    }

    /// The recipients of a destination that fell due, earliest first, without those in flight.
    package func due(_ query: DueQuery) async throws(StoreFailure) -> DueBatch {
        try await read { try $0.due(query) }
    }

    /// Nil when it has been purged.
    package func content(of message: MessageKey) async throws(StoreFailure) -> MessageContent? {
        try await read { database in
            try database.first(
                "SELECT \(Columns.content) FROM contents c WHERE message = ?", message, read: { $0.content() })
        }
    }

    /// Gives up to `limit` queued recipients whose notice is due at `now` their `message.delayed`. Returns when the
    /// next one is due; that may be at once.
    package func noticeDelays(at now: Timestamp, limit: Int) async throws(StoreFailure) -> Timestamp? {
        try await write { transaction in try transaction.noticeDelays(at: now, limit: limit) }
    }

    /// Fails queued recipients of a destination that are due and past their lifetime at `now`: for after an attempt
    /// that failed for the whole destination. `excluding` (those in flight) are left as they are. Returns how many; call
    /// again when it was `limit`.
    package func expire(
        in domain: Domain, at now: Timestamp, excluding: Set<RecipientKey> = [], failure: Failure, limit: Int
    ) async throws(StoreFailure) -> Int {
        // Found beside the writer: a million that are not expired may have to be looked at.
        let found = try await read { try $0.expired(in: domain, at: now, limit: limit + excluding.count) }
        let expired = Array(found.filter { !excluding.contains($0) }.prefix(limit))
        guard !expired.isEmpty else { return 0 }
        return try await fail(expired, at: domain, failure, at: now)
    }
}

extension WriteTransaction {
    fileprivate mutating func noticeDelays(at now: Timestamp, limit: Int) throws -> Timestamp? {
        let overdue = try database.all(
            "SELECT message, position FROM recipients WHERE delay_notice_at <= ? ORDER BY delay_notice_at LIMIT ?", now,
            limit, read: { $0.recipientKey() })
        for recipient in overdue {
            try database.run(
                "UPDATE recipients SET delay_notice_at = NULL WHERE message = ? AND position = ?", recipient.message,
                recipient.position)
            try appendEvent(.delayed, of: recipient, at: now)
        }
        return try database.first(
            """
            SELECT delay_notice_at FROM recipients WHERE delay_notice_at IS NOT NULL ORDER BY delay_notice_at LIMIT 1
            """, read: { $0.time() })
    }
}

extension Database {
    fileprivate func expired(in domain: Domain, at now: Timestamp, limit: Int) throws -> [RecipientKey] {
        try all(
            """
            SELECT message, position FROM recipients
            WHERE state = 'queued' AND domain = ?1 AND next_attempt_at <= ?2 AND expires_at <= ?2 LIMIT ?3
            """, domain, now, limit, read: { $0.recipientKey() })
    }

    fileprivate func due(_ query: DueQuery) throws -> DueBatch {
        var messages: [ReadyMessage] = []
        var count = 0, isComplete = true, hasSkipped = false
        try rows(
            ReadyMessage.select + """
                WHERE r.state = 'queued' AND r.domain = ? AND r.next_attempt_at <= ? AND r.message <= ?
                ORDER BY r.next_attempt_at, r.expires_at, r.message, r.position
                """, query.domain, query.now, query.through
        ) { columns in
            let key = columns.recipientKey()
            let isSandbox = columns.int() == 1
            guard !query.excluding.contains(key) else { return true }
            if isSandbox, query.skipsSandbox {
                hasSkipped = true
                return true
            }
            isComplete = count < query.limit
            guard isComplete else { return false }
            count += 1
            try columns.readDue(key, isSandbox: isSandbox, into: &messages)
            return true
        }
        var batch = DueBatch(messages: messages, nextDueAt: try nextDue(query), isComplete: isComplete)
        batch.hasSkipped = hasSkipped
        return batch
    }

    /// Those `positions` of a message that are queued, as due at `time`; nil if there are none.
    func ready(_ message: MessageKey, positions: Set<Int32>, at time: Timestamp) throws -> ReadyMessage? {
        var messages: [ReadyMessage] = []
        try rows(
            ReadyMessage.select + "WHERE r.message = ? AND r.state = 'queued' ORDER BY r.position", message
        ) { columns in
            let key = columns.recipientKey()
            let isSandbox = columns.int() == 1
            if positions.contains(key.position) {
                try columns.readDue(key, isSandbox: isSandbox, at: time, into: &messages)
            }
            return true
        }
        return messages.first
    }

    private func nextDue(_ query: DueQuery) throws -> Timestamp? {
        try first(
            """
            SELECT next_attempt_at FROM recipients WHERE state = 'queued' AND domain = ? AND next_attempt_at > ?
            ORDER BY next_attempt_at LIMIT 1
            """, query.domain, query.now, read: { $0.time() })
    }
}

extension ReadyMessage {
    /// As `readDue` reads it.
    fileprivate static let select = """
        SELECT r.message, r.position, m.is_sandbox, r.next_attempt_at, r.attempts, r.uid, r.local_part, r.domain, r.original, r.expires_at,
          m.uid, m.project, m.reverse_path, m.from_domain, m.accepted_at, m.tls, m.size, m.ignores_suppressions
        FROM recipients r CROSS JOIN messages m ON m.id = r.message

        """
}

extension Columns {
    /// message, position.
    mutating func recipientKey() -> RecipientKey {
        RecipientKey(message: MessageKey(rawValue: int()), position: Int32(truncatingIfNeeded: int()))
    }

    /// The rest of a row of `due`, as one more recipient of the last message or the first of another.
    /// With `time`, that is when it is due, whatever the row says.
    fileprivate mutating func readDue(
        _ key: RecipientKey, isSandbox: Bool, at time: Timestamp? = nil, into messages: inout [ReadyMessage]
    ) throws {
        let stored = self.time()
        let dueAt = time ?? stored
        let attempts = Int(int())
        let recipient = ReadyRecipient(key: key, id: try identifier(), mailbox: mailbox(), attempts: attempts)
        if let last = messages.last, last.key == key.message, last.dueAt == dueAt {
            messages[messages.count - 1].recipients.append(recipient)
            return
        }
        let expiresAt = self.time()
        let id = try identifier(MessageKind.self)
        var message = ReadyMessage(
            key: key.message, id: id, project: ProjectID(rawValue: int()), reversePath: reversePath(),
            fromDomain: optional { Domain(trusted: $0.text()) },
            acceptedAt: self.time(), expiresAt: expiresAt, tls: try oneOf(), size: Int(int()), content: nil,
            dueAt: dueAt, recipients: [recipient])
        (message.ignoresSuppressions, message.isSandbox) = (int() == 1, isSandbox)
        messages.append(message)
    }
}
