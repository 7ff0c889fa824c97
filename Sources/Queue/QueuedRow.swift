// QueuedRow.swift — one queued recipient as whoever goes through the queue sees it, in the order of `recipients_due`.

import GRDB
import Mail

struct QueuedRow {
    let domain: Domain
    let key: RecipientKey
    let dueAt: Timestamp
    let expiresAt: Timestamp
    let attempts: Int
    let isDelayed: Bool
    let project: ProjectID
    let acceptedAt: Timestamp

    /// As `StoredRecipient.status` has it.
    func isScheduled(at now: Timestamp) -> Bool { !isDelayed && attempts == 0 && dueAt > now }
}

extension QueuedRow {
    /// To be followed by further conditions and `order`, in which the index has them.
    static let select = """
        SELECT r.domain, r.message, r.position, r.next_attempt_at, r.expires_at, r.attempts, r.delay_notice_at IS NULL,
          m.project, m.accepted_at
        FROM recipients r INDEXED BY recipients_due CROSS JOIN messages m ON m.id = r.message WHERE r.state = 'queued'
        """
    static let order = " ORDER BY r.domain, r.next_attempt_at, r.expires_at, r.message, r.position"
}

extension Columns {
    mutating func queuedRow() -> QueuedRow {
        let domain = Domain(trusted: text())
        return QueuedRow(
            domain: domain, key: recipientKey(), dueAt: time(), expiresAt: time(), attempts: Int(int()),
            isDelayed: int() == 1,
            project: ProjectID(rawValue: int()), acceptedAt: time())
    }
}
