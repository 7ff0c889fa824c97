// MessageDraft.swift — what a sender says: the fields of a message before it has bytes.
//
// Nothing that reaches a header of a draft can end a line there: its strings are checked when it is composed, its
// mailboxes, header fields and attachments were checked when they were made. Blind copies are no part of a message, so a
// draft has no place for them.

package struct MessageDraft: Sendable {
    package var from: NamedMailbox
    package var to: [NamedMailbox] = []
    package var cc: [NamedMailbox] = []
    package var replyTo: [NamedMailbox] = []
    package var subject = ""
    /// With any line ends. A message needs a text, an html or an attachment.
    package var text: String?
    /// With any line ends. Attachments whose content id it refers to go in line with it.
    package var html: String?
    /// The sender's own fields, in this order; no name twice.
    package var headers: [HeaderField] = []
    package var attachments: [Attachment] = []
    /// Milliseconds since 1970-01-01 UTC.
    package var date: Int64
    /// With its angle brackets.
    package var messageID: String

    package init(from: NamedMailbox, date: Int64, messageID: String) {
        (self.from, self.date, self.messageID) = (from, date, messageID)
    }

    /// RFC 6531 §3.2 — whether its header needs a next hop that offers SMTPUTF8, whoever the recipient is.
    package var needsSMTPUTF8: Bool {
        from.mailbox.needsSMTPUTF8
            || [to, cc, replyTo].contains { $0.contains { $0.mailbox.needsSMTPUTF8 } }
    }
}
