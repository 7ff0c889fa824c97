// CommitWatch.swift — tells those who wait for a commit that it has come: of new events, or of a change to one message.
//
// Bookkeeping behind one lock. A commit costs a look into a dictionary for each message that it changed, however many
// wait for others. What is to be seen is not told: who was called reads the store.

import Synchronization

package final class CommitWatch: Sendable {
    /// One who waits. It is called until `end`.
    package struct Ticket: Sendable {
        fileprivate let watch: CommitWatch
        fileprivate let id: UInt64
        /// Nil: watches the log.
        fileprivate let message: MessageKey?

        package func end() { watch.end(self) }
    }

    private struct State {
        var lastID: UInt64 = 0
        var highestEvent: Int64 = 0
        var log: [UInt64: @Sendable (Int64) -> Void] = [:]
        var messages: [MessageKey: [UInt64: @Sendable () -> Void]] = [:]

        mutating func nextID() -> UInt64 {
            lastID += 1
            return lastID
        }
    }

    private let state = Mutex(State())

    /// The highest sequence number committed; readers see everything up to it.
    package var highestEvent: Int64 { state.withLock { $0.highestEvent } }

    /// Messages that somebody waits for; for tests.
    var watchedMessages: Int { state.withLock { $0.messages.count } }

    /// Calls `action` after each commit of events, with the highest sequence number, on the writer's thread: it must be
    /// quick. Of commits before this returns it may not be told: ask `highestEvent` after it.
    package func watchLog(_ action: @escaping @Sendable (Int64) -> Void) -> Ticket {
        state.withLock { state in
            let id = state.nextID()
            state.log[id] = action
            return Ticket(watch: self, id: id, message: nil)
        }
    }

    /// Calls `action` after each commit that changed what is shown of `message`, as above. Read the message after this.
    package func watch(_ message: MessageKey, _ action: @escaping @Sendable () -> Void) -> Ticket {
        state.withLock { state in
            let id = state.nextID()
            state.messages[message, default: [:]][id] = action
            return Ticket(watch: self, id: id, message: message)
        }
    }

    fileprivate func end(_ ticket: Ticket) {
        state.withLock { state in
            guard let message = ticket.message else { return _ = state.log.removeValue(forKey: ticket.id) }
            state.messages[message]?[ticket.id] = nil
            if state.messages[message]?.isEmpty == true { state.messages[message] = nil }
        }
    }

    /// For the writer: what a commit has brought. `event` is the highest number ever given out.
    func committed(through event: Int64, changed messages: [MessageKey]) {
        var readers: [@Sendable (Int64) -> Void] = []
        var waiters: [@Sendable () -> Void] = []
        state.withLock { state in
            if event > state.highestEvent { readers = Array(state.log.values) }
            state.highestEvent = event
            guard !state.messages.isEmpty else { return }
            var told: Set<MessageKey> = []
            for message in messages {
                guard let waiting = state.messages[message], told.insert(message).inserted else { continue }
                waiters += waiting.values
            }
        }
        for waiter in waiters { waiter() }
        for reader in readers { reader(event) }
    }
}
