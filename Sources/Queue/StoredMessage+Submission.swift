// StoredMessage+Submission.swift — a submission as it will read once it is on disk.

extension StoredMessage {
    /// What a reader of the store would get straight after the commit, made without asking it; only `key`, which the
    /// store gives out, is not known and is 0.
    package init(accepted submission: Submission) {
        self.init(
            key: MessageKey(rawValue: 0), id: submission.id, project: submission.project,
            acceptedAt: submission.acceptedAt, rfcMessageID: submission.rfcMessageID, from: submission.from,
            subject: submission.subject, size: submission.content.bytes.count, tags: submission.tags,
            metadata: submission.metadata, externalID: submission.externalID,
            firstAttemptAt: submission.firstAttemptAt, expiresAt: submission.expiresAt, tls: submission.tls,
            finishedAt: nil, hasContent: true, recipients: [])
        recipients = submission.recipients.enumerated().map { position, recipient in
            StoredRecipient(
                id: recipient.id, position: Int32(position), mailbox: recipient.mailbox, role: recipient.role,
                state: recipient.isSuppressed ? .suppressed : .queued, attempts: 0,
                nextAttemptAt: recipient.isSuppressed ? nil : submission.firstAttemptAt,
                finishedAt: recipient.isSuppressed ? submission.acceptedAt : nil,
                isDelayed: false, bounce: nil, failure: nil)
        }
        if submission.recipients.allSatisfy(\.isSuppressed) { finishedAt = submission.acceptedAt }
        isSandbox = submission.isSandbox
    }
}
