// QueueStore+Suppressions.swift — addresses not to be written to: added, shown, removed; and what is queued to them.

import GRDB
import Mail

extension QueueStore {
    /// Suppresses addresses, or changes what is said of those suppressed already. In their order, each as it is now and
    /// whether it is new. All of them in one commit: call it with few at a time, so that the writer is free for mail.
    package func suppress(
        _ new: [NewSuppression], in project: ProjectID, at now: Timestamp
    ) async throws(StoreFailure) -> [(suppression: Suppression, isNew: Bool)] {
        let bytes = new.reduce(0) { $0 + 256 + ($1.note?.utf8.count ?? 0) }
        return try await write(in: project, bytes: bytes) { [suppressions] transaction in
            try new.map { try transaction.suppress($0, in: project, at: now, suppressions) }
        }
    }

    /// Nil if the address is not suppressed.
    package func suppression(
        of address: SuppressedAddress, in project: ProjectID, at now: Timestamp
    ) async throws(StoreFailure) -> Suppression? {
        try await read { try $0.suppression(of: address, in: project, at: now) }
    }

    /// Newest first; `before` is the key of the last one of the page before.
    package func suppressions(
        in project: ProjectID, matching filter: SuppressionFilter = SuppressionFilter(), before: Int64? = nil,
        at now: Timestamp, limit: Int
    ) async throws(StoreFailure) -> [Suppression] {
        try await read { database in
            var conditions = filter.conditions
            conditions.add("project = ?", project)
            conditions.add("expires_at IS NULL OR expires_at > ?", now)
            if let before { conditions.add("id < ?", before) }
            return try database.all(
                composed: Suppression.page(conditions), conditions.values + [limit], read: { try $0.suppression() })
        }
    }

    /// False if the address is not suppressed.
    package func unsuppress(
        _ address: SuppressedAddress, in project: ProjectID, at now: Timestamp
    ) async throws(StoreFailure) -> Bool {
        try await write { [suppressions] transaction in
            guard try transaction.database.suppression(of: address, in: project, at: now) != nil else { return false }
            try transaction.database.run(
                "DELETE FROM suppressions WHERE project = ? AND address = ?", project, address.description)
            transaction.onCommit.append { suppressions.set(address, in: project, until: nil) }
            return true
        }
    }

    /// Makes queued recipients `suppressed`, of whom `suppressions` says that they are. Those who are being attempted
    /// elsewhere are left as they are, and not returned. Also when the disk is full.
    package func suppress(
        _ recipients: [RecipientKey], at now: Timestamp
    ) async throws(StoreFailure) -> Set<RecipientKey> {
        let bar = TransactionBar(transactions)
        defer { bar.lift() }
        return try await write(bytes: 512 * recipients.count) { transaction in
            let free = bar.free(of: recipients)
            _ = try transaction.finish(free, as: .suppressed, at: now)
            return Set(free)
        }
    }
}

extension WriteTransaction {
    fileprivate mutating func suppress(
        _ new: NewSuppression, in project: ProjectID, at now: Timestamp, _ directory: SuppressionDirectory
    ) throws -> (suppression: Suppression, isNew: Bool) {
        let known = try database.suppression(of: new.address, in: project, at: now)
        var suppression = known ?? Suppression(address: new.address, reason: .manual, createdAt: now)
        suppression.reason = new.reason ?? suppression.reason
        suppression.note = new.note ?? suppression.note
        suppression.expiresAt = new.expiresAt ?? suppression.expiresAt
        try save(&suppression, in: project, directory)
        return (suppression, known == nil)
    }

    /// Suppresses those whose mailboxes are dead by what an attempt has found.
    mutating func suppressDeadMailboxes(of attempt: AttemptRecord, _ directory: SuppressionDirectory) throws {
        for result in attempt.results {
            guard case .bounced(let bounce) = result.outcome, bounce.kind == .hard else { continue }
            try suppress(
                RecipientKey(message: attempt.message, position: result.position), bounce, at: attempt.finishedAt,
                directory)
        }
    }

    private mutating func suppress(
        _ recipient: RecipientKey, _ bounce: Bounce, at now: Timestamp, _ directory: SuppressionDirectory
    ) throws {
        let found = try database.first(
            """
            SELECT m.project, m.uid, r.local_part, r.domain, r.original
            FROM recipients r CROSS JOIN messages m ON m.id = r.message WHERE r.message = ? AND r.position = ?
            """, recipient.message, recipient.position,
            read: { (ProjectID(rawValue: $0.int()), try $0.identifier(MessageKind.self), $0.mailbox()) })
        guard let (project, message, mailbox) = found else { return }
        let address = SuppressedAddress(mailbox)
        let known = try database.suppression(of: address, in: project, at: now)
        // It was written to nevertheless, which proves nothing new; unless that was about to end.
        if let known, known.expiresAt == nil { return }
        var suppression = Suppression(
            address: address, reason: .bounce, message: message, note: bounce.message, createdAt: now)
        try save(&suppression, in: project, directory)
    }

