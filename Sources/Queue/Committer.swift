// Committer.swift — one commit and what follows from it: announcements, or the failure contract.
//
// Lives on the writer's thread alone (hence unchecked Sendable: it is handed to that thread once).
// - One operation that throws spoils its batch: rolled back and halved, until it stands alone and fails alone.
// - A full disk: the reserve is released; new messages are refused until there is room for it again, results go on.
// - Anything else wrong with the file: everything that waits fails, and all that comes after.

import GRDB
import GRDBSQLite
import Metrics

final class Committer: @unchecked Sendable {
    /// Pages in the WAL after which it is copied into the database: each hot page then is copied once for many
    /// commits, and the WAL stays in the page cache.
    private static let checkpointPages: Int32 = 4_000
    /// A reader that never pauses keeps the WAL from starting anew; past this the writer waits for it.
    private static let restartPages: Int32 = 64_000
    /// So long, in milliseconds: mail waits meanwhile.
    private static let patience: Int32 = 200

    private let pool: DatabasePool
    private let clock: any WallClock
    private let reserve: ReserveFile
    private let health: StoreHealth
    private var nextMessage: Int64
    private var nextEvent: Int64
    /// No room for the reserve; looked at again after `nextProbeAt`.
    private var isFull: Bool
    private var nextProbeAt = Timestamp(milliseconds: 0)
    private var restartsAbove = Committer.restartPages
    /// The length of the WAL after the last commit.
    private var walPages: Int32 = 0
    private let commitTime = Timer(label: "postrider_store_commit_seconds")
    private let commitWrites = Recorder(label: "postrider_store_commit_writes")

    init(pool: DatabasePool, clock: any WallClock, reserve: ReserveFile, health: StoreHealth) throws {
        (self.pool, self.clock, self.reserve, self.health) = (pool, clock, reserve, health)
        isFull = !reserve.take()
        (nextMessage, nextEvent) = try pool.writeWithoutTransaction { database in
            let message = try Int64.fetchOne(database, sql: "SELECT max(id) FROM messages") ?? 0
            let event = try Int64.fetchOne(database, sql: "SELECT value FROM counters WHERE name = 'events'") ?? 0
            return (message + 1, event + 1)
        }
        health.announced(message: nextMessage - 1)
        health.watch.committed(through: nextEvent - 1, changed: [])
        pool.writeWithoutTransaction { observeWAL(of: $0) }
    }

    /// Writes a batch and finishes every write in it.
    func commit(_ batch: ArraySlice<any PendingWrite>) {
        if let failure = health.failure { return finish(batch, failure) }
        guard isFull, !findsRoom() else { return write(batch) }
        finish(batch.filter(\.isRefusedWhenFull)[...], .full)
        write(batch.filter { !$0.isRefusedWhenFull }[...])
    }

    /// Leaves nothing behind in the WAL.
    func end() {
        guard health.failure == nil else { return }
        _ = try? pool.writeWithoutTransaction { try $0.checkpoint(.truncate) }
    }

    private func write(_ batch: ArraySlice<any PendingWrite>) {
        guard !batch.isEmpty else { return }
        switch transact(batch) {
        case nil: finish(batch, nil)
        case .full? where !isFull:
            releaseReserve()
            commit(batch)
        case .refused? where batch.count > 1, .full? where batch.count > 1:
            let middle = batch.startIndex + batch.count / 2
            commit(batch[..<middle])
            commit(batch[middle...])
        case .broken(let reason)?:
            finish(batch, health.fail(.broken(reason)))
        case let failure?: finish(batch, failure)
        }
        checkpoint()
    }

