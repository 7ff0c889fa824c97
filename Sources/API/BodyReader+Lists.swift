// BodyReader+Lists.swift — lists of texts in a body, and objects of texts.

import JSON

extension BodyReader {
    /// A list of choices, each kept once.
    mutating func choices<Choice: RawRepresentable & CaseIterable & Equatable>(_ member: Member) -> [Choice]
    where Choice.RawValue == String {
        let known = Choice.allCases.map { "\"\($0.rawValue)\"" }.joined(separator: ", ")
        return elements(of: member) { element throws(ElementFault) in
            if let choice = element.string.flatMap(Choice.init(rawValue:)) { return choice }
            throw ElementFault(code: .invalidValue, detail: "Must be one of \(known).")
        }
    }

    /// A list of texts as values, each kept once.
    mutating func texts<Value: Equatable>(
        _ member: Member, atMost limit: Int, _ parse: (String) throws(ElementFault) -> Value
    ) -> [Value] {
        elements(of: member, atMost: limit) { element throws(ElementFault) in
            if let text = element.string { return try parse(text) }
            throw ElementFault(code: .invalidType, detail: "Must be a string, not \(element.kind).")
        }
    }

    private mutating func elements<Value: Equatable>(
        of member: Member, atMost limit: Int = .max, _ parse: (JSONValue) throws(ElementFault) -> Value
    ) -> [Value] {
        guard let elements = array(member, of: "strings") else { return [] }
        guard elements.count <= limit else {
            fail(
                member, tooMany: elements.count,
                "\(member.rawValue) has \(elements.count) elements; at most \(limit) are allowed.")
            return []
        }
        var values: [Value] = []
        for (index, element) in elements.enumerated() {
            do throws(ElementFault) {
                let value = try parse(element)
                if !values.contains(value) { values.append(value) }
            } catch {
                fail(BodyPointer(member.rawValue, index: index), error.code, error.detail, received: element)
            }
        }
        return values
    }

    /// An object of strings, each name once. `fault` says what is wrong with a pair, if anything is.
    mutating func pairs(
        _ member: Member, limit: Int, fault: (_ name: String, _ value: String) -> (FieldError.Code, String)?
    ) -> [String: String] {
        guard let object = object(member) else { return [:] }
        guard object.count <= limit else {
            fail(
                member, tooMany: object.count,
                "\(member.rawValue) has \(object.count) members; at most \(limit) are allowed.")
            return [:]
        }
        var pairs: [String: String] = [:]
        for pair in object.members {
            let pointer = BodyPointer(member.rawValue, inner: pair.name)
            guard let string = pair.value.string else {
                failType(pointer, wanted: "a string", pair.value)
                continue
            }
            if let (code, detail) = fault(pair.name, string) { fail(pointer, code, detail, received: pair.value) }
            // JSON tells names apart by their bytes, a dictionary by what they mean.
            if pairs.updateValue(string, forKey: pair.name) != nil {
                fail(
                    pointer, .invalidValue, "This name is there already, in another Unicode form.", received: pair.value
                )
            }
        }
        return pairs
    }
}

/// What is wrong with one element of a list.
struct ElementFault: Error {
    let code: FieldError.Code
    let detail: String
}
