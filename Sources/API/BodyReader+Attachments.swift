// BodyReader+Attachments.swift — attachments, be they in a body or files beside it.

import Crypto
import JSON
import Mail

extension BodyReader<SendRequest.Member> {
    /// Those in the body, then those that came as files.
    mutating func attachments(_ member: Member, _ files: [MultipartForm.Part]) -> [Attachment] {
        let elements = array(member, of: "attachments") ?? []
        guard elements.count + files.count <= SendLimits.attachments else {
            let detail = "There are \(elements.count + files.count) attachments; at most "
            fail(member, tooMany: elements.count + files.count, detail + "\(SendLimits.attachments) are allowed.")
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

    static var notBase64: String { "Must be base64 with padding, without line breaks (RFC 4648 §4)." }
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
