// TransactionRegister.swift — who is being attempted at this moment, so that nothing else is decided about them meanwhile.
//
// Delivery enters recipients before it speaks of them to a server, and lets them leave when what came of it is on disk.
// Whoever cancels or reschedules bars them before its commit, and lifts the bar after it. One lock decides who was
// first: a recipient that is entered cannot be barred, and one that is barred cannot be entered. Lives in memory only;
// after a crash nobody is being attempted.

import Synchronization

package final class TransactionRegister: Sendable {
    private struct State {
        var entered: Set<RecipientKey> = []
        /// By how many writes.
        var barred: [RecipientKey: Int] = [:]
    }

    private let state = Mutex(State())

    init() {}

    /// Enters all of them and returns nothing; or, if some are barred, enters none and returns those.
    package func enter(_ recipients: some Collection<ReadyRecipient>) -> Set<RecipientKey> {
        state.withLock { state in
            if !state.barred.isEmpty {
                var refused: Set<RecipientKey> = []
                for recipient in recipients where state.barred[recipient.key] != nil { refused.insert(recipient.key) }
                if !refused.isEmpty { return refused }
            }
            for recipient in recipients { state.entered.insert(recipient.key) }
            return []
        }
    }

    package func leave(_ recipients: some Collection<ReadyRecipient>) {
        state.withLock { state in
            for recipient in recipients { state.entered.remove(recipient.key) }
        }
    }

    /// Those of them that are entered.
    func entered(of keys: [RecipientKey]) -> Set<RecipientKey> {
        state.withLock { $0.entered.intersection(keys) }
    }

    /// Returns those that could not be barred, as they are entered.
    fileprivate func bar(_ keys: [RecipientKey], known: inout Set<RecipientKey>) -> Set<RecipientKey> {
        state.withLock { state in
            var entered: Set<RecipientKey> = []
            for key in keys where !known.contains(key) {
                if state.entered.contains(key) {
                    entered.insert(key)
                } else {
                    state.barred[key, default: 0] += 1
                    known.insert(key)
                }
            }
            return entered
        }
    }

    fileprivate func lift(_ keys: Set<RecipientKey>) {
        state.withLock { state in
            for key in keys {
                let count = state.barred[key] ?? 0
                state.barred[key] = count > 1 ? count - 1 : nil
            }
        }
    }
}

/// What one write keeps from being attempted, from the moment it decides until `lift`, which must follow its commit.
final class TransactionBar: Sendable {
    private let register: TransactionRegister
    private let keys = Mutex<Set<RecipientKey>>([])

    init(_ register: TransactionRegister) { self.register = register }

    /// Returns those that cannot be kept from it any more. May be called again, as writes are.
    func bar(_ recipients: [RecipientKey]) -> Set<RecipientKey> {
        keys.withLock { register.bar(recipients, known: &$0) }
    }

    /// The same, but returns those that are kept from it.
    func free(of recipients: [RecipientKey]) -> [RecipientKey] {
        let busy = bar(recipients)
        return recipients.filter { !busy.contains($0) }
    }

    func lift() {
        keys.withLock { keys in
            register.lift(keys)
            keys = []
        }
    }
}
