// BodyReader+Mailboxes.swift — addresses in a body: a string or an object, one or a list.

import JSON
import Mail

extension BodyReader {
    /// One address; nil if it is not there or wrong.
    mutating func mailbox(_ member: Member) -> NamedMailbox? {
        self[member].flatMap { mailbox($0, at: BodyPointer(member.rawValue)) }
    }

    /// One address, without a name.
    mutating func bareMailbox(_ member: Member) -> Mailbox? {
        guard let named = mailbox(member) else { return nil }
        if named.displayName != nil { fail(member, .invalidAddress, "\(member.rawValue) has no place for a name.") }
        return named.mailbox
    }

    /// One address or a list of at most `limit`.
    mutating func mailboxes(_ member: Member, limit: Int) -> [NamedMailbox] {
        switch self[member] {
        case nil, .null: return []
        case .array(let elements):
            guard elements.count <= limit else {
                let detail = "\(member.rawValue) has \(elements.count) addresses; at most \(limit) are allowed."
                fail(member, tooMany: elements.count, detail)
                return []
            }
            return elements.indices.compactMap { mailbox(elements[$0], at: BodyPointer(member.rawValue, index: $0)) }
        case let single?:
            return mailbox(single, at: BodyPointer(member.rawValue)).map { [$0] } ?? []
        }
    }

    private mutating func mailbox(_ value: JSONValue, at pointer: BodyPointer) -> NamedMailbox? {
        switch value {
        case .string(let text):
            let named = mailbox(value, at: pointer) { [allowsLiterals] () throws(AddressError) in
                try NamedMailbox(parsing: text, allowingLiterals: allowsLiterals)
            }
            checkLength(ofName: named?.displayName, at: pointer)
            return named
        case .object(let object):
            return mailbox(object, at: pointer)
        case .null, .bool, .number, .array:
            failType(pointer, wanted: "an address: a string or an object with email and name", value)
            return nil
        }
    }

    /// `{"email","name"}`.
    private mutating func mailbox(_ object: JSONObject, at pointer: BodyPointer) -> NamedMailbox? {
        for member in object.members where member.name != "email" && member.name != "name" {
            fail(.unknownMember(member.name, at: pointer.appending(member.name), among: ["email", "name"]))
        }
        let name = displayName(in: object, at: pointer)
        guard let email = object["email"], let text = email.string else {
            let email = object["email"] ?? .null
            if email.isNull {
                fail(pointer.appending("email"), .required, "An address needs an email.")
            } else {
                failType(pointer.appending("email"), wanted: "a string", email)
            }
            return nil
        }
        return mailbox(email, at: pointer.appending("email")) { [allowsLiterals] () throws(AddressError) in
            try NamedMailbox(displayName: name, mailbox: Mailbox(parsing: text, allowingLiterals: allowsLiterals))
        }
    }

    private mutating func displayName(in object: JSONObject, at pointer: BodyPointer) -> String? {
        guard let value = object["name"], !value.isNull else { return nil }
        guard let name = value.string else {
            failType(pointer.appending("name"), wanted: "a string", value)
            return nil
        }
        guard !name.containsControls else {
            let detail = "The name contains a line break or another control character."
            fail(pointer.appending("name"), .controlCharacter, detail, received: value)
            return nil
        }
        checkLength(ofName: name, at: pointer.appending("name"))
        return name
    }

    private mutating func checkLength(ofName name: String?, at pointer: BodyPointer) {
        guard let name, name.utf8.count > SendLimits.displayNameBytes else { return }
        let detail = "A name has at most \(SendLimits.displayNameBytes) bytes."
        fail(pointer, .tooLong, detail, received: .string(name))
    }

    /// What `parse` makes of `value`, its error noted.
    private mutating func mailbox(
        _ value: JSONValue, at pointer: BodyPointer, parse: () throws(AddressError) -> NamedMailbox
    ) -> NamedMailbox? {
        do {
            return try parse()
        } catch {
            let code: FieldError.Code = error == .controlCharacter ? .controlCharacter : .invalidAddress
            fail(pointer, code, error.description, received: value)
            return nil
        }
    }
}
