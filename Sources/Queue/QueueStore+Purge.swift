// QueueStore+Purge.swift — retention: what has served its time is deleted, a little in each commit.

import GRDB

extension QueueStore {
    /// Deletes of each kind up to `limit` that are past their retention; keys of idempotency after 24 h, suppressions
    /// that have expired. Returns whether there may be more. Small limits keep the writer free for mail.
    package func purge(
        at now: Timestamp, retention: Retention, limit: Int = 200
    ) async throws(StoreFailure) -> Bool {
        try await write { [suppressions] transaction in
            let database = transaction.database
            let deleted = [
                try transaction.purgeContents(before: now - min(retention.content, retention.messages), limit: limit),
                try database.purgeMessages(before: now - retention.messages, limit: limit),
                try database.run(
                    """
                    DELETE FROM idempotency WHERE rowid IN
                      (SELECT rowid FROM idempotency WHERE created_at <= ? ORDER BY created_at LIMIT ?)
                    """, now - IdempotencyClaim.lifetime, limit),
                try database.run(
                    "DELETE FROM posts WHERE started_at <= ? AND id IN (SELECT id FROM posts ORDER BY id LIMIT ?)",
                    now - retention.messages, limit),
                try database.run(
                    """
                    DELETE FROM events WHERE seq IN
                      (SELECT seq FROM events INDEXED BY events_without_message
                       WHERE message IS NULL AND at <= ? ORDER BY at LIMIT ?)
                    """, now - retention.messages, limit),
                try database.purgeEndpoints(at: now, limit: limit),
            ]
            let expired = try transaction.deleteExpiredSuppressions(at: now, limit: limit, suppressions)
            return deleted.contains(limit) || expired == limit
        }
    }
}

extension WriteTransaction {
    fileprivate mutating func purgeContents(before time: Timestamp, limit: Int) throws -> Int {
        let messages = try database.all(
            """
            SELECT id FROM messages WHERE finished_at IS NOT NULL AND has_content = 1 AND finished_at <= ?
            ORDER BY finished_at LIMIT ?
            """, time, limit, read: { MessageKey(rawValue: $0.int()) })
        for message in messages { try deleteContent(of: message) }
        return messages.count
    }
}

extension Database {
    /// Recipients, events and attempts go with their message.
    fileprivate func purgeMessages(before time: Timestamp, limit: Int) throws -> Int {
        let messages = try all(
            "SELECT id FROM messages WHERE has_content = 0 AND finished_at <= ? ORDER BY finished_at LIMIT ?", time,
            limit, read: { $0.int() })
        for message in messages { try run("DELETE FROM messages WHERE id = ?", message) }
        return messages.count
    }

    /// Old secrets that sign no more, and deleted endpoints with what they have left; one in each commit, as it may have
    /// left much. Returns `limit` if there is more.
    fileprivate func purgeEndpoints(at now: Timestamp, limit: Int) throws -> Int {
        try run(
            "UPDATE endpoints SET old_secret = NULL, old_secret_expires_at = NULL WHERE old_secret_expires_at <= ?", now
        )
        let deleted = try first(
            "SELECT uid FROM endpoints WHERE deleted_at IS NOT NULL LIMIT 1",
            read: { try $0.identifier(EndpointKind.self) })
        guard let deleted else { return 0 }
        try clear(deleted, limit: limit)
        return limit
    }
}
