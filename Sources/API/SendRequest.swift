// SendRequest.swift — what POST /v1/messages is asked to send, as far as it can be judged by itself.
//
// Every member is read and every fault noted; only a request without any becomes a value. `null` is as good as leaving
// an optional member out.

import JSON
import Mail
import Queue

struct SendRequest: Sendable {
    enum Member: String, CaseIterable, Sendable {
        case from, to, cc, bcc, replyTo = "reply_to", subject, text, html, headers, attachments, raw, tags, metadata
        case externalID = "external_id", expiresAfter = "expires_after", returnPath = "return_path", tls
        case sendAt = "send_at", suppressions
    }

    struct Recipient: Sendable {
        let mailbox: Mailbox
        let role: RecipientRole
        /// Where in the list of its role it stands; nil if that is no list.
        let index: Int?
    }

    enum Content: Sendable {
        /// What is to be composed, its date and Message-ID already given.
        case draft(MessageDraft)
        case raw(RawMessage)
    }

    /// With when the first attempt is due.
    let acceptance: Acceptance
    let content: Content
    /// Each mailbox once, in the role that named it first.
    let recipients: [Recipient]
    let returnPath: Mailbox?
    let tags: [String: String]
    let metadata: [String: String]
    let externalID: String?
    /// From the first attempt on.
    let expiresAfter: Duration?
    let tls: TLSRequirement
    let suppressions: SuppressionPolicy
    /// Without those of what the store knows (`warnings(of:_:)`).
    let warnings: [Warning]
    /// Its members stood in the query.
    let isInQuery: Bool

    /// Throws `validation_failed` with everything that is wrong.
    init(_ body: SendBody, _ acceptance: Acceptance) throws(Problem) {
        var reader = body.reader
        reader.allowsLiterals = acceptance.terms.allowsAddressLiterals
        let from = reader.mailbox(.from)
        let to = reader.mailboxes(.to, limit: SendLimits.recipients)
        let cc = reader.mailboxes(.cc, limit: SendLimits.recipients)
        let bcc = reader.mailboxes(.bcc, limit: SendLimits.recipients)
        let duplicates: [Warning]
        (recipients, duplicates) = reader.recipients(to: to, cc: cc, bcc: bcc)
        returnPath = reader.bareMailbox(.returnPath)
        tags = reader.tags(.tags)
        metadata = reader.metadata(.metadata)
        externalID = reader.externalID(.externalID)
        var acceptance = acceptance
        acceptance.leavesAt = reader.sendTime(.sendAt, at: acceptance.now) ?? acceptance.now
        self.acceptance = acceptance
        expiresAfter = reader.duration(.expiresAfter, from: .seconds(1), to: acceptance.terms.lifetime)
        tls = reader.choice(.tls) ?? .opportunistic
        suppressions = reader.choice(.suppressions) ?? .respect
        isInQuery = body.isQuery
        reader.checkRecipients()
        let content =
            body.raw != nil || reader[.raw] != nil
            ? reader.raw(body.raw, from: from, files: body.files, acceptance)
            : reader.draft(from: from, to: to, cc: cc, files: body.files, acceptance)
        guard let content, reader.errors.isEmpty else { throw .validation(reader.errors.map(body.placing)) }
        self.content = content
        warnings = (duplicates + content.warnings(beside: from)).map(body.placing)
    }
}

extension SendRequest.Content {
    /// A whole message goes out with its own From, whatever name stands beside it.
    fileprivate func warnings(beside from: NamedMailbox?) -> [Warning] {
        guard case .raw(let message) = self, let name = from?.displayName, name != message.from.displayName else {
            return []
        }
        let detail = "The message's own From counts, which has another name: \(message.from)."
        return [Warning(code: "from_name_ignored", pointer: "#/from", detail: detail)]
    }
}

/// What becomes of recipients who are suppressed.
enum SuppressionPolicy: String, Sendable, CaseIterable {
    /// They are accepted as `suppressed`, and never written to.
    case respect
    /// They are written to like all others.
    case ignore
}

extension BodyReader<SendRequest.Member> {
    mutating func checkRecipients() {
        if isEmpty(.to), isEmpty(.cc), isEmpty(.bcc) { fail(.to, .required, "A message needs at least one recipient.") }
    }

    /// The envelope's recipients: a mailbox that is named again gets no second copy, but a warning.
    mutating func recipients(
        to: [NamedMailbox], cc: [NamedMailbox], bcc: [NamedMailbox]
    ) -> ([SendRequest.Recipient], [Warning]) {
        var recipients: [SendRequest.Recipient] = []
        var warnings: [Warning] = []
        var seen = Set<Mailbox>()
        for (member, role, list) in [(SendRequest.Member.to, RecipientRole.to, to), (.cc, .cc, cc), (.bcc, .bcc, bcc)] {
            for (index, named) in list.enumerated() {
                if seen.insert(named.mailbox).inserted {
                    let place = pointer(to: member, index: index).index
                    recipients.append(.init(mailbox: named.mailbox, role: role, index: place))
                } else {
                    let pointer = pointer(to: member, index: index).description
                    let detail = "\(named.mailbox) was named before and gets one copy."
                    warnings.append(Warning(code: "duplicate_recipient", pointer: pointer, detail: detail))
                }
            }
            if recipients.count > SendLimits.recipients {
                let count = to.count + cc.count + bcc.count
                let detail = """
                    There are \(count) recipients in to, cc and bcc together; at most \(SendLimits.recipients) are allowed.
                    """
                fail(member, tooMany: count, detail)
                break
            }
        }
        return (recipients, warnings)
    }

    mutating func tags(_ member: Member) -> [String: String] {
        pairs(member, limit: SendLimits.tags) { name, value in tagFault(name: name, value: value) }
    }

    mutating func metadata(_ member: Member) -> [String: String] {
        let pairs = pairs(member, limit: SendLimits.metadataPairs) { name, _ in
            (1...SendLimits.nameLength).contains(name.unicodeScalars.count)
                ? nil : (.invalidValue, "A name in metadata has 1 to \(SendLimits.nameLength) characters.")
        }
        let size = pairs.reduce(0) { $0 + $1.key.utf8.count + $1.value.utf8.count }
        if size > SendLimits.metadataBytes {
            fail(member, .tooLong, "metadata has \(size) bytes; at most \(SendLimits.metadataBytes) are allowed.")
        }
        return pairs
    }

    mutating func externalID(_ member: Member) -> String? {
        guard let id = headerText(member, maximumBytes: 4 * SendLimits.externalIDLength) else { return nil }
        if !(1...SendLimits.externalIDLength).contains(id.unicodeScalars.count) {
            let code: FieldError.Code = id.isEmpty ? .invalidValue : .tooLong
            fail(member, code, "external_id has 1 to \(SendLimits.externalIDLength) characters.")
        }
        return id
    }
}
