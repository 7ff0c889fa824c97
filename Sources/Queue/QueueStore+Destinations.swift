// QueueStore+Destinations.swift — destinations that are paused and resumed, and what is queued at one, tried at once or given up.

import GRDB
import Mail

extension QueueStore {
    /// Has nothing attempted there, for any project, until it is resumed; transactions under way come to their end. Asked
    /// again, it says something else for a reason.
    package func pause(
        _ domain: Domain, because reason: String?, at now: Timestamp
    ) async throws(StoreFailure) {
        try await write { [pauses] transaction in
            let pausedAt = try transaction.database.pauses().first { $0.domain == domain }?.pause.pausedAt
            let pause = DestinationPause(pausedAt: pausedAt ?? now, reason: reason)
            try transaction.database.run(
                "INSERT OR REPLACE INTO paused_destinations (domain, paused_at, reason) VALUES (?, ?, ?)", domain,
                pause.pausedAt, pause.reason)
            transaction.onCommit.append { pauses.set(pause, for: domain) }
            transaction.changes.append(.paused(domain))
        }
    }

    /// Nothing happens if it is not paused.
    package func resume(_ domain: Domain) async throws(StoreFailure) {
        try await write { [pauses] transaction in
            let count = try transaction.database.run("DELETE FROM paused_destinations WHERE domain = ?", domain)
            guard count > 0 else { return }
            transaction.onCommit.append { pauses.set(nil, for: domain) }
            transaction.changes.append(.resumed(domain))
        }
    }

    /// Makes what a project has queued at a destination due now, and Delivery try it although it may be leaving the
    /// destination alone.
    package func flush(
        _ domain: Domain, of project: ProjectID, at now: Timestamp, pages: QueuePages = QueuePages()
    ) async throws(StoreFailure) -> DestinationChange {
        let transactions = transactions
        return try await changeQueued(at: domain, of: project, pages) { rows throws(StoreFailure) in
            try await write(bytes: 128 * rows.count) { transaction in
                try transaction.flush(rows, at: domain, now, transactions)
            }
        }
    }

    /// Gives up what a project has queued at a destination, scheduled or not. Who is being attempted stays.
    package func fail(
        _ domain: Domain, of project: ProjectID, _ failure: Failure, at now: Timestamp, pages: QueuePages = QueuePages()
    ) async throws(StoreFailure) -> DestinationChange {
        try await changeQueued(at: domain, of: project, pages) { rows throws(StoreFailure) in
            let failed = try await fail(rows.map(\.key), at: domain, failure, at: now)
            return (failed, rows.count - failed)
        }
    }
}

/// How a long queue is gone through: neither the writer nor a reader is held for long.
package struct QueuePages: Sendable {
    /// Recipients changed in one commit.
    package var size = 500
    /// Rows looked at in one read.
    package var rows = 10_000
    /// Recipients changed by one request; the rest is for another.
    package var limit = 50_000
    package init() {}
}

extension QueueStore {
    private func changeQueued(
        at domain: Domain, of project: ProjectID, _ pages: QueuePages,
        _ change: ([QueuedRow]) async throws(StoreFailure) -> (changed: Int, skipped: Int)
    ) async throws(StoreFailure) -> DestinationChange {
        var outcome = DestinationChange()
        var last: QueuedRow?
        repeat {
            let page = try await read { [last] in try $0.queued(at: domain, of: project, after: last, pages) }
            if !page.rows.isEmpty {
                let (changed, skipped) = try await change(page.rows)
                outcome.changed += changed
                outcome.skipped += skipped
            }
            last = page.last
            outcome.hasMore = last != nil && outcome.changed >= pages.limit
        } while last != nil && !outcome.hasMore
        return outcome
    }

    /// How many of them it was; the others are being attempted, or final meanwhile.
    func fail(
        _ recipients: [RecipientKey], at domain: Domain, _ failure: Failure, at now: Timestamp
    ) async throws(StoreFailure) -> Int {
        // Some may have been taken up since they were looked for.
        let bar = TransactionBar(transactions)
        defer { bar.lift() }
        return try await write(bytes: 512 * recipients.count) { transaction in
            let free = bar.free(of: recipients)
            transaction.changes.append(.withdrawn(free.map { WithdrawnRecipient(key: $0, domain: domain) }))
            return try transaction.finish(free, as: .failed, because: failure, at: now)
        }
    }
}

extension WriteTransaction {
    fileprivate mutating func flush(
        _ rows: [QueuedRow], at domain: Domain, _ now: Timestamp, _ transactions: TransactionRegister
    ) throws -> (changed: Int, skipped: Int) {
        let busy = transactions.entered(of: rows.map(\.key))
        var flushed = 0
        for row in rows where !row.isScheduled(at: now) && !busy.contains(row.key) {
            if try database.bringForward(row.key, to: now) { flushed += 1 }
            noteChange(of: row.key.message)
        }
        if flushed > 0 { changes.append(.flushed(domain)) }
        return (flushed, rows.count - flushed)
    }
}

extension Database {
    func pauses() throws -> [(domain: Domain, pause: DestinationPause)] {
        try all("SELECT domain, paused_at, reason FROM paused_destinations") { columns in
            let domain = Domain(trusted: columns.text())
            return (
                domain, DestinationPause(pausedAt: columns.time(), reason: columns.optional { $0.text() })
            )
        }
    }

    /// The next page of what a project has queued at a destination. `last` is where to go on; nil at the end.
    fileprivate func queued(
        at domain: Domain, of project: ProjectID, after: QueuedRow?, _ pages: QueuePages
    ) throws -> (rows: [QueuedRow], last: QueuedRow?) {
        var found: [QueuedRow] = []
        var last: QueuedRow?, looked = 0, hasMore = false
        func take(_ columns: inout Columns) -> Bool {
            hasMore = found.count == pages.size || looked == pages.rows
            guard !hasMore else { return false }
            looked += 1
            let row = columns.queuedRow()
            if row.project == project { found.append(row) }
            last = row
            return true
        }
        if let after {
            let rest = " AND r.domain = ? AND (r.next_attempt_at, r.expires_at, r.message, r.position) > (?, ?, ?, ?)"
            try rows(
                QueuedRow.select + rest + QueuedRow.order, domain, after.dueAt, after.expiresAt, after.key.message,
                after.key.position, read: take)
        } else {
            try rows(QueuedRow.select + " AND r.domain = ?" + QueuedRow.order, domain, read: take)
        }
        return (found, hasMore ? last : nil)
    }
}
