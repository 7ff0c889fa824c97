// SandboxStore.swift — the caught messages, in memory: the last thousand of each project, and no more than 256 MiB of them all.

import Foundation
import Mail
import SMTP
import Synchronization

package struct CaughtMessage: Sendable, Identifiable {
    /// Unique and rising while the sandbox runs.
    package let id: Int
    package let receivedAt: Date
    package let reversePath: ReversePath
    package let recipients: [Mailbox]
    package let content: [UInt8]
    /// Protocol and cipher; nil for clear text.
    package let tls: String?
    /// Which message of ours it is; nil if some other program brought it.
    package let origin: String?

    /// Whose it is, as the origin begins; empty for other programs'.
    fileprivate var owner: Substring { origin?.prefix { $0 != "." } ?? "" }
    /// In memory, roughly.
    fileprivate var size: Int { content.count + 1024 }
}

final class SandboxStore: Sendable {
    fileprivate struct State {
        /// Oldest first.
        var messages: [CaughtMessage] = []
        var holdings: [Substring: (count: Int, bytes: Int)] = [:]
        var bytes = 0
        var lastID = 0
        /// Messages that were dropped once.
        var dropped: Set<String> = []
        var watchers: [Int: @Sendable () -> Void] = [:]
        var lastWatcher = 0
    }

    private let maximumCount: Int
    private let maximumBytes: Int
    private let state = Mutex(State())

    init(maximumCount: Int = 1_000, maximumBytes: Int = 256 * 1024 * 1024) {
        (self.maximumCount, self.maximumBytes) = (maximumCount, maximumBytes)
    }

    /// Forgets the owner's oldest, or of whoever holds most, as far as there is no room; the new one stays in any case.
    func insert(_ received: ReceivedMessage) {
        let watchers = state.withLock { state in
            state.lastID += 1
            let new = CaughtMessage(
                id: state.lastID, receivedAt: Date(), reversePath: received.reversePath,
                recipients: received.forwardPaths, content: received.content, tls: received.tls,
                origin: received.origin)
            state.add(new)
            if state.holdings[new.owner]?.count ?? 0 > maximumCount { state.removeOldest(of: new.owner) }
            while state.bytes > maximumBytes, let owner = state.largestOwner, state.removeOldest(of: owner) {}
            return state.watchers.values
        }
        for watcher in watchers { watcher() }
    }

    /// Calls `action` after each message that is caught, until `endWatch` gets what this returns.
    func watch(_ action: @escaping @Sendable () -> Void) -> Int {
        state.withLock { state in
            state.lastWatcher += 1
            state.watchers[state.lastWatcher] = action
            return state.lastWatcher
        }
    }

    func endWatch(_ watcher: Int) { state.withLock { _ = $0.watchers.removeValue(forKey: watcher) } }

    func messages(
        newestFirst count: Int, before id: Int?, where matches: (CaughtMessage) -> Bool = { _ in true }
    ) -> [CaughtMessage] {
        state.withLock { state in
            var found: [CaughtMessage] = []
            for message in state.messages.reversed() where message.id < id ?? .max && matches(message) {
                if found.count == count { break }
                found.append(message)
            }
            return found
        }
    }

    func first(where matches: (CaughtMessage) -> Bool) -> CaughtMessage? {
        state.withLock { $0.messages.last(where: matches) }
    }

    func delete(where matches: (CaughtMessage) -> Bool) {
        state.withLock { state in
            let kept = state.messages.filter { !matches($0) }
            (state.messages, state.holdings, state.bytes) = ([], [:], 0)
            for message in kept { state.add(message) }
        }
    }

    /// True the first time it is asked for this message.
    func isFirstSight(of message: ReceivedMessage) -> Bool {
        let name = "\(message.origin ?? "") " + (Self.messageID(message.content) ?? "\(message.content.hashValue)")
        return state.withLock { state in
            // Only tests make these; a bound all the same.
            if state.dropped.count >= 10_000 { state.dropped = [] }
            return state.dropped.insert(name).inserted
        }
    }

    /// The same on every attempt, whatever signatures the rest has got.
    private static func messageID(_ content: [UInt8]) -> String? {
        MessageHeader.fields(of: content).first { $0.name.lowercased() == "message-id" }?.value
    }
}

extension SandboxStore.State {
    fileprivate mutating func add(_ message: CaughtMessage) {
        messages.append(message)
        count(message, by: 1)
    }

    /// False, and nothing forgotten, if that would be the newest of all.
    @discardableResult
    fileprivate mutating func removeOldest(of owner: Substring) -> Bool {
        guard let index = messages.dropLast().firstIndex(where: { $0.owner == owner }) else { return false }
        count(messages.remove(at: index), by: -1)
        return true
    }

    fileprivate var largestOwner: Substring? { holdings.max { $0.value.bytes < $1.value.bytes }?.key }

    private mutating func count(_ message: CaughtMessage, by sign: Int) {
        bytes += sign * message.size
        holdings[message.owner, default: (0, 0)].count += sign
        holdings[message.owner, default: (0, 0)].bytes += sign * message.size
        if holdings[message.owner]?.count == 0 { holdings[message.owner] = nil }
    }
}
