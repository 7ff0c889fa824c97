// QueueStore.swift — the one SQLite file: every promise that Postrider makes is a row in it.
//
// One thread writes, in shared commits (StoreWriter); a few connections read beside it. Aspects: +Submit and +Record (the path of
// every message), +Due (what Delivery asks), +Read and +List (what users ask), +Changes, +Reschedule and +Erase (what they
// change), +QueueSummary and +Destinations (the queue as a whole), +Stats, +Endpoints, +Posts, +PostRecords, +Replays, +Domains, +Keys, +Projects, +Secrets, +Purge.
// See docs/states.md.

import GRDB
import GRDBSQLite
import Synchronization

package struct StoreOptions: Sendable {
    /// Kept back on the disk so that results can still be recorded when it is full.
    package var reserveBytes = 16 << 20
    package var readers = 4
    /// How many rows of the event log one read looks at: it may be another project's, for hours.
    package var logScan: Int64 = 20_000
    /// How many messages one page of a list looks at.
    package var messageScan = 50_000
    /// How many writes, and how many bytes of them, may wait for their commit before new messages are refused.
    package var maximumPendingWrites = 10_000
    package var maximumPendingBytes = 128 << 20
    /// Called once, on any thread, when the file has failed: the process must end and read the disk anew.
    package var onBroken: @Sendable (StoreFailure) -> Void = { _ in }
    /// Called before the schema of an older version is brought up to date, which may take seconds.
    package var onUpgrade: @Sendable () -> Void = {}
    package init() {}
}

package final class QueueStore: Sendable {
    private let directory: DataDirectory
    private let pool: DatabasePool
    private let writer: StoreWriter
    private let health: StoreHealth
    let logScan: Int64
    let messageScan: Int
    private let isClosed = Atomic(false)
    /// Who is being attempted; kept by Delivery.
    package let transactions = TransactionRegister()
    let wiping: Wiping
    /// What is known of the domains that mail is sent from; follows each commit.
    package let sendingDomains = SendingDomainDirectory()
    /// Projects and keys; follow each commit, too.
    package let access = AccessDirectory()
    /// Who is not to be written to; so does this.
    package let suppressions = SuppressionDirectory()
    /// Which destinations are left alone; so does this.
    package let pauses = PauseDirectory()
    /// For those who wait for what commits bring; told last, after `start`'s sinks.
    package var commits: CommitWatch { health.watch }

    /// Creates or opens the store in `directory`. Refuses a directory that another process has.
    package static func open(
        directory path: String, clock: any WallClock, options: StoreOptions = StoreOptions()
    ) throws(StoreOpenFailure) -> QueueStore {
        let directory = try DataDirectory.take(path)
        do {
            return try QueueStore(in: directory, clock: clock, options: options)
        } catch {
            directory.release()
            throw error as? StoreOpenFailure ?? .cannotOpen(directory: path, reason: "\(error)")
        }
    }

    private init(in directory: DataDirectory, clock: any WallClock, options: StoreOptions) throws {
        self.directory = directory
        (logScan, messageScan) = (options.logScan, options.messageScan)
        wiping = Wiping(clock: clock)
        pool = try directory.openDatabase(readers: options.readers, onUpgrade: options.onUpgrade)
        health = StoreHealth(onBroken: options.onBroken)
        let reserve = ReserveFile(path: directory.reservePath, size: options.reserveBytes)
        for domain in try pool.read({ try $0.sendingDomains() }) { sendingDomains.set(domain, for: domain.fullName) }
        access.fill(projects: try pool.read { try $0.projects() }, keys: try pool.read { try $0.apiKeys() })
        try pool.read { [suppressions] database in
            try database.forEachSuppression { suppressions.set($1, in: $0, until: $2) }
        }
        for (domain, pause) in try pool.read({ try $0.pauses() }) { pauses.set(pause, for: domain) }
        let committer = try Committer(pool: pool, clock: clock, reserve: reserve, health: health)
        let bounds = StoreWriter.Bounds(count: options.maximumPendingWrites, bytes: options.maximumPendingBytes)
        writer = StoreWriter(bounds: bounds, commit: committer.commit, end: committer.end)
    }

    /// Sets who is told of commits; call it once, before the first `submit`. Both run on the writer's thread, after
    /// the commit's sync and before the submitters go on, in the order of commits; they must be quick.
    /// - ready: newly accepted messages with their content in memory; those scheduled for later come without it
    ///   (`dueAt` says when) and are read back by `due`. Their keys rise from call to call.
    /// - changes: queued recipients are to be left alone, or due at another time; said after `ready` of the same commit.
    /// - endpoints: endpoints were created, changed or deleted, or are to post something again; said before the events of the same commit.
    /// - events: the highest sequence number committed.
    package func start(
        ready: @escaping @Sendable ([ReadyMessage]) -> Void,
        changes: @escaping @Sendable ([QueueChange]) -> Void = { _ in },
        endpoints: @escaping @Sendable () -> Void = {}, events: @escaping @Sendable (Int64) -> Void
    ) {
        health.set(StoreHealth.Sinks(ready: ready, changes: changes, endpoints: endpoints, events: events))
    }

    /// The highest message for which `ready` has returned.
    package var highestMessage: MessageKey { health.highestMessage }

    /// How many writes wait for their commit; for tests.
    var pendingWrites: Int { writer.pendingCount }

    /// Takes nothing more, writes what has been handed over, closes the file and gives up the directory.
    package func close() async {
        await writer.close()
        guard !isClosed.exchange(true, ordering: .relaxed) else { return }
        _ = health.fail(.closed)
        // A reader in the middle of a row keeps its connection; the file is none the worse for it.
        try? pool.close()
        directory.release()
    }
}

