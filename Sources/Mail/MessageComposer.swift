// MessageComposer.swift — turns a draft into the bytes of an RFC 5322 message.
//
// Lines end in CRLF and nothing else, none is longer than 998 bytes, and all is 7-bit but for a local-part that cannot
// be. Blind copies are never written. On the accept path: one buffer, bytes appended in order.

package enum MessageComposer {
    package static func compose(_ draft: MessageDraft) -> [UInt8] {
        var generator = SystemRandomNumberGenerator()
        return compose(draft, using: &generator)
    }

    /// `generator` makes the boundaries of a multipart.
    package static func compose(_ draft: MessageDraft, using generator: inout some RandomNumberGenerator) -> [UInt8] {
        var bytes: [UInt8] = []
        let bodySize = (draft.text?.utf8.count ?? 0) + (draft.html?.utf8.count ?? 0)
        bytes.reserveCapacity(1024 + 64 * (draft.to.count + draft.cc.count) + bodySize + bodySize / 8)
        for field in header(of: draft) { field.append(to: &bytes) }
        body(of: draft).append(to: &bytes, using: &generator)
        return bytes
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
        fields.append(.token("MIME-Version", "1.0".utf8))
        return fields
    }

    private static func body(of draft: MessageDraft) -> MIMEPart {
        switch (draft.text, draft.html) {
        case (let text?, let html?):
            .alternative([.text(text, subtype: "plain"), .text(html, subtype: "html")])
        case (nil, let html?): .text(html, subtype: "html")
        case (let text, nil): .text(text ?? "", subtype: "plain")
        }
    }
}
