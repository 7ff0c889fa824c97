// QueueStore.swift — the one SQLite file: every promise that Postrider makes is a row in it.

import Mail

/// Why the store did not do what was asked.
package enum StoreFailure: Error, Sendable, Equatable {
    /// The disk is full: nothing of this was written, everything accepted before is safe. Try again later.
    case full
    /// A commit or the file failed; the store takes nothing more, and the process is about to end.
    case broken(String)
    /// The store is closing.
    case closed
}

package final class QueueStore: Sendable {
    // MARK: Submit and record (one writer thread, natural group commit)

    /// Returns once the commit's sync has returned.
    package func submit(_ submission: Submission) async throws(StoreFailure) -> SubmissionOutcome { fatalError() }
    /// Writes attempts with the states and events they cause, in one transaction; returns once it is on disk.
    package func record(_ attempts: [AttemptRecord]) async throws(StoreFailure) { fatalError() }
}
