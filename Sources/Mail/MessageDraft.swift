// MessageDraft.swift — what a sender says: the fields of a message before it has bytes.
//
// Nothing that reaches a header of a draft can end a line there: its strings are checked here, its mailboxes were
// checked when they were parsed. Blind copies are no part of a message, so a draft has no place for them.

package struct MessageDraft: Sendable {
    package let from: NamedMailbox
    package let to: [NamedMailbox]
    package let cc: [NamedMailbox]
    package let replyTo: [NamedMailbox]
    package let subject: String
    package let text: String?
    package let html: String?
    /// Milliseconds since 1970-01-01 UTC.
    package let date: Int64
    /// With its angle brackets.
    package let messageID: String

    /// At least one of `text` and `html`; each may hold any line ends. Throws all that is wrong at once.
    package init(
        from: NamedMailbox, to: [NamedMailbox], cc: [NamedMailbox] = [], replyTo: [NamedMailbox] = [], subject: String,
        text: String?, html: String? = nil, date: Int64, messageID: String
    ) throws(DraftError) {
        (self.from, self.to, self.cc, self.replyTo) = (from, to, cc, replyTo)
        (self.subject, self.text, self.html, self.date, self.messageID) = (subject, text, html, date, messageID)
        let problems = self.problems
        guard problems.isEmpty else { throw DraftError(problems: problems) }
    }

    /// RFC 6531 §3.2 — whether its header needs a next hop that offers SMTPUTF8, whoever the recipient is.
    package var needsSMTPUTF8: Bool {
        from.mailbox.needsSMTPUTF8 || (to + cc + replyTo).contains { $0.mailbox.needsSMTPUTF8 }
    }

    private var problems: [DraftError.Problem] {
        var problems: [DraftError.Problem] = []
        if subject.containsControls {
            problems.append(
                .init(field: .subject, detail: "The subject contains a line break or another control character."))
        }
        if text == nil, html == nil {
            problems.append(.init(field: .text, detail: "The message has neither text nor html."))
        }
        if text?.containsNUL == true {
            problems.append(.init(field: .text, detail: "The text contains a NUL character."))
        }
        if html?.containsNUL == true {
            problems.append(.init(field: .html, detail: "The html contains a NUL character."))
        }
        if !Self.isMessageID(messageID) {
            problems.append(.init(field: .messageID, detail: "The Message-ID is not of the form <left@right>."))
        }
        return problems
    }

    /// RFC 5322 §3.6.4 — without the obsolete forms, and short enough for a line of its own.
    private static func isMessageID(_ id: String) -> Bool {
        guard id.utf8.count <= 250, id.utf8.first == .less, id.utf8.last == .greater else { return false }
        let sides = id.utf8.dropFirst().dropLast().split(separator: .at, omittingEmptySubsequences: false)
        return sides.count == 2
            && sides.allSatisfy { side in
                side.split(separator: .dot, omittingEmptySubsequences: false)
                    .allSatisfy { !$0.isEmpty && $0.allSatisfy { $0.isAtext } }
            }
    }
}

/// What keeps a draft from becoming a message.
package struct DraftError: Error, Hashable, Sendable {
    package enum Field: String, Sendable { case subject, text, html, messageID = "message_id" }
    package struct Problem: Hashable, Sendable {
        package let field: Field
        /// One sentence.
        package let detail: String
    }
    /// Never empty.
    package let problems: [Problem]
}
