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
            from: from, date: acceptance.now.milliseconds,
            messageID: acceptance.rfcMessageID(from: from.mailbox.domain))
        (draft.to, draft.cc, draft.replyTo, draft.subject) = (to, cc, replyTo, subject)
        (draft.text, draft.html, draft.headers, draft.attachments) = (text, html, headers, attachments)
        let problems = draft.problems
        for problem in problems { fail(problem) }
        return problems.isEmpty ? .draft(draft) : nil
    }

    /// `body` is the message if it came beside the members, else it is in `raw`.
    mutating func raw(
        _ body: [UInt8]?, from: NamedMailbox?, _ acceptance: Acceptance
    ) -> SendRequest.Content? {
        for member in [SendRequest.Member.replyTo, .subject, .text, .html, .headers, .attachments]
        where !isEmpty(member) {
            fail(member, .invalidValue, "raw is the whole message: \(member.rawValue) has no place beside it.")
        }
        guard let bytes = body ?? base64(.raw) else { return nil }
        do throws(RawMessageError) {
            let message = try RawMessage(bytes, date: acceptance.now.milliseconds) {
                acceptance.rfcMessageID(from: $0)
            }
            if let from, from.mailbox != message.from.mailbox {
                fail(.from, .invalidValue, "The From field of the message names \(message.from.mailbox).")
            }
            return .raw(message)
        } catch {
            fail(BodyPointer(SendRequest.Member.raw.rawValue), .invalidValue, error.description)
            return nil
        }
    }

    /// A draft's fault, at the member that it is in.
    mutating func fail(_ problem: DraftError.Problem) {
        fail(BodyPointer(path: problem.field.path), .invalidValue, problem.detail)
    }

    // MARK: Header fields and attachments

    private mutating func headers(_ member: Member) -> [HeaderField] {
        guard let value = self[member] else { return [] }
        guard let object = value.object else {
            failType(BodyPointer(member.rawValue), wanted: "an object of strings", value)
            return []
        }
        return object.members.compactMap { header($0, at: BodyPointer(member.rawValue, inner: $0.name)) }
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
        let elements = self[member]?.array ?? []
        if let value = self[member], value.array == nil {
            failType(BodyPointer(member.rawValue), wanted: "a list of attachments", value)
        }
        guard elements.count + files.count <= SendLimits.attachments else {
            let detail = "There are \(elements.count + files.count) attachments; at most "
            fail(BodyPointer(member.rawValue), .tooMany, detail + "\(SendLimits.attachments) are allowed.")
            return []
        }
        let inBody = elements.enumerated().compactMap { index, element in
            attachment(element, at: BodyPointer(member.rawValue, index: index))
        }
        let asFiles = files.enumerated().compactMap { index, file in
            attachment(at: BodyPointer(member.rawValue, index: index)) { () throws(AttachmentError) in
                try Attachment(
                    filename: file.filename ?? "", contentType: file.contentType, contentID: file.contentID,
                    bytes: file.bytes)
            }
        }
        return inBody + asFiles
    }

    private mutating func attachment(_ value: JSONValue, at pointer: BodyPointer) -> Attachment? {
        guard let object = value.object else {
            failType(pointer, wanted: "an object with filename and content", value)
            return nil
        }
        let members = ["filename", "content_type", "content", "content_id"]
        for member in object.members where !members.contains(member.name) {
            failUnknown(member.name, at: pointer.appending(member.name), among: members)
        }
        let filename = text("filename", of: object, at: pointer, isRequired: true)
        let type = text("content_type", of: object, at: pointer)
        let id = text("content_id", of: object, at: pointer)
        guard let content = text("content", of: object, at: pointer, isRequired: true), let filename else { return nil }
        guard let bytes = Base64.decode(content) else {
            fail(pointer.appending("content"), .invalidValue, Self.notBase64, received: .string(content))
            return nil
        }
        return attachment(at: pointer) { () throws(AttachmentError) in
            try Attachment(filename: filename, contentType: type, contentID: id, bytes: bytes)
        }
    }

    private mutating func attachment(
        at pointer: BodyPointer, _ make: () throws(AttachmentError) -> Attachment
    ) -> Attachment? {
        do {
            return try make()
        } catch {
            for problem in error.problems {
                let code: FieldError.Code = problem.isControl ? .controlCharacter : .invalidValue
                fail(pointer.appending(problem.member.rawValue), code, problem.detail)
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
