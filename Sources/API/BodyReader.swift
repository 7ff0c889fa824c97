// BodyReader.swift — reads the members of a JSON body and notes every fault instead of stopping at the first.
//
// A method that finds its member wrong returns a harmless value and adds to `errors`; whoever reads a body must look
// at `errors`, or `finish`, before using what was read.

import HTTP
import JSON
import Mail

struct BodyReader<Member: RawRepresentable & CaseIterable & Hashable> where Member.RawValue == String {
    /// Without those that are null.
    private var values: [Member: JSONValue] = [:]
    private var nulls: Set<Member> = []
    private var faults = FieldErrors()
    /// Whether an address may have an IP address in brackets for a domain.
    var allowsLiterals = false

    /// In the order of reading; the first are those of unknown members.
    var errors: [FieldError] { faults.all }

    /// Of members that did not come as JSON, with the faults found on the way.
    init(_ values: [Member: JSONValue], faults: FieldErrors) { (self.values, self.faults) = (values, faults) }

    /// Throws if the body is no object.
    /// - among: the members that it may have; nil: all there are.
    /// - passingOver: names that mean nothing and are no fault either.
    init(_ body: JSONValue, among known: [Member]? = nil, passingOver ignored: [String] = []) throws(Problem) {
        guard let object = body.object else {
            let detail = "Must be an object, not \(body.kind)."
            throw .validation([FieldError(pointer: "#", code: .invalidType, detail: detail, received: body.received)])
        }
        values.reserveCapacity(object.count)
        for member in object.members {
            guard let name = Member(rawValue: member.name), known?.contains(name) ?? true else {
                guard !ignored.contains(member.name) else { continue }
                fail(
                    .unknownMember(
                        member.name, at: BodyPointer(member.name),
                        among: (known ?? Array(Member.allCases)).map(\.rawValue)))
                continue
            }
            if member.value.isNull { nulls.insert(name) } else { values[name] = member.value }
        }
    }

    /// Of a request that may come without a body: then nothing is said.
    init(optionalBodyOf request: HTTPServerRequest) throws(Problem) {
        if request.body.isEmpty { self.init([:], faults: FieldErrors()) } else { try self.init(request.json) }
    }

    /// Throws everything noted so far.
    func finish() throws(Problem) {
        guard faults.isEmpty else { throw .validation(errors) }
    }

    subscript(member: Member) -> JSONValue? { values[member] }

    /// There, and null: where a change is asked for, that is another thing than not there.
    func isNull(_ member: Member) -> Bool { nulls.contains(member) }
    func isSent(_ member: Member) -> Bool { values[member] != nil || isNull(member) }

    /// Not there, null, or an empty array or object. An empty string is a value.
    func isEmpty(_ member: Member) -> Bool {
        switch values[member] {
        case nil, .null: true
        case .array(let elements): elements.isEmpty
        case .object(let object): object.isEmpty
        case .bool, .number, .string: false
        }
    }

    /// Where an element of a member stands, or the member itself if it is no array.
    func pointer(to member: Member, index: Int) -> BodyPointer {
        let isArray = values[member]?.array != nil
        return BodyPointer(member.rawValue, index: isArray ? index : nil)
    }
}

extension BodyReader {
    mutating func fail(_ error: @autoclosure () -> FieldError) { faults.append(error()) }

    mutating func fail(_ pointer: BodyPointer, _ code: FieldError.Code, _ detail: String, received: JSONValue? = nil) {
        fail(FieldError(at: pointer, code, detail, received: received?.received))
    }

    /// A fault of a whole member, with what came for it.
    mutating func fail(_ member: Member, _ code: FieldError.Code, _ detail: String) {
        fail(BodyPointer(member.rawValue), code, detail, received: values[member] ?? (isNull(member) ? .null : nil))
    }

    /// There are more of something than may be. How many is what is told of them, however much they say.
    mutating func fail(_ member: Member, tooMany count: Int, _ detail: String) {
        fail(FieldError(at: BodyPointer(member.rawValue), .tooMany, detail, received: "\(count)"))
    }

