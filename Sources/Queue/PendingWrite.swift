// PendingWrite.swift — one operation that waits for its commit, and the transaction it runs in.

import GRDB
import Mail

/// Finished just once: with nil after the commit's sync, else with why nothing of it was written.
protocol PendingWrite: Sendable {
    /// Roughly what it adds to the disk.
    var bytes: Int { get }
    /// Results of what was promised before are written from the reserve; new promises are not made on a full disk.
    var isRefusedWhenFull: Bool { get }
    /// May be called again in another transaction, if the one before was rolled back.
    func run(in transaction: inout WriteTransaction) throws
    func finish(_ failure: StoreFailure?)
}

/// What the operations of one commit share. A rollback drops it whole.
struct WriteTransaction {
    let database: Database
    /// The next free keys; the writer alone gives them out.
    var nextMessage: Int64
    var nextEvent: Int64
    /// What the commit announces.
    var ready: [ReadyMessage] = []
    /// Those of before this transaction whose showing is another now; each at least once.
    private(set) var changedMessages: [MessageKey] = []
    var changesEndpoints = false
    /// By this transaction: `access` does not know of it before the commit.
    var deletedProjects: Set<ProjectID> = []
    /// What is kept in memory follows by these, in their order, before anyone else is told.
    var onCommit: [@Sendable () -> Void] = []
    /// What Delivery is told of, in their order.
    var changes: [QueueChange] = []

    /// Whatever changes a message or a recipient that others may be waiting for must say so.
    mutating func noteChange(of message: MessageKey) {
        if changedMessages.last != message { changedMessages.append(message) }
    }
}

/// An operation whose caller awaits it.
///
/// Unchecked: its parts are Sendable but for `value`, which only the writer's thread touches.
final class AwaitedWrite<Value: Sendable>: PendingWrite, @unchecked Sendable {
    typealias Body = @Sendable (inout WriteTransaction) throws -> Value

    let bytes: Int
    let isRefusedWhenFull: Bool
    private let body: Body
    private let continuation: UnsafeContinuation<Result<Value, StoreFailure>, Never>
    private var value: Value?

    init(
        bytes: Int, isRefusedWhenFull: Bool, continuation: UnsafeContinuation<Result<Value, StoreFailure>, Never>,
        body: @escaping Body
    ) {
        (self.bytes, self.isRefusedWhenFull) = (bytes, isRefusedWhenFull)
        (self.continuation, self.body) = (continuation, body)
    }

    func run(in transaction: inout WriteTransaction) throws { value = try body(&transaction) }

    func finish(_ failure: StoreFailure?) {
        if let value, failure == nil {
            continuation.resume(returning: .success(value))
        } else {
            continuation.resume(returning: .failure(failure ?? .refused("never run")))
        }
    }
}
