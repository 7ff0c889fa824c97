// StoreFailure.swift — why the store did not do what was asked, and what an SQLite error means for it.

import GRDB

/// Why the store did not do what was asked.
package enum StoreFailure: Error, Sendable, Equatable {
    /// The disk is full: nothing of this was written, everything accepted before is safe. Try again later.
    case full
    /// Too much waits for the writer already: this was not handed over. Try again soon.
    case overloaded
    /// A commit or the file failed; the store takes nothing more, and the process is about to end.
    case broken(String)
    /// This one operation could not be done, which is a fault of ours or of the moment: nothing of it was written, all
    /// else goes on.
    case refused(String)
    /// The project was deleted while this was under way; nothing of it was written.
    case projectDeleted
    /// The store is closing.
    case closed
}

/// Why a store could not be opened.
package enum StoreOpenFailure: Error, Sendable, Equatable, CustomStringConvertible {
    /// Another process has this data directory.
    case inUse(directory: String)
    /// Its schema has steps that this program does not know.
    case isNewer(directory: String)
    case cannotOpen(directory: String, reason: String)

    package var description: String {
        switch self {
        case .inUse(let directory): "the data directory \(directory) is in use by another postrider"
        case .isNewer(let directory): "the data directory \(directory) has been written by a newer postrider"
        case .cannotOpen(let directory, let reason): "cannot open the data directory \(directory): \(reason)"
        }
    }
}

extension StoreFailure {
    /// What an error of SQLite means for the store. Anything not known to be harmless is the end of it: the process
    /// ends, and the next one reads what the disk really holds.
    init(_ error: any Error) {
        guard let error = error as? DatabaseError else {
            self = .refused("\(error)")
            return
        }
        switch error.resultCode {
        case .SQLITE_FULL: self = .full
        // The index of the WAL could not grow: on a full disk this comes before SQLITE_FULL.
        case .SQLITE_IOERR where error.extendedResultCode == .SQLITE_IOERR_SHMSIZE: self = .full
        // Of one statement and its values; SQLITE_ABORT is what a trigger raises when it isn't a constraint.
        case .SQLITE_CONSTRAINT, .SQLITE_MISMATCH, .SQLITE_RANGE, .SQLITE_TOOBIG, .SQLITE_ABORT, .SQLITE_ERROR:
            self = .refused("\(error)")
        // The writer has its files open; a further reader finds no descriptor, and its asker is told to come again.
        case .SQLITE_CANTOPEN: self = .refused("\(error)")
        default: self = .broken("\(error)")
        }
    }
}
