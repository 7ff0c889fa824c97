// QueueStore+Record.swift — what an attempt did becomes states and events, in one commit.

import GRDB

extension QueueStore {
    /// Writes attempts with the states and events they cause, in one transaction; returns once it is on disk. A
    /// recipient that is final already stays as it is, and yields no event. Also written when the disk is full. Whose
    /// mailbox is found dead is suppressed from then on.
    package func record(_ attempts: [AttemptRecord]) async throws(StoreFailure) {
        let bytes = attempts.reduce(0) { $0 + $1.transcript.utf8.count + 512 * (1 + $1.results.count) }
        try await write(bytes: bytes) { [suppressions] transaction in
            for attempt in attempts {
                try transaction.record(attempt)
                if attempt.suppressesDeadMailboxes {
                    try transaction.suppressDeadMailboxes(of: attempt, suppressions)
                }
            }
        }
    }
}

/// The step of one recipient into a final state.
private struct FinalStep {
    var recipient: RecipientKey
    var state: RecipientState
    var at: Timestamp
    /// Those that attempt the recipient count it.
    var attempt: Int64?
    var bounce: Bounce?
    var failure: Failure?
}

extension WriteTransaction {
    fileprivate mutating func record(_ attempt: AttemptRecord) throws {
        try database.run(
            """
            INSERT INTO attempts (uid, message, started_at, finished_at, host, address, tls, reply, transcript, results)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """, attempt.id, attempt.message, attempt.startedAt, attempt.finishedAt, attempt.host, attempt.address,
            attempt.tls, attempt.reply, attempt.transcript, attempt.results.column)
        let key = database.lastInsertedRowID
        noteChange(of: attempt.message)
        var finished = 0
        for result in attempt.results where try advance(result, after: attempt, as: key) { finished += 1 }
        try settle(attempt.message, finished: finished, at: attempt.finishedAt)
    }

    /// Whether the recipient became final by this.
    private mutating func advance(
        _ result: RecipientResult, after attempt: AttemptRecord, as key: Int64
    ) throws -> Bool {
        let recipient = RecipientKey(message: attempt.message, position: result.position)
        var step = FinalStep(recipient: recipient, state: .delivered, at: attempt.finishedAt, attempt: key)
        switch result.outcome {
        case .deferred(let until):
            try database.run(
                """
                UPDATE recipients SET attempts = attempts + 1, next_attempt_at = ?
                WHERE message = ? AND position = ? AND state = 'queued'
                """, until, recipient.message, recipient.position)
            return false
        case .delivered: break
        case .bounced(let bounce): (step.state, step.bounce) = (.bounced, bounce)
        case .failed(let failure): (step.state, step.failure) = (.failed, failure)
        }
        return try take(step)
    }

    /// The one way out of `queued`. False, and nothing is written, when the recipient is final already.
    private mutating func take(_ step: FinalStep) throws -> Bool {
        let seq = nextEvent
        let isJudged = step.bounce != nil || step.failure != nil
        let changed = try database.run(
            """
            UPDATE recipients SET state = ?, attempts = attempts + ?, finished_at = ?, verdict = ?,
              next_attempt_at = NULL, delay_notice_at = NULL
            WHERE message = ? AND position = ? AND state = 'queued'
            """, step.state, step.attempt == nil ? 0 : 1, step.at, isJudged ? seq : nil, step.recipient.message,
            step.recipient.position)
        guard changed == 1 else { return false }
        try appendEvent(step.state.event, of: step.recipient, at: step.at, attempt: step.attempt)
        if let bounce = step.bounce { try insert(bounce, for: seq) }
        if let failure = step.failure { try insert(failure, for: seq) }
        return true
    }

    /// Makes those of them that are not final yet final, without an attempt. Returns how many.
    mutating func finish(
        _ recipients: [RecipientKey], as state: RecipientState, because failure: Failure? = nil, at now: Timestamp
    ) throws -> Int {
        var finished: [MessageKey: Int] = [:]
        for recipient in recipients {
            let step = FinalStep(recipient: recipient, state: state, at: now, failure: failure)
            if try take(step) { finished[recipient.message, default: 0] += 1 }
        }
        for (message, count) in finished { try settle(message, finished: count, at: now) }
        return finished.values.reduce(0, +)
    }

    /// Takes `finished` recipients off what a message waits for; retention counts from the last.
    private func settle(_ message: MessageKey, finished: Int, at time: Timestamp) throws {
        guard finished > 0 else { return }
        try database.run(
            """
            UPDATE messages SET queued = queued - ?1, finished_at = CASE queued WHEN ?1 THEN ?2 END WHERE id = ?3
            """, finished, time, message)
    }

    mutating func appendEvent(
        _ type: EventType, of recipient: RecipientKey, at time: Timestamp, attempt: Int64? = nil
    ) throws {
        try database.run(
            """
            INSERT INTO events (seq, uid, project, type, at, message, position, attempt, number)
            SELECT ?1, ?2, m.project, ?3, ?4, r.message, r.position, ?5, CASE WHEN ?5 NOTNULL THEN r.attempts END
            FROM recipients r CROSS JOIN messages m ON m.id = r.message WHERE r.message = ?6 AND r.position = ?7
            """, nextEvent, EventID(at: time), type, time, attempt, recipient.message, recipient.position)
        nextEvent += 1
        noteChange(of: recipient.message)
    }

    private func insert(_ bounce: Bounce, for event: Int64) throws {
        try database.run(
            """
            INSERT INTO verdicts (event, kind, category, reply_code, enhanced_code, host, reply)
            VALUES (?, ?, ?, ?, ?, ?, ?)
            """, event, bounce.kind, bounce.category, bounce.replyCode, bounce.enhancedCode, bounce.host,
            bounce.message)
    }

    private func insert(_ failure: Failure, for event: Int64) throws {
        try database.run(
            "INSERT INTO verdicts (event, reason, detail, reply) VALUES (?, ?, ?, ?)", event, failure.reason,
            failure.detail, failure.lastReply)
    }
}

extension RecipientState {
    /// The event that tells of this state.
    fileprivate var event: EventType {
        switch self {
        case .queued: .accepted
        case .delivered: .delivered
        case .bounced: .bounced
        case .failed: .failed
        case .suppressed: .suppressed
        case .canceled: .canceled
        }
    }
}

extension [RecipientResult] {
    /// "0 delivered 1 deferred": for people with SQLite's shell too.
    fileprivate var column: String {
        map { "\($0.position) \($0.outcome.kind.rawValue)" }.joined(separator: " ")
    }
}

extension RecipientOutcome {
    fileprivate var kind: StoredAttempt.Result.Outcome {
        switch self {
        case .delivered: .delivered
        case .deferred: .deferred
        case .bounced: .bounced
        case .failed: .failed
        }
    }
}
