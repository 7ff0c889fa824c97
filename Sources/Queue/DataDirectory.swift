// DataDirectory.swift — the directory that one process has, its lock, and the database in it.

import CSQLite
import Foundation
import GRDB

/// Holds the lock until `release`, or the end of the process.
struct DataDirectory: Sendable {
    let path: String
    private let lock: Int32

    /// How long we wait for a lock that another program has on the file.
    static let busyMilliseconds: Int32 = 60_000

    var databasePath: String { path + "/postrider.sqlite" }
    var reservePath: String { path + "/reserve" }

    /// Creates what is missing, for this user's eyes only. flock refuses a second opening of this process too.
    static func take(_ path: String) throws(StoreOpenFailure) -> DataDirectory {
        func failure() -> StoreOpenFailure { .cannotOpen(directory: path, reason: String(cString: strerror(errno))) }
        let isNew = mkdir(path, 0o700) == 0
        guard isNew || errno == EEXIST else { throw failure() }
        let lock = Glibc.open(path + "/lock", O_CREAT | O_RDWR | O_CLOEXEC, 0o600)
        guard lock >= 0 else { throw failure() }
        guard flock(lock, LOCK_EX | LOCK_NB) == 0 else {
            let failure = errno == EWOULDBLOCK ? .inUse(directory: path) : failure()
            Glibc.close(lock)
            throw failure
        }
        let directory = DataDirectory(path: path, lock: lock)
        guard directory.createDatabaseFile(), !isNew || sync(path + "/..") else {
            defer { directory.release() }
            throw failure()
        }
        return directory
    }

    func release() { Glibc.close(lock) }

    /// SQLite gives its WAL and index the permissions of the database.
    private func createDatabaseFile() -> Bool {
        let file = Glibc.open(databasePath, O_CREAT | O_RDWR | O_CLOEXEC, 0o600)
        guard file >= 0 else { return false }
        Glibc.close(file)
        return Self.sync(path)
    }

    /// A new name is safe once its directory is.
    private static func sync(_ directory: String) -> Bool {
        let file = Glibc.open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard file >= 0 else { return false }
        defer { Glibc.close(file) }
        return fsync(file) == 0
    }
}

extension DataDirectory {
    /// Once, before SQLite is used for the first time; after it, it is too late, and no harm.
    private static let countNoMemory: Void = { _ = pr_sqlite_count_no_memory() }()

    /// The pool with our settings, migrated. A schema that we do not know is left as it is.
    func openDatabase(readers: Int, onUpgrade: () -> Void = {}) throws -> DatabasePool {
        Self.countNoMemory
        var configuration = Configuration()
        configuration.label = "store"
        configuration.maximumReaderCount = readers
        // Someone may look into the file with SQLite's shell; past a minute we would rather restart.
        configuration.busyMode = .timeout(Double(Self.busyMilliseconds) / 1_000)
        configuration.prepareDatabase { database in
            try database.execute(sql: "PRAGMA page_size = 8192; PRAGMA temp_store = MEMORY")
        }
        let pool = try DatabasePool(path: databasePath, configuration: configuration)
        try pool.writeWithoutTransaction { database in
            // 202 is a promise. Here and not above: GRDB sets NORMAL after it has prepared a pool's writer.
            try database.execute(sql: "PRAGMA synchronous = FULL; PRAGMA cache_size = -65536")
            try database.execute(sql: "PRAGMA journal_size_limit = 268435456")
            // Keys and secrets that are deleted are gone. Debian's SQLite does so anyway.
            try database.execute(sql: "PRAGMA secure_delete = ON")
            let synchronous = try Int.fetchOne(database, sql: "PRAGMA synchronous")
            let journal = try String.fetchOne(database, sql: "PRAGMA journal_mode")
            guard synchronous == 2, journal == "wal" else {
                throw DatabaseError(message: "SQLite does not keep synchronous=FULL and a WAL here")
            }
        }
        guard try !pool.read(Schema.migrator.hasBeenSuperseded) else {
            throw StoreOpenFailure.isNewer(directory: path)
        }
        let steps = try pool.read(Schema.migrator.completedMigrations).count
        if steps > 0, steps < Schema.migrator.migrations.count { onUpgrade() }
        try Schema.migrator.migrate(pool)
        return pool
    }
}