    mutating func failType(_ pointer: BodyPointer, wanted: String, _ value: JSONValue) {
        fail(pointer, .invalidType, "Must be \(wanted), not \(value.kind).", received: value)
    }

    /// What `read` makes of a member; nil from it means that the member is of another type.
    private mutating func value<Value>(
        _ member: Member, wanted: @autoclosure () -> String, _ read: (JSONValue) -> Value?
    ) -> Value? {
        guard let value = values[member] else { return nil }
        if let read = read(value) { return read }
        failType(BodyPointer(member.rawValue), wanted: wanted(), value)
        return nil
    }
}

extension BodyReader {
    mutating func string(_ member: Member) -> String? { value(member, wanted: "a string", \.string) }
    mutating func flag(_ member: Member) -> Bool? { value(member, wanted: "a boolean", \.bool) }

    /// The elements of a list of `what`.
    mutating func array(_ member: Member, of what: String) -> [JSONValue]? {
        value(member, wanted: "a list of \(what)", \.array)
    }

    /// What is to be an object of strings.
    mutating func object(_ member: Member) -> JSONObject? { value(member, wanted: "an object of strings", \.object) }

    /// A string that may go into a header field or a log: it cannot end a line.
    mutating func headerText(_ member: Member, maximumBytes: Int) -> String? {
        guard let string = string(member) else { return nil }
        if string.utf8.count > maximumBytes {
            fail(
                member, .tooLong,
                "\(member.rawValue) has \(string.utf8.count) bytes; at most \(maximumBytes) are allowed.")
        }
        if string.containsControls {
            fail(member, .controlCharacter, "\(member.rawValue) contains a line break or another control character.")
        }
        return string
    }

    /// What people know a thing again by.
    mutating func name(_ member: Member) -> String? {
        let name = headerText(member, maximumBytes: 256)
        if name?.isEmpty == true { fail(member, .invalidValue, "A name has at least one character.") }
        return name
    }

    /// Text of any length and with any line ends.
    mutating func bodyText(_ member: Member) -> String? {
        guard let string = string(member) else { return nil }
        if string.containsNUL { fail(member, .controlCharacter, "\(member.rawValue) contains a NUL character.") }
        return string
    }

    mutating func choice<Choice: RawRepresentable & CaseIterable>(_ member: Member) -> Choice?
    where Choice.RawValue == String {
        guard let string = string(member) else { return nil }
        if let choice = Choice(rawValue: string) { return choice }
        let known = Choice.allCases.map { "\"\($0.rawValue)\"" }.joined(separator: ", ")
        fail(member, .invalidValue, "Must be one of \(known).")
        return nil
    }

    /// However JSON spells it.
    mutating func integer(_ member: Member, in range: ClosedRange<Int>) -> Int? {
        guard let number = value(member, wanted: "a whole number", \.number) else { return nil }
        if let integer = number.int64, let integer = Int(exactly: integer), range.contains(integer) { return integer }
        fail(member, .outOfRange, "Must be a whole number from \(range.lowerBound) to \(range.upperBound).")
        return nil
    }

    /// A duration as text, or a whole number of seconds.
    mutating func duration(_ member: Member, from least: Duration, to most: Duration) -> Duration? {
        guard let value = values[member] else { return nil }
        let duration =
            switch value {
            case .string(let text): Duration(spelled: text)
            case .number(let number): number.int64.flatMap { Int32(exactly: $0) }.map { Duration.seconds($0) }
            case .null, .bool, .array, .object: Duration?.none
            }
        guard let duration else {
            fail(member, .invalidValue, "Must be a duration such as \"10m\", or a whole number of seconds.")
            return nil
        }
        if duration < least || duration > most {
            fail(member, .outOfRange, "Must be between \(least.spelled) and \(most.spelled).")
        }
        return duration
    }
}

extension JSONValue {
    /// As `errors[].received` shows it.
    var received: String { string ?? String(decoding: bytes, as: UTF8.self) }
}
