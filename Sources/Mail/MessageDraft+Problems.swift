// MessageDraft+Problems.swift — what keeps a draft from becoming a message, all at once.

extension MessageDraft {
    /// Empty if the draft can be composed, unless its header turns out too long by what folding and encoding add.
    package var problems: [DraftError.Problem] {
        var problems: [DraftError.Problem] = []
        if subject.containsControls {
            problems.append(.init(.subject, "The subject contains a line break or another control character."))
        }
        if text == nil, html == nil, attachments.isEmpty {
            problems.append(.init(.text, "The message has neither text nor html nor an attachment."))
        }
        if text?.containsNUL == true { problems.append(.init(.text, "The text contains a NUL character.")) }
        if html?.containsNUL == true { problems.append(.init(.html, "The html contains a NUL character.")) }
        if !Self.isMessageID(messageID) {
            problems.append(.init(.messageID, "The Message-ID is not of the form <left@right>."))
        }
        if headerSizes.reduce(0, { $0 + $1.size }) > MessageComposer.headerLimit {
            problems.append(headerIsTooLong)
        } else {
            appendRepeatedNames(to: &problems)
        }
        if let field = UnsubscribeList.emptyPromise(in: headers) {
            let detail = "List-Unsubscribe-Post needs an https URI in List-Unsubscribe (RFC 8058 §3.1)."
            problems.append(.init(.header(field.name), detail))
        }
        appendRepeatedContentIDs(to: &problems)
        return problems
    }

    private func appendRepeatedNames(to problems: inout [DraftError.Problem]) {
        var names: Set<[UInt8]> = []
        for field in headers where !names.insert(field.name.utf8.map(\.asciiLowercased)).inserted {
            problems.append(.init(.header(field.name), "The header has this field more than once."))
        }
    }

    private func appendRepeatedContentIDs(to problems: inout [DraftError.Problem]) {
        var ids: Set<[UInt8]> = []
        for (index, attachment) in attachments.enumerated() {
            guard let id = attachment.contentID, !ids.insert(Array(id.utf8)).inserted else { continue }
            problems.append(.init(.attachment(index, .contentID), "Another attachment has the same content id."))
        }
    }

    /// RFC 5322 §3.6.4 — without the obsolete forms, and short enough for a line of its own.
    private static func isMessageID(_ id: String) -> Bool {
        guard id.utf8.count <= 250, id.utf8.first == .less, id.utf8.last == .greater else { return false }
        let sides = id.utf8.dropFirst().dropLast()
        guard let at = sides.firstIndex(of: .at) else { return false }
        return [sides[..<at], sides[at...].dropFirst()]
            .allSatisfy { $0.consistsOfWords(of: \.isAtext, separatedBy: .dot) }
    }

    /// Said of the member that takes the most of it.
    var headerIsTooLong: DraftError.Problem {
        let longest = headerSizes.max { $0.size < $1.size }?.member ?? .headers
        let detail = "The header would have more than \(MessageComposer.headerLimit) bytes."
        return .init(longest, detail, isTooLong: true)
    }

    /// The bytes that each member takes of the header, at least: known without composing, however long it is.
    private var headerSizes: [(member: DraftError.Field, size: Int)] {
        func size(_ mailboxes: [NamedMailbox]) -> Int {
            mailboxes.reduce(0) {
                $0 + ($1.displayName?.utf8.count ?? 0) + $1.mailbox.localPart.utf8.count
                    + $1.mailbox.domain.ascii.utf8.count + 3
            }
        }
        let own = headers.reduce(0) { $0 + $1.name.utf8.count + ($1.text?.utf8.count ?? 0) + 4 }
        return [
            (.from, size([from])), (.to, size(to)), (.cc, size(cc)), (.replyTo, size(replyTo)), (.headers, own),
            (.subject, subject.utf8.count),
        ]
    }
}

/// What keeps a draft from becoming a message.
package struct DraftError: Error, Hashable, Sendable {
    package enum Field: Hashable, Sendable {
        case subject, text, html, messageID, from, to, cc, replyTo, headers
        case header(String)
        /// By its place in the list.
        case attachment(Int, Attachment.Member)

        /// The member's place in what the caller sent, from the outside in.
        package var path: [String] {
            switch self {
            case .subject: ["subject"]
            case .text: ["text"]
            case .html: ["html"]
            case .messageID: ["message_id"]
            case .from: ["from"]
            case .to: ["to"]
            case .cc: ["cc"]
            case .replyTo: ["reply_to"]
            case .headers: ["headers"]
            case .header(let name): ["headers", name]
            case .attachment(let index, let member): ["attachments", String(index), member.rawValue]
            }
        }
    }
    package struct Problem: Hashable, Sendable {
        package let field: Field
        /// One sentence.
        package let detail: String
        /// Whether it is a length that is wrong.
        package let isTooLong: Bool

        init(_ field: Field, _ detail: String, isTooLong: Bool = false) {
            (self.field, self.detail, self.isTooLong) = (field, detail, isTooLong)
        }
    }
    /// Never empty.
    package let problems: [Problem]
}
