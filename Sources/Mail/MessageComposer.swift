// MessageComposer.swift — turns a draft into the bytes of an RFC 5322 message.
//
// Lines end in CRLF and nothing else, none is longer than 998 bytes, and all is 7-bit but for a local-part that cannot
// be. Blind copies are never written. On the accept path: one buffer, bytes appended in order.

package enum MessageComposer {
    /// Bytes of a header, its empty line included. Hosts refuse longer ones, some at less.
    package static let headerLimit = 65_536

    package static func compose(_ draft: MessageDraft) throws(DraftError) -> ComposedMessage {
        var generator = SystemRandomNumberGenerator()
        return try compose(draft, using: &generator)
    }

    /// `generator` makes the boundaries of a multipart.
    package static func compose(
        _ draft: MessageDraft, using generator: inout some RandomNumberGenerator
    ) throws(DraftError) -> ComposedMessage {
        let problems = draft.problems
        guard problems.isEmpty else { throw DraftError(problems: problems) }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(expectedSize(of: draft))
        for field in header(of: draft) {
            field.append(to: &bytes)
            guard bytes.count < headerLimit else { throw DraftError(problems: [draft.headerIsTooLong]) }
        }
        let bodyStart = body(of: draft).append(to: &bytes, using: &generator)
        guard bodyStart <= headerLimit else { throw DraftError(problems: [draft.headerIsTooLong]) }
        return ComposedMessage(
            bytes: bytes, bodyStart: bodyStart, form: ContentForm(hasUTF8Header: draft.needsSMTPUTF8))
    }

    private static func expectedSize(of draft: MessageDraft) -> Int {
        let texts = (draft.text?.utf8.count ?? 0) + (draft.html?.utf8.count ?? 0)
        let header = 1024 + 64 * (draft.to.count + draft.cc.count) + 256 * draft.headers.count
        return header + texts + texts / 8 + draft.attachments.reduce(0) { $0 + $1.composedSize }
    }

    private static func header(of draft: MessageDraft) -> [HeaderField] {
        var fields: [HeaderField] = [
            .token("Date", MailDate.text(milliseconds: draft.date)),
            .addresses("From", [draft.from]),
        ]
        // RFC 5322 §3.6.3 lets both be absent, but some hosts then add a field of their own, and break a signature.
        if draft.to.isEmpty, draft.cc.isEmpty { fields.append(.token("To", "undisclosed-recipients:;".utf8)) }
        for (name, mailboxes) in [("To", draft.to), ("Cc", draft.cc), ("Reply-To", draft.replyTo)]
        where !mailboxes.isEmpty {
            fields.append(.addresses(name, mailboxes))
        }
        fields.append(.token("Message-ID", draft.messageID.utf8))
        fields.append(.unstructured("Subject", draft.subject))
        fields.append(contentsOf: draft.headers)
        if let post = UnsubscribeList.post(for: draft.headers) { fields.append(post) }
        fields.append(.token("MIME-Version", "1.0".utf8))
        return fields
    }

    /// mixed(related(alternative(text, html), inline…), attachments…), each only where it has two parts.
    private static func body(of draft: MessageDraft) -> MIMEPart {
        let referenced = draft.referencedContentIDs
        let isInline = { (file: Attachment) in
            !referenced.isEmpty && file.contentID.map { referenced.contains(Array($0.utf8)) } == true
        }
        let inline = draft.attachments.filter(isInline)
        let attached = draft.attachments.filter { !isInline($0) }
        var part = text(of: draft)
        if !inline.isEmpty { part = .related(part, inline.map(MIMEPart.inline)) }
        return attached.isEmpty ? part : .mixed([part] + attached.map(MIMEPart.attached))
    }

    /// An empty one is no alternative: a reader that prefers it would show nothing. Attachments alone go with an empty
    /// text, as mail programs send them: a file as the root shows in few.
    private static func text(of draft: MessageDraft) -> MIMEPart {
        let text = MIMEPart.text(draft.text ?? "", subtype: "plain")
        guard let html = draft.html, !html.isEmpty else { return text }
        let rich = MIMEPart.text(html, subtype: "html")
        return draft.text?.isEmpty ?? true ? rich : .alternative([text, rich])
    }
}
