// BodyReader+Content.swift — what a message says: a draft to be composed, or a whole message as it is.

import Crypto
import JSON
import Mail
import Queue

extension BodyReader<SendRequest.Member> {
    /// Nil if something is wrong with it; that is noted.
    mutating func draft(
        from: NamedMailbox?, to: [NamedMailbox], cc: [NamedMailbox], files: [MultipartForm.Part],
        _ acceptance: Acceptance
    ) -> SendRequest.Content? {
        if self[.from] == nil { fail(.from, .required, "A message needs a sender.") }
        let replyTo = mailboxes(.replyTo, limit: SendLimits.replyTo)
        let subject = headerText(.subject, maximumBytes: SendLimits.subjectBytes) ?? ""
        let (text, html) = (bodyText(.text), bodyText(.html))
        let headers = headers(.headers)
        let attachments = attachments(.attachments, files)
        if isEmpty(.text), isEmpty(.html), isEmpty(.attachments), files.isEmpty {
            fail(.text, .required, "A message needs text, html or attachments.")
        }
        guard let from, errors.isEmpty else { return nil }
        var draft = MessageDraft(
            from: from, date: acceptance.leavesAt.milliseconds,
            messageID: acceptance.rfcMessageID(from: from.mailbox.domain))
        (draft.to, draft.cc, draft.replyTo, draft.subject) = (to, cc, replyTo, subject)
        (draft.text, draft.html, draft.headers, draft.attachments) = (text, html, headers, attachments)
        let problems = draft.problems
        for problem in problems { fail(FieldError(problem)) }
        return problems.isEmpty ? .draft(draft) : nil
    }

    /// As good as left out for a message that has no place for it: an empty value of the member's own type.
    private func isBlank(_ member: Member) -> Bool {
        switch (member, self[member]) {
        case (_, nil): true
        case (.subject, .string(let text)?), (.text, .string(let text)?), (.html, .string(let text)?): text.isEmpty
        case (.replyTo, .array(let elements)?), (.attachments, .array(let elements)?): elements.isEmpty
        case (.headers, .object(let object)?): object.isEmpty
        default: false
        }
    }

    /// `body` is the message if it came beside the members, else it is in `raw`.
    mutating func raw(
        _ body: [UInt8]?, from: NamedMailbox?, files: [MultipartForm.Part], _ acceptance: Acceptance
    ) -> SendRequest.Content? {
        for member in [SendRequest.Member.replyTo, .subject, .text, .html, .headers, .attachments]
        where !isBlank(member) || member == .attachments && !files.isEmpty {
            fail(member, .invalidValue, "raw is the whole message: \(member.rawValue) has no place beside it.")
        }
        guard let bytes = body ?? base64(.raw) else { return nil }
        do throws(RawMessageError) {
            let message = try RawMessage(
                bytes, date: acceptance.leavesAt.milliseconds, allowingLiterals: allowsLiterals,
                messageID: acceptance.rfcMessageID)
            if let from, from.mailbox != message.from.mailbox {
                fail(.from, .invalidValue, "The From field of the message names \(message.from.mailbox).")
            }
            return .raw(message)
        } catch {
            let detail = "\(error.description) It came with \(bytes.count) bytes."
            fail(BodyPointer(SendRequest.Member.raw.rawValue), .invalidValue, detail)
            return nil
        }
    }

    // MARK: Header fields

    private mutating func headers(_ member: Member) -> [HeaderField] {
        guard let object = object(member) else { return [] }
        guard object.count <= SendLimits.headers else {
            let detail = "headers has \(object.count) fields; at most \(SendLimits.headers) are allowed."
            fail(member, tooMany: object.count, detail)
            return []
        }
        // Before a field is made of any: making one takes several times its size.
        let size = object.members.reduce(0) { $0 + $1.name.utf8.count + ($1.value.string?.utf8.count ?? 0) }
        guard size <= MessageComposer.headerLimit else {
            let detail = "headers has \(size) bytes; at most \(MessageComposer.headerLimit) are allowed."
            fail(BodyPointer(member.rawValue), .tooLong, detail)
            return []
        }
        return distinctHeaders(in: object, of: member)
    }

    /// JSON tells names apart that are one name in a header.
    private mutating func distinctHeaders(in object: JSONObject, of member: Member) -> [HeaderField] {
        var fields: [HeaderField] = []
        var names: Set<String> = []
        for pair in object.members {
            let pointer = BodyPointer(member.rawValue, inner: pair.name)
            guard let field = header(pair, at: pointer) else { continue }
            if !names.insert(field.name.lowercased()).inserted {
                fail(
                    pointer, .invalidValue, "The header has this field more than once.", received: .string(pair.name))
            }
            fields.append(field)
        }
        return fields
    }

    private mutating func header(_ member: JSONObject.Member, at pointer: BodyPointer) -> HeaderField? {
        guard let text = member.value.string else {
            failType(pointer, wanted: "a string", member.value)
            return nil
        }
        do throws(HeaderFieldError) {
            return try HeaderField(callerName: member.name, value: text)
        } catch {
            fail(pointer, FieldError.Code(error), error.description, received: member.value)
            return nil
        }
    }

    private mutating func base64(_ member: Member) -> [UInt8]? {
        guard let text = string(member) else { return nil }
        guard let bytes = Base64.decode(text) else {
            fail(member, .invalidValue, Self.notBase64)
            return nil
        }
        return bytes
    }
}

extension FieldError {
    /// A draft's fault, at the member that it is in.
    init(_ problem: DraftError.Problem) {
        self.init(
            pointer: BodyPointer(path: problem.field.path).description,
            code: problem.isTooLong ? .tooLong : .invalidValue, detail: problem.detail)
    }
}

extension FieldError.Code {
    fileprivate init(_ error: HeaderFieldError) {
        switch error {
        case .controlCharacter: self = .controlCharacter
        case .reserved: self = .notAllowed
        case .nameTooLong, .valueTooLong, .stretchTooLong: self = .tooLong
        case .badName, .empty, .notASCII, .encodedWord, .badUnsubscribeList, .badUnsubscribePost: self = .invalidValue
        }
    }
}
