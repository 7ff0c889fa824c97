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

    // MARK: Header fields and attachments

    private mutating func headers(_ member: Member) -> [HeaderField] {
        guard let object = object(member) else { return [] }
        guard object.count <= SendLimits.headers else {
            let detail = "headers has \(object.count) fields; at most \(SendLimits.headers) are allowed."
            fail(BodyPointer(member.rawValue), .tooMany, detail)
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

    /// Those in the body, then those that came as files.
    private mutating func attachments(_ member: Member, _ files: [MultipartForm.Part]) -> [Attachment] {
        let elements = array(member, of: "attachments") ?? []
        guard elements.count + files.count <= SendLimits.attachments else {
            let detail = "There are \(elements.count + files.count) attachments; at most "
            fail(BodyPointer(member.rawValue), .tooMany, detail + "\(SendLimits.attachments) are allowed.")
            return []
        }
        let inBody = elements.enumerated().map { index, element in
            attachment(element, at: BodyPointer(member.rawValue, index: index))
        }
        let asFiles = files.enumerated().map { index, file in
            attachment(file, at: BodyPointer(member.rawValue, index: elements.count + index))
        }
        return distinct(inBody + asFiles, of: member)
    }

    /// Those that are not nil, with a fault for each whose content id another one has.
    private mutating func distinct(_ attachments: [Attachment?], of member: Member) -> [Attachment] {
        var ids: Set<String> = []
        for (index, attachment) in attachments.enumerated() {
            guard let id = attachment?.contentID, !ids.insert(id).inserted else { continue }
            let pointer = BodyPointer(member.rawValue, index: index, inner: Attachment.Member.contentID.rawValue)
            fail(pointer, .invalidValue, "Another attachment has the same content id.", received: .string(id))
        }
        return attachments.compactMap(\.self)
    }

    private mutating func attachment(_ file: MultipartForm.Part, at pointer: BodyPointer) -> Attachment? {
        // What curl and browsers write when they do not know: then the filename says more.
        let type = file.contentType.flatMap { MediaType($0[...].utf8) == .octetStream ? nil : $0 }
        let texts = AttachmentTexts(filename: file.filename ?? "", contentType: type, contentID: file.contentID)
        return attachment(texts, file.bytes, at: pointer)
    }

    private mutating func attachment(_ value: JSONValue, at pointer: BodyPointer) -> Attachment? {
        guard let object = value.object else {
            failType(pointer, wanted: "an object with filename and content", value)
            return nil
        }
        let members = ["filename", "content_type", "content", "content_id"]
        for member in object.members where !members.contains(member.name) {
            fail(.unknownMember(member.name, at: pointer.appending(member.name), among: members))
        }
        let filename = text("filename", of: object, at: pointer, isRequired: true)
        let type = text("content_type", of: object, at: pointer)
        let id = text("content_id", of: object, at: pointer)
        guard let content = text("content", of: object, at: pointer, isRequired: true), let filename else { return nil }
        guard let bytes = Base64.decode(content) else {
            fail(pointer.appending("content"), .invalidValue, Self.notBase64, received: .string(content))
            return nil
        }
        return attachment(AttachmentTexts(filename: filename, contentType: type, contentID: id), bytes, at: pointer)
    }

    private mutating func attachment(
        _ texts: AttachmentTexts, _ bytes: [UInt8], at pointer: BodyPointer
    ) -> Attachment? {
        do throws(AttachmentError) {
            return try Attachment(
                filename: texts.filename, contentType: texts.contentType, contentID: texts.contentID, bytes: bytes)
        } catch {
            for problem in error.problems {
                let code: FieldError.Code = problem.isControl ? .controlCharacter : .invalidValue
                let received = texts[problem.member].map { JSONValue.string($0) }
                fail(pointer.appending(problem.member.rawValue), code, problem.detail, received: received)
            }
            return nil
        }
    }

    private mutating func text(
        _ name: String, of object: JSONObject, at pointer: BodyPointer, isRequired: Bool = false
    ) -> String? {
        let value = object[name] ?? .null
        if let text = value.string { return text }
        if !value.isNull {
            failType(pointer.appending(name), wanted: "a string", value)
        } else if isRequired {
            fail(pointer.appending(name), .required, "An attachment needs a \(name).")
        }
        return nil
    }

    private static var notBase64: String { "Must be base64 with padding, without line breaks (RFC 4648 §4)." }

    private mutating func base64(_ member: Member) -> [UInt8]? {
        guard let text = string(member) else { return nil }
        guard let bytes = Base64.decode(text) else {
            fail(member, .invalidValue, Self.notBase64)
            return nil
        }
        return bytes
    }
}

/// What is said of an attachment beside its bytes, unchecked.
private struct AttachmentTexts {
    let filename: String
    let contentType: String?
    let contentID: String?

    subscript(member: Attachment.Member) -> String? {
        switch member {
        case .filename: filename
        case .contentType: contentType
        case .contentID: contentID
        }
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
