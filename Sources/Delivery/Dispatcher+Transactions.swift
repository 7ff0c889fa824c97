// Dispatcher+Transactions.swift — who may be attempted still: the register asked before anything is said or recorded.

import Queue

extension Dispatcher {
    /// Enters these recipients of one attempt, from now on theirs to conclude or to let `leave`. If some of them are no
    /// longer to be attempted, none is entered, and those are returned.
    func enter(_ recipients: some Collection<ReadyRecipient>) -> Set<RecipientKey> {
        let barred = house.store.transactions.enter(recipients)
        guard barred.isEmpty else { return barred }
        let withdrawn = heldWithdrawn(among: recipients)
        if !withdrawn.isEmpty { leave(recipients) }
        return withdrawn
    }

    func leave(_ recipients: some Collection<ReadyRecipient>) {
        house.store.transactions.leave(recipients)
    }

    /// Enters all of an attempt's recipients but those that are no longer to be attempted, who are let go. Nil if none
    /// is left.
    func enterAll(of attempt: DeliveryAttempt) -> DeliveryAttempt? {
        var attempt = attempt
        while !attempt.message.recipients.isEmpty {
            let refused = enter(attempt.message.recipients)
            if refused.isEmpty { return attempt }
            drop(refused, of: &attempt)
        }
        return nil
    }

    /// Lets recipients go without an attempt.
    func drop(_ refused: Set<RecipientKey>, of attempt: inout DeliveryAttempt) {
        guard let part = attempt.split(off: refused) else { return }
        release(part, deferredUntil: house.clock.now + DispatchState.pauseAfterWithdrawal)
    }
}