// MARK: The way to the two kinds of connections

extension QueueStore {
    /// Runs `body` in the next commit; returns after its sync. `body` may run more than once.
    func write<Value: Sendable>(
        bytes: Int = 512, isRefusedWhenFull: Bool = false,
        _ body: @escaping @Sendable (inout WriteTransaction) throws -> Value
    ) async throws(StoreFailure) -> Value {
        let result = await withUnsafeContinuation { continuation in
            writer.enqueue(
                AwaitedWrite(
                    bytes: bytes, isRefusedWhenFull: isRefusedWhenFull, continuation: continuation, body: body))
        }
        return try result.get()
    }

    /// As `write`, for what is new in a project: fails if it is deleted by then.
    func write<Value: Sendable>(
        in project: ProjectID, bytes: Int, _ body: @escaping @Sendable (inout WriteTransaction) throws -> Value
    ) async throws(StoreFailure) -> Value {
        let value: Value? = try await write(bytes: bytes, isRefusedWhenFull: true) { [access] transaction -> Value? in
            guard !transaction.deletedProjects.contains(project), !access.hasDeleted(project) else { return nil }
            return .some(try body(&transaction))
        }
        guard let value else { throw .projectDeleted }
        return value
    }

    /// Copies all of the WAL into the database and cuts it to nothing. False if that cannot be now: a reader needs it
    /// for longer than a second, be it a backup's, or the disk is full.
    func emptyWAL() async throws(StoreFailure) -> Bool {
        if let failure = health.failure { throw failure }
        let result: Result<Bool, StoreFailure> = await withUnsafeContinuation { continuation in
            pool.asyncWriteWithoutTransaction { database in
                do {
                    try database.checkpoint(.truncate, waiting: 1_000)
                    continuation.resume(returning: .success(true))
                } catch {
                    let isPassing = error.isBusy || StoreFailure(error) == .full
                    continuation.resume(returning: isPassing ? .success(false) : .failure(StoreFailure(error)))
                }
            }
        }
        return try result.get()
    }

    /// Runs `body` on one of the readers, which sees everything committed before this call.
    func read<Value: Sendable>(
        _ body: @escaping @Sendable (Database) throws -> Value
    ) async throws(StoreFailure) -> Value {
        if let failure = health.failure { throw failure }
        let result: Result<Value, StoreFailure> = await withUnsafeContinuation { continuation in
            pool.asyncRead { database in
                do {
                    continuation.resume(returning: .success(try body(database.get())))
                } catch {
                    continuation.resume(returning: .failure(StoreFailure(error)))
                }
            }
        }
        guard case .failure(let failure) = result, case .broken = failure else { return try result.get() }
        throw health.fail(failure)
    }
}
