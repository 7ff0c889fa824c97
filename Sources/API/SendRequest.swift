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

/// The moment in which a message is accepted, from whom, and on what terms.
struct Acceptance: Sendable {
    let id: MessageID
    let now: Timestamp
    /// When the first attempt is due: what the message is dated for.
    var leavesAt: Timestamp
    let caller: Caller
    let terms: AcceptanceTerms

    init(_ id: MessageID, at now: Timestamp, by caller: Caller, terms: AcceptanceTerms) {
        (self.id, self.now, leavesAt, self.caller, self.terms) = (id, now, now, caller, terms)
    }

    /// `<01K…@acme.example>`: ours to be unique on the left, the sender's domain on the right, as receivers expect it.
    func rfcMessageID(from domain: Domain) -> String {
        // Leaves the field room in one line that need not be folded inside the id (RFC 5322 §3.6.4 allows no fold).
        let isFit = domain.ascii.utf8.count <= 200 && !domain.isLiteral
        return "<\(id.unprefixed)@\(isFit ? domain.ascii : terms.hostname)>"
    }
}

/// What becomes of recipients who are suppressed.
enum SuppressionPolicy: String, Sendable, CaseIterable {
    /// They are accepted as `suppressed`, and never written to.
    case respect
    /// They are written to like all others.
    case ignore
}

/// Something that was accepted but may not be what was meant.
struct Warning: Sendable, Equatable {
    let code: String
    let pointer: String
    let detail: String

    /// The same of a message that stands within a body, at `place`.
    func within(_ place: String) -> Warning {
        Warning(code: code, pointer: pointer.placed(within: place), detail: detail)
    }
}

enum SendLimits {
    /// In `to`, `cc` and `bcc` together.
    static let recipients = 1000
    static let replyTo = 20
    /// RFC 5322 §2.1.1 — the longest line, were it not folded.
    static let subjectBytes = 998
    static let displayNameBytes = 998
    /// Of the caller's own; what they take together is bounded too.
    static let headers = 1000
    static let attachments = 100
    static let tags = 20
    static let metadataPairs = 50
    static let metadataBytes = 4096
    static let nameLength = 64
    static let tagLength = 256
    static let externalIDLength = 256
    static let sendAtDays = 60
    /// A `send_at` this little in the past means now: clocks differ, and requests take time.
    static let sendAtGrace = Duration.seconds(60)
    static let batch = 500
    /// Of all messages in a batch together.
    static let batchRecipients = 10_000
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
                let detail = """
                    There are \(to.count + cc.count + bcc.count) recipients in to, cc and bcc together; at most \
                    \(SendLimits.recipients) are allowed.
                    """
                fail(BodyPointer(member.rawValue), .tooMany, detail)
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

/// What is wrong with a tag, if anything is.
func tagFault(name: String, value: String) -> (FieldError.Code, String)? {
    if !isTagName(name) {
        (.invalidValue, "A tag's name has 1 to \(SendLimits.nameLength) letters, digits, _, - or dots.")
    } else if value.unicodeScalars.count > SendLimits.tagLength {
        (.tooLong, "A tag has at most \(SendLimits.tagLength) characters.")
    } else if value.containsControls {
        (.controlCharacter, "A tag has no control characters.")
    } else {
        nil
    }
}

private func isTagName(_ name: String) -> Bool {
    (1...SendLimits.nameLength).contains(name.utf8.count)
        && name.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"), UInt8(ascii: "."):
                true
            default: false
            }
        }
}
