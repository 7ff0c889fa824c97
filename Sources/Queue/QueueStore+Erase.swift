// QueueStore+Erase.swift — content that is to be forgotten before its retention ends.

import GRDB
import Synchronization

extension QueueStore {
    /// Erases the content of a message whose recipients are all final; its record stays. The database overwrites the
    /// pages (secure_delete); the WAL, which still has them, is emptied soon after, once for many.
    package func eraseContent(
        of id: MessageID, in project: ProjectID
    ) async throws(StoreFailure) -> ErasureOutcome {
        let outcome: ErasureOutcome = try await write { transaction in
            let database = transaction.database
            guard let message = try database.message(id, in: project) else { return .noSuchMessage }
            guard message.finishedAt != nil else {
                return .queued(message.recipients.count { !$0.state.isFinal })
            }
            try transaction.deleteContent(of: message.key)
            return .done(try database.message(id, in: project) ?? message)
        }
        if case .done = outcome { wiping.ask { [self] in await isWiped() } }
        return outcome
    }

    /// A store that is closed or broken has nothing to empty: its next opening does.
    private func isWiped() async -> Bool {
        do throws(StoreFailure) { return try await emptyWAL() } catch { return true }
    }
}

extension WriteTransaction {
    /// The rest of the message stays.
    mutating func deleteContent(of message: MessageKey) throws {
        try database.run("DELETE FROM contents WHERE message = ?", message)
        try database.run("UPDATE messages SET has_content = 0 WHERE id = ?", message)
        noteChange(of: message)
    }
}

/// Empties the WAL for whoever has erased something: at most once in ten seconds, for it keeps the writer waiting.
final class Wiping: Sendable {
    private static let pause: Duration = .seconds(10)

    private let clock: any WallClock
    private struct State { var isAsked = false, lastAt: Timestamp? }
    private let state = Mutex(State())

    init(clock: any WallClock) { self.clock = clock }

    /// Runs `wipe` soon, and again while it returns false.
    func ask(_ wipe: @escaping @Sendable () async -> Bool) {
        let time: Timestamp? = state.withLock { state in
            guard !state.isAsked else { return nil }
            state.isAsked = true
            return state.lastAt.map { max($0 + Self.pause, clock.now) } ?? clock.now
        }
        guard let time else { return }
        clock.schedule(at: time) { [self] in
            state.withLock { $0 = State(isAsked: false, lastAt: clock.now) }
            Task {
                if await !wipe() { ask(wipe) }
            }
        }
    }
}