    /// One transaction, synced when this returns nil; announced then.
    private func transact(_ batch: ArraySlice<any PendingWrite>) -> StoreFailure? {
        let start = ContinuousClock.now
        do {
            let (done, firstEvent) = try pool.writeWithoutTransaction { database in
                var transaction = WriteTransaction(database: database, nextMessage: nextMessage, nextEvent: nextEvent)
                try database.inTransaction(.immediate) {
                    for write in batch { try write.run(in: &transaction) }
                    if transaction.nextEvent > nextEvent {
                        // No number is used again, also when all that had one are purged.
                        try database.run(
                            "UPDATE counters SET value = ? WHERE name = 'events'", transaction.nextEvent - 1)
                    }
                    return .commit
                }
                return (transaction, nextEvent)
            }
            (nextMessage, nextEvent) = (done.nextMessage, done.nextEvent)
            commitTime.record(duration: ContinuousClock.now - start)
            commitWrites.record(batch.count)
            announce(done, firstEvent: firstEvent)
            return nil
        } catch {
            return StoreFailure(error)
        }
    }

    private func announce(_ done: WriteTransaction, firstEvent: Int64) {
        let sinks = health.sinks
        for follow in done.onCommit { follow() }
        if !done.ready.isEmpty { sinks.ready(done.ready) }
        health.announced(message: nextMessage - 1)
        if !done.changes.isEmpty { sinks.changes(done.changes) }
        if done.changesEndpoints { sinks.endpoints() }
        if done.nextEvent > firstEvent { sinks.events(done.nextEvent - 1) }
        health.watch.committed(through: nextEvent - 1, changed: done.changedMessages)
    }

    private func finish(_ writes: ArraySlice<any PendingWrite>, _ failure: StoreFailure?) {
        for write in writes { write.finish(failure) }
    }
}

// MARK: The WAL and the full disk

extension Committer {
    /// After the writers' answers, so that none waits for it. SQLite's own would run inside the commit.
    private func checkpoint() {
        if walPages <= Self.restartPages { restartsAbove = Self.restartPages }
        guard health.failure == nil, walPages > Self.checkpointPages else { return }
        do {
            let mode: Database.CheckpointMode = walPages > restartsAbove ? .restart : .passive
            try pool.writeWithoutTransaction { try $0.checkpoint(mode, waiting: Self.patience) }
        } catch {
            // Not with each commit.
            restartsAbove = max(Self.restartPages, walPages + Self.checkpointPages)
            // A checkpoint that found no room, or a busy reader, has lost nothing.
            guard case .broken(let reason) = StoreFailure(error), !error.isBusy else { return }
            _ = health.fail(.broken(reason))
        }
    }

    /// Takes the place of SQLite's automatic checkpoint.
    private func observeWAL(of database: Database) {
        let context = Unmanaged.passUnretained(self).toOpaque()
        sqlite3_wal_hook(
            database.sqliteConnection,
            { context, _, _, pages in
                guard let context else { return SQLITE_OK }
                Unmanaged<Committer>.fromOpaque(context).takeUnretainedValue().walPages = pages
                return SQLITE_OK
            }, context)
    }

    /// Makes room for results, in the disk and in the WAL.
    private func releaseReserve() {
        isFull = true
        nextProbeAt = clock.now + .seconds(1)
        reserve.release()
        try? pool.writeWithoutTransaction { try $0.checkpoint(.restart, waiting: Self.patience) }
    }

    /// Tries, at most once a second, to take the reserve again.
    private func findsRoom() -> Bool {
        guard clock.now >= nextProbeAt else { return false }
        nextProbeAt = clock.now + .seconds(1)
        isFull = !reserve.take()
        return !isFull
    }
}

extension Database {
    /// Waits for readers no longer than so many milliseconds, whatever else is set.
    func checkpoint(_ mode: CheckpointMode, waiting milliseconds: Int32) throws {
        sqlite3_busy_timeout(sqliteConnection, milliseconds)
        defer { sqlite3_busy_timeout(sqliteConnection, DataDirectory.busyMilliseconds) }
        _ = try checkpoint(mode)
    }
}

extension Error {
    var isBusy: Bool { (self as? DatabaseError)?.resultCode == .SQLITE_BUSY }
}