    /// In the place of the one with its key, or else as the newest.
    private mutating func save(
        _ suppression: inout Suppression, in project: ProjectID, _ directory: SuppressionDirectory
    ) throws {
        try database.run(
            """
            INSERT OR REPLACE INTO suppressions (id, project, address, reason, message, note, created_at, expires_at)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?)
            """, suppression.key == 0 ? nil : suppression.key, project, suppression.address.description,
            suppression.reason, suppression.message, suppression.note, suppression.createdAt, suppression.expiresAt)
        suppression.key = database.lastInsertedRowID
        let (address, end) = (suppression.address, suppression.expiresAt ?? .distantFuture)
        onCommit.append { directory.set(address, in: project, until: end) }
    }

    /// Deletes up to `limit` that have expired, and as many of deleted projects; returns the greater of how many.
    mutating func deleteExpiredSuppressions(
        at now: Timestamp, limit: Int, _ directory: SuppressionDirectory
    ) throws -> Int {
        let expired = try database.suppressions(
            "suppressions s WHERE s.expires_at <= ? ORDER BY s.expires_at LIMIT ?", now, limit)
        try delete(expired, directory)
        let orphans = try database.suppressions(
            "projects p CROSS JOIN suppressions s ON s.project = p.id WHERE p.deleted_at <= ? LIMIT ?", now, limit)
        try delete(orphans, directory)
        return max(expired.count, orphans.count)
    }

    private mutating func delete(_ suppressions: [SuppressionRow], _ directory: SuppressionDirectory) throws {
        for (id, project, address) in suppressions {
            try database.run("DELETE FROM suppressions WHERE id = ?", id)
            onCommit.append { directory.set(SuppressedAddress(trusted: address), in: project, until: nil) }
        }
    }
}

private typealias SuppressionRow = (id: Int64, project: ProjectID, address: String)

extension Database {
    fileprivate func suppression(
        of address: SuppressedAddress, in project: ProjectID, at now: Timestamp
    ) throws -> Suppression? {
        try first(
            Suppression.select + "WHERE project = ? AND address = ? AND (expires_at IS NULL OR expires_at > ?)",
            project,
            address.description, now, read: { try $0.suppression() })
    }

    fileprivate func suppressions(_ rest: String, _ now: Timestamp, _ limit: Int) throws -> [SuppressionRow] {
        try all("SELECT s.id, s.project, s.address FROM " + rest, now, limit) {
            (id: $0.int(), project: ProjectID(rawValue: $0.int()), address: $0.text())
        }
    }

    /// Every one, for the directory; also those that have expired.
    func forEachSuppression(_ body: (ProjectID, SuppressedAddress, Timestamp) -> Void) throws {
        try rows("SELECT project, address, expires_at FROM suppressions") { columns in
            let project = ProjectID(rawValue: columns.int()), address = SuppressedAddress(trusted: columns.text())
            body(project, address, columns.optional { $0.time() } ?? .distantFuture)
            return true
        }
    }
}

extension Suppression {
    fileprivate static let select = """
        SELECT id, address, reason, message, note, created_at, expires_at FROM suppressions

        """

    /// Newest first, from the index of a project, whatever else there is: nothing is sorted.
    static func page(_ conditions: Conditions) -> String {
        select + "WHERE \(conditions.sql) ORDER BY id DESC LIMIT ?"
    }
}

extension SuppressionFilter {
    fileprivate var conditions: Conditions {
        var conditions = Conditions()
        if let reason { conditions.add("reason = ?", reason) }
        // No domain holds an @: what follows the last one is the domain.
        if let domain { conditions.add("substr(address, -length(?)) = ?", "@" + domain.ascii, "@" + domain.ascii) }
        if let prefix { conditions.add("substr(address, 1, length(?)) = ?", prefix, prefix) }
        if let createdAfter { conditions.add("created_at >= ?", createdAfter) }
        if let createdBefore { conditions.add("created_at < ?", createdBefore) }
        return conditions
    }
}

extension Columns {
    fileprivate mutating func suppression() throws -> Suppression {
        let key = int()
        var suppression = Suppression(
            address: SuppressedAddress(trusted: text()), reason: try oneOf(),
            message: try optional { try $0.identifier() }, note: optional { $0.text() }, createdAt: time(),
            expiresAt: optional { $0.time() })
        suppression.key = key
        return suppression
    }
}

extension Timestamp {
    /// After everything.
    fileprivate static let distantFuture = Timestamp(milliseconds: .max)
}
