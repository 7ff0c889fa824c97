// Dispatcher+Transactions.swift — who may be attempted still, asked before anything is said or recorded; and recording it.

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

    /// What came of entering the recipients of one transaction.
    enum Entry {
        case entered
        /// None was: some of them were not to be named any more, and are no longer in the attempt.
        case fewer
        /// Nothing may be sent any more.
        case storeFailed
    }

    /// Enters an attempt's first `count` recipients, unless some of them are suppressed or no longer to be attempted.
    func enter(first count: Int, of attempt: inout DeliveryAttempt) async -> Entry {
        guard let hasDropped = await dropSuppressed(first: count, of: &attempt) else { return .storeFailed }
        if hasDropped { return .fewer }
        let refused = enter(attempt.message.recipients.prefix(count))
        if refused.isEmpty { return .entered }
        drop(refused, of: &attempt)
        return .fewer
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

// MARK: Ends

extension Dispatcher {
    /// Records what an attempt came to, and lets it go; its recipients have been entered. Returns once it is on disk;
    /// false if it never will be.
    @discardableResult
    func conclude(
        _ attempt: DeliveryAttempt, _ verdicts: [(recipient: ReadyRecipient, verdict: Verdict)]
    ) async -> Bool {
        let record = recorder.record(of: attempt, verdicts: verdicts)
        guard await recorder.write([record]) else { return false }
        leave(attempt.message.recipients)
        release(attempt, deferredUntil: record.earliestDeferral)
        return true
    }

    /// A dead host may end thousands at once: page by page, so that the writer is never held for long.
    func conclude(_ concluded: [(attempt: DeliveryAttempt, conclusion: Conclusion)]) async {
        var rest = concluded[...]
        while !rest.isEmpty {
            let page = rest.prefix(DispatchState.page).compactMap { attempt, conclusion in
                enterAll(of: attempt).map { (attempt: $0, conclusion: conclusion) }
            }
            rest = rest.dropFirst(DispatchState.page)
            if page.isEmpty { continue }
            let records = page.map { recorder.record(of: $0.attempt, concluded: $0.conclusion) }
            guard await recorder.write(records) else { continue }
            for ((attempt, _), record) in zip(page, records) {
                leave(attempt.message.recipients)
                release(attempt, deferredUntil: record.earliestDeferral)
            }
        }
    }
}

extension Dispatcher {
    /// Fails what is past its lifetime at destinations that are paused. Who is being attempted stays.
    func expirePaused() async {
        let pauses = house.store.pauses
        for domain in pauses.domains {
            let reason = pauses[domain]?.reason.map { ": \($0)" } ?? ""
            await recorder.expire(domain, excluding: [], lastReply: "delivery to \(domain) is paused\(reason)")
        }
    }
}

extension AttemptRecord {
    /// When the first of its deferred recipients is due again; nil if all are final.
    var earliestDeferral: Timestamp? {
        results.compactMap { if case .deferred(let until) = $0.outcome { until } else { nil } }.min()
    }
}
