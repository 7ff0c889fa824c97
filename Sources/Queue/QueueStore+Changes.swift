// QueueStore+Changes.swift — recipients that are to be left alone, or to be tried at once.

import GRDB

extension QueueStore {
    /// Makes queued recipients of a message, or those `named` of them, `canceled`. None that is canceled is attempted
    /// afterwards, and none that is being attempted is canceled. Also written when the disk is full.
    package func cancel(
        _ id: MessageID, in project: ProjectID, named: [RecipientReference]?, at now: Timestamp
    ) async throws(StoreFailure) -> ChangeOutcome {
        let bar = TransactionBar(transactions)
        defer { bar.lift() }
        return try await write { transaction in
            guard let message = try transaction.database.message(id, in: project) else { return .noSuchMessage }
            return try transaction.change(message, named: named, at: now) { transaction, recipients in
                try transaction.cancel(recipients, of: message, at: now, bar)
            }
        }
    }

    /// Makes queued recipients of a message, or those `named` of them, due now, and Delivery try them although it may be
    /// leaving their destinations alone.
    package func retry(
        _ id: MessageID, in project: ProjectID, named: [RecipientReference]?, at now: Timestamp
    ) async throws(StoreFailure) -> ChangeOutcome {
        let transactions = transactions
        return try await write { transaction in
            guard let message = try transaction.database.message(id, in: project) else { return .noSuchMessage }
            return try transaction.change(message, named: named, at: now) { transaction, recipients in
                try transaction.urge(recipients, of: message, at: now, transactions)
            }
        }
    }
}

extension WriteTransaction {
    /// Does `step` for those recipients that are not final. It returns whom it could not do it for.
    fileprivate mutating func change(
        _ message: StoredMessage, named: [RecipientReference]?, at now: Timestamp,
        _ step: (inout WriteTransaction, [StoredRecipient]) throws -> [SkippedRecipient]
    ) throws -> ChangeOutcome {
        let chosen: [StoredRecipient]
        if let named {
            let recipients = message.recipientsByReference
            let found = named.map { recipients[$0] }
            let missing = found.indices.filter { found[$0] == nil }
            guard missing.isEmpty else { return .noSuchRecipients(missing) }
            let positions = Set(found.compactMap { $0?.position })
            chosen = message.recipients.filter { positions.contains($0.position) }
        } else {
            chosen = message.recipients
        }
        let open = chosen.filter { !$0.state.isFinal }
        let skipped = open.isEmpty ? [] : try step(&self, open)
        let final = chosen.filter(\.state.isFinal).map { SkippedRecipient(recipient: $0, reason: .alreadyFinal) }
        let all = (skipped + final).sorted { $0.recipient.position < $1.recipient.position }
        let after = try database.message(message.id, in: message.project) ?? message
        return .done(after, changed: open.count - skipped.count, skipped: all)
    }

    fileprivate mutating func cancel(
        _ recipients: [StoredRecipient], of message: StoredMessage, at now: Timestamp, _ bar: TransactionBar
    ) throws -> [SkippedRecipient] {
        let busy = bar.bar(recipients.map { $0.key(in: message) })
        let free = recipients.filter { !busy.contains($0.key(in: message)) }
        _ = try finish(free.map { $0.key(in: message) }, as: .canceled, at: now)
        changes.append(.withdrawn(free.map { $0.withdrawn(from: message) }))
        return recipients.filter { busy.contains($0.key(in: message)) }.map {
            SkippedRecipient(recipient: $0, reason: .inTransaction)
        }
    }

    /// Nobody need be barred: whoever is entered meanwhile is being tried, as was wanted.
    fileprivate mutating func urge(
        _ recipients: [StoredRecipient], of message: StoredMessage, at now: Timestamp,
        _ transactions: TransactionRegister
    ) throws -> [SkippedRecipient] {
        let busy = transactions.entered(of: recipients.map { $0.key(in: message) })
        var skipped: [SkippedRecipient] = []
        var urged: Set<Int32> = []
        for recipient in recipients {
            if recipient.status(at: now) == .scheduled {
                skipped.append(SkippedRecipient(recipient: recipient, reason: .scheduled))
            } else if busy.contains(recipient.key(in: message)) {
                skipped.append(SkippedRecipient(recipient: recipient, reason: .inTransaction))
            } else {
                urged.insert(recipient.position)
                _ = try database.bringForward(recipient.key(in: message), to: now)
            }
        }
        if let ready = try database.ready(message.key, positions: urged, at: now) {
            noteChange(of: message.key)
            changes.append(.urged(ready))
        }
        return skipped
    }
}

extension Database {
    /// Makes a queued recipient due at `time`, if it is not before. False if it is final.
    func bringForward(_ recipient: RecipientKey, to time: Timestamp) throws -> Bool {
        try run(
            """
            UPDATE recipients SET next_attempt_at = min(next_attempt_at, ?)
            WHERE message = ? AND position = ? AND state = 'queued'
            """, time, recipient.message, recipient.position) == 1
    }
}

extension StoredMessage {
    /// By all that they may be called. Of recipients with one mailbox it is the first that has it.
    fileprivate var recipientsByReference: [RecipientReference: StoredRecipient] {
        let named = recipients.flatMap { [(RecipientReference.id($0.id), $0), (.mailbox($0.mailbox), $0)] }
        return Dictionary(named) { first, _ in first }
    }
}

extension StoredRecipient {
    func key(in message: StoredMessage) -> RecipientKey { RecipientKey(message: message.key, position: position) }

    func withdrawn(from message: StoredMessage) -> WithdrawnRecipient {
        WithdrawnRecipient(key: key(in: message), domain: mailbox.domain)
    }
}
