// QueueStore+Reschedule.swift — another time for a message that has not been due yet.

import GRDB
import Mail

extension QueueStore {
    /// Gives a scheduled message other times; those that are told from its first attempt on move with it. It is not
    /// attempted at the old time, not even if that comes while this is being written. Another first attempt means another
    /// date in the content, which is written anew: not on a full disk.
    package func reschedule(
        _ id: MessageID, in project: ProjectID, _ times: Rescheduling, at now: Timestamp
    ) async throws(StoreFailure) -> ReschedulingOutcome {
        let size = try await times.firstAttemptAt == nil ? nil : message(id, in: project)?.size
        let bar = TransactionBar(transactions)
        defer { bar.lift() }
        return try await write(bytes: 512 + (size ?? 0), isRefusedWhenFull: size != nil) { transaction in
            guard let message = try transaction.database.message(id, in: project) else { return .noSuchMessage }
            let status = message.status(at: now)
            guard status == .scheduled else { return .notScheduled(status) }
            let open = message.recipients.filter { !$0.state.isFinal }
            guard bar.bar(open.map { $0.key(in: message) }).isEmpty else { return .notScheduled(.queued) }
            return try .done(transaction.move(message, open, times, at: now))
        }
    }
}

extension WriteTransaction {
    fileprivate mutating func move(
        _ message: StoredMessage, _ open: [StoredRecipient], _ times: Rescheduling, at now: Timestamp
    ) throws -> StoredMessage {
        let first = times.firstAttemptAt ?? message.firstAttemptAt
        let expiry = first + (times.lifetime ?? message.expiresAt - message.firstAttemptAt)
        try database.run("UPDATE messages SET first_attempt_at = ? WHERE id = ?", first, message.key)
        try database.run("UPDATE recipients SET expires_at = ? WHERE message = ?", expiry, message.key)
        try database.run(
            """
            UPDATE recipients SET delay_notice_at = delay_notice_at + (?1 - next_attempt_at), next_attempt_at = ?1
            WHERE message = ?2 AND state = 'queued'
            """, first, message.key)
        if first != message.firstAttemptAt {
            try database.redate(message.key, from: message.firstAttemptAt, to: first)
        }
        noteChange(of: message.key)
        changes.append(.withdrawn(open.map { $0.withdrawn(from: message) }))
        let ready = try database.ready(message.key, positions: Set(open.map(\.position)), at: first)
        if let ready { changes.append(.due(ready)) }
        return try database.message(message.id, in: message.project) ?? message
    }
}

extension Database {
    /// A composed message is dated for the moment at which it is to leave, and is dated anew with it. A Date that the
    /// caller wrote says something else and stays.
    fileprivate func redate(_ message: MessageKey, from old: Timestamp, to new: Timestamp) throws {
        guard
            let content = try first(
                "SELECT bytes FROM contents WHERE message = ?", message, read: { $0.bytes() }),
            let dated = DateField.replace(in: content, from: old.milliseconds, to: new.milliseconds)
        else { return }
        try run("UPDATE contents SET bytes = ? WHERE message = ?", dated, message)
        try run("UPDATE messages SET size = ? WHERE id = ?", dated.count, message)
    }
}
