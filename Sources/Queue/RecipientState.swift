// RecipientState.swift — the states of a recipient, and what users are told a recipient's and a message's status is.

/// What the store keeps. States only move forward: out of `queued`, once, and never back (docs/states.md).
package enum RecipientState: String, Sendable, CaseIterable {
    case queued, delivered, bounced, failed, suppressed, canceled
    package var isFinal: Bool { self != .queued }
}

/// What users see: `queued` told apart by what it waits for.
package enum RecipientStatus: String, Sendable, CaseIterable {
    case scheduled, queued, delayed, delivered, bounced, failed, suppressed, canceled
}

package enum MessageStatus: String, Sendable, CaseIterable {
    case scheduled, queued, delivered, partiallyDelivered = "partially_delivered", undelivered, canceled

    /// The status of a message from its recipients' (at least one): as long as something is not final it is `queued`,
    /// or `scheduled` if nothing has been due yet.
    package init(of recipients: some Collection<RecipientStatus>) {
        let isWaiting = recipients.contains { $0 == .scheduled || $0 == .queued || $0 == .delayed }
        let delivered = recipients.count { $0 == .delivered }
        if isWaiting {
            self =
                recipients.contains(.scheduled) && !recipients.contains(.queued) && !recipients.contains(.delayed)
                ? .scheduled : .queued
        } else if delivered == recipients.count {
            self = .delivered
        } else if delivered > 0 {
            self = .partiallyDelivered
        } else {
            self = recipients.allSatisfy { $0 == .canceled } ? .canceled : .undelivered
        }
    }
}
