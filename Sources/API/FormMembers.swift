// FormMembers.swift — the members of a message as the fields of a form or the parameters of a query give them.
//
// All that comes is named texts. What a text becomes depends on its member alone: a value that is given once, one of a
// list, or members of a map. So no two ways of writing one member can hide each other.

import HTTP
import JSON

struct FormMembers {
    typealias Member = SendRequest.Member

    private(set) var faults = FieldErrors()
    private var texts: [Member: JSONValue] = [:]
    private var lists: [Member: [JSONValue]] = [:]
    private var maps: [Member: JSONObject] = [:]

    /// As JSON would have them. A list of one is that one, so that errors point to the member.
    var values: [Member: JSONValue] {
        var values = texts
        for (member, list) in lists { values[member] = list.count == 1 ? list[0] : .array(list) }
        for (member, map) in maps { values[member] = .object(map) }
        return values
    }
}

// MARK: Fields of a form

extension FormMembers {
    /// `to=…`, `tags={"kind":"otp"}` or `tags[kind]=otp`.
    mutating func add(_ part: MultipartForm.Part) {
        let (name, key) = Self.split(part.name)
        guard let member = Member(rawValue: name) else {
            return faults.append(
                .unknownMember(name, at: BodyPointer(name), among: Member.allCases.map(\.rawValue)))
        }
        guard part.filename == nil else {
            return fail(member, .invalidType, "A file is taken as attachments or raw only.", part.filename)
        }
        guard let text = String(validating: part.bytes, as: UTF8.self) else {
            // Four bytes each are more than enough for the characters that are shown.
            let start = part.bytes.prefix(4 * FieldError.maximumReceivedLength)
            return fail(member, .invalidValue, "The text is not UTF-8.", String(decoding: start, as: UTF8.self))
        }
        add(text, to: member, key: key)
    }

    /// For a file or a text that has no second place.
    mutating func failRepeated(_ member: Member, _ received: String? = nil) {
        fail(member, .invalidValue, "This may be given once.", received)
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

// MARK: Parameters of a query

extension FormMembers {
    /// What a whole message does not say itself.
    private static let envelope: Set<Member> = [
        .from, .to, .cc, .bcc, .returnPath, .externalID, .sendAt, .expiresAfter, .tls, .suppressions,
        .tags, .metadata,
    ]
    static let parameters = Member.allCases.filter(envelope.contains).map { member in
        member.shape == .map ? "\(member.rawValue)." : member.rawValue
    }

    /// `to=…` or `tags.kind=otp`.
    mutating func add(_ parameter: QueryParameters.Parameter) {
        let dot = parameter.name.utf8.firstIndex(of: UInt8(ascii: "."))
        let key = dot.map { String(parameter.name[parameter.name.utf8.index(after: $0)...]) }
        guard let member = Member(rawValue: String(parameter.name[..<(dot ?? parameter.name.endIndex)])),
            Self.envelope.contains(member), (member.shape == .map) == (key != nil), key != ""
        else {
            return faults.append(.unknownParameter(parameter.name, among: Self.parameters))
        }
        add(parameter.value, to: member, key: key)
    }
}

// MARK: Texts

extension FormMembers {
    private mutating func add(_ text: String, to member: Member, key: String?) {
        switch (member.shape, key) {
        case (.text, nil):
            // An input that was left empty is there all the same.
            if member == .returnPath, text.isEmpty { return }
            guard texts[member] == nil else { return failRepeated(member, text) }
            texts[member] = Self.value(text, of: member)
        case (.list, nil):
            if member != .to, text.isEmpty { return }
            lists[member, default: []].append(.string(text))
        case (.map, nil): addMap(text, to: member)
        case (.map, let key?): append(JSONObject.Member(name: key, value: .string(text)), to: member)
        case (.text, _?), (.list, _?):
            fail(member, .invalidValue, "Only headers, tags and metadata take a name in brackets.", text)
        }
    }

    /// Digits are a number where a number is as good as a text: a form has no other way to say one.
    private static func value(_ text: String, of member: Member) -> JSONValue {
        guard member == .expiresAfter, let number = Int64(digits: text) else { return .string(text) }
        return .number(JSONNumber(number))
    }

    private mutating func addMap(_ text: String, to member: Member) {
        do throws(JSONError) {
            guard let object = try JSONValue(parsing: Array(text.utf8)).object else {
                let detail = "Must be a JSON object, or given as \(member.rawValue)[NAME]."
                return fail(member, .invalidType, detail, text)
            }
            guard object.count <= SendLimits.headers else {
                let detail = "\(member.rawValue) has \(object.count) members; none has more than \(SendLimits.headers)."
                return fail(member, .tooMany, detail, nil)
            }
            for pair in object.members { append(pair, to: member) }
        } catch { fail(member, .invalidValue, error.description, text) }
    }

    private mutating func append(_ pair: JSONObject.Member, to member: Member) {
        guard !maps[member, default: JSONObject()].append(pair.name, pair.value) else { return }
        let pointer = BodyPointer(member.rawValue, inner: pair.name)
        faults.append(
            FieldError(at: pointer, .invalidValue, "This may be given once.", received: pair.value.received))
    }

    private mutating func fail(
        _ member: Member, _ code: FieldError.Code, _ detail: @autoclosure () -> String, _ received: String?
    ) {
        faults.append(FieldError(at: BodyPointer(member.rawValue), code, detail(), received: received))
    }
}

extension SendRequest.Member {
    fileprivate enum Shape { case text, list, map }

    fileprivate var shape: Shape {
        switch self {
        case .to, .cc, .bcc, .replyTo: .list
        case .headers, .tags, .metadata: .map
        case .from, .subject, .text, .html, .attachments, .raw, .externalID, .expiresAfter, .returnPath, .tls, .sendAt,
            .suppressions:
            .text
        }
    }
}
