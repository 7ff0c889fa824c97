// SendRequest+Submission.swift — from a request that is right to a submission that can be written.

import DKIM
import Mail
import Queue

extension SendRequest {
    /// Composes the message's bytes and decides its times. Throws `forbidden` if its sender may not send, and
    /// `validation_failed` if the header has grown too long.
    func submission(_ store: QueueStore) throws(Problem) -> Submission {
        let (terms, leavesAt) = (acceptance.terms, acceptance.leavesAt)
        try acceptance.caller.checkSender(from.mailbox.domain)
        if let returnPath { try acceptance.caller.checkReturnPath(returnPath.domain) }
        try checkSuppressionPolicy()
        let domain = store.sendingDomains[SendingDomainName(from.mailbox.domain, in: acceptance.caller.project)]
        if terms.requiresVerifiedDomain, domain?.status != .verified {
            let detail = "\(from.mailbox.domain) is not a verified sending domain, and only such may send here."
            throw Problem(.forbidden, detail)
        }
        if terms.requiresVerifiedDomain, let returnPath {
            try check(returnPath: returnPath.domain, store)
        }
        let message = try composed()
        let bodyHash = domain == nil ? nil : BodyHash.relaxed(message.bytes, from: message.bodyStart)
        var submission = Submission(
            id: acceptance.id, project: acceptance.caller.project, acceptedAt: acceptance.now,
            rfcMessageID: rfcMessageID, from: from.description, fromDomain: from.mailbox.domain, subject: subject,
            reversePath: .mailbox(returnPath ?? from.mailbox),
            content: MessageContent(bytes: message.bytes, form: message.form, bodyHash: bodyHash),
            recipients: recipients.map {
                .init(id: RecipientID(at: acceptance.now), mailbox: $0.mailbox, role: $0.role)
            },
            tags: tags, metadata: metadata, externalID: externalID,
            firstAttemptAt: leavesAt, expiresAt: leavesAt + min(expiresAfter ?? terms.lifetime, terms.lifetime),
            delayNoticeAt: leavesAt + terms.delayNoticeAfter, tls: tls)
        submission.isSandbox = acceptance.caller.mode == .sandbox
        submission.ignoresSuppressions = suppressions == .ignore
        submission.markSuppressed(by: store.suppressions)
        return submission
    }

    /// Bounces may be had below a sending domain as well as at it.
    private func check(returnPath domain: Domain, _ store: QueueStore) throws(Problem) {
        let isVerified = domain.withParents.contains {
            store.sendingDomains[SendingDomainName($0, in: acceptance.caller.project)]?.status == .verified
        }
        guard !isVerified else { return }
        let detail = "The return_path's \(domain) is neither a verified sending domain nor below one."
        throw Problem(.forbidden, detail)
    }

    private func checkSuppressionPolicy() throws(Problem) {
        guard suppressions == .ignore, !acceptance.caller.scopes.contains(.suppressions) else { return }
        throw Problem(.forbidden, "To ignore suppressions, a key needs the scope \(Scope.suppressions.rawValue).")
    }

    /// With one more for each recipient who is suppressed, and if no key signs for its sender.
    func warnings(of submission: Submission, _ store: QueueStore) -> [Warning] {
        var warnings = warnings
        for (recipient, asked) in zip(submission.recipients, recipients) where recipient.isSuppressed {
            let pointer = BodyPointer(asked.role.rawValue, index: asked.index).description
            let detail = "\(recipient.mailbox) is suppressed: nothing is sent to it."
            warnings.append(
                Warning(
                    code: "suppressed_recipient", pointer: isInQuery ? SendBody.inQuery(pointer) : pointer,
                    detail: detail))
        }
        let name = SendingDomainName(from.mailbox.domain, in: submission.project)
        guard store.sendingDomains[name]?.activeKeys.isEmpty ?? true else { return warnings }
        let detail = "\(from.mailbox.domain) has no active DKIM key: the message goes out unsigned."
        return warnings + [Warning(code: "unsigned", pointer: "#/from", detail: detail)]
    }

    private func composed() throws(Problem) -> ComposedMessage {
        switch content {
        case .raw(let message): return message.content
        case .draft(let draft):
            do throws(DraftError) {
                return try MessageComposer.compose(draft)
            } catch {
                throw .validation(error.problems.map(FieldError.init))
            }
        }
    }

    // MARK: What both kinds of content say

    private var from: NamedMailbox {
        switch content {
        case .draft(let draft): draft.from
        case .raw(let message): message.from
        }
    }

    private var subject: String {
        switch content {
        case .draft(let draft): draft.subject
        case .raw(let message): message.subject
        }
    }

    private var rfcMessageID: String {
        switch content {
        case .draft(let draft): draft.messageID
        case .raw(let message): message.messageID
        }
    }
}
