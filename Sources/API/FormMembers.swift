// FormMembers.swift — the members of a message as fields of a form or of a query write them: all of them text.

import JSON

/// Collects members from fields of a form or a query: text, which a name that comes again makes a list.
struct FormMembers {
    private static let lists: Set<String> = ["to", "cc", "bcc", "reply_to"]
    private static let maps: Set<String> = ["headers", "tags", "metadata"]

    private var names: [String] = []
    private var values: [String: [JSONValue]] = [:]
    private var maps: [String: JSONObject] = [:]
    private var errors: [FieldError] = []

    /// A field: `to=…`, `tags={"kind":"otp"}` or `tags[kind]=otp`.
    mutating func add(_ part: MultipartForm.Part) {
        let (name, key) = Self.split(part.name)
        let pointer = (key.map { BodyPointer(name).appending($0) } ?? BodyPointer(name)).description
        guard part.filename == nil else {
            return fail(pointer, .invalidType, "A file is taken as attachments or raw only.", part.filename)
        }
        guard let text = String(validating: part.bytes, as: UTF8.self) else {
            return fail(pointer, .invalidValue, "The text is not UTF-8.", String(decoding: part.bytes, as: UTF8.self))
        }
        add(text, to: name, key: key, pointer: pointer)
    }

    mutating func add(_ text: String, to name: String, key: String?, pointer: String) {
        if let key {
            note(name)
            if maps[name, default: JSONObject()].append(key, .string(text)) { return }
        } else if Self.maps.contains(name) {
            return addMap(text, to: name, pointer: pointer)
        } else if values[name] == nil || Self.lists.contains(name) {
            note(name)
            values[name, default: []].append(.string(text))
            return
        }
        fail(pointer, .invalidValue, "This may be given once.", text)
    }

    private mutating func addMap(_ text: String, to name: String, pointer: String) {
        do throws(JSONError) {
            guard let object = try JSONValue(parsing: Array(text.utf8)).object else {
                return fail(pointer, .invalidType, "Must be a JSON object, or given as \(name)[NAME].", text)
            }
            note(name)
            for member in object.members where !maps[name, default: JSONObject()].append(member.name, member.value) {
                fail(pointer, .invalidValue, "\(member.name) is there already.", text)
            }
        } catch { fail(pointer, .invalidValue, error.description, text) }
    }

    private mutating func note(_ name: String) { if !names.contains(name) { names.append(name) } }

    mutating func fail(_ pointer: String, _ code: FieldError.Code, _ detail: String, _ received: String?) {
        errors.append(FieldError(pointer: pointer, code: code, detail: detail, received: received))
    }

    /// Throws everything noted so far.
    func object() throws(Problem) -> JSONObject {
        guard errors.isEmpty else { throw .validation(errors) }
        var object = JSONObject()
        for name in names {
            let list = values[name] ?? []
            _ = object.append(name, maps[name].map { .object($0) } ?? (list.count == 1 ? list[0] : .array(list)))
        }
        return object
    }

    /// `tags[kind]` is a member and a name in it.
    private static func split(_ name: String) -> (member: String, key: String?) {
        guard name.utf8.last == UInt8(ascii: "]"), let bracket = name.utf8.firstIndex(of: UInt8(ascii: "[")) else {
            return (name, nil)
        }
        let key = name[name.utf8.index(after: bracket)...].dropLast()
        return (String(name[..<bracket]), String(key))
    }
}
