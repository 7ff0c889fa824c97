// JSONObject+Reading.swift — what commands take out of the API's answers, and how it looks in a line.

import JSON

extension JSONObject {
    /// The value at the end of a path of members; nil if there is none.
    func value(_ path: String...) -> JSONValue? { value(at: path) }

    /// Empty if there is no such string.
    func text(_ path: String...) -> String { value(at: path)?.string ?? "" }

    private func value(at path: [String]) -> JSONValue? {
        path.reduce(JSONValue.object(self)) { value, name in value?.object?[name] }
    }

    func objects(_ name: String) -> [JSONObject] { (self[name]?.array ?? []).compactMap(\.object) }
}

extension JSONValue {
    /// On one line, printable: `-` for null and for what is empty, lists with commas, objects as `name=value`.
    var inline: String {
        switch self {
        case .null: "-"
        case .bool(let bool): bool ? "yes" : "no"
        case .number(let number): number.text
        case .string(let text): text.isEmpty ? "-" : text.printable
        case .array(let elements): elements.isEmpty ? "-" : elements.map(\.inline).joined(separator: ", ")
        case .object(let object):
            object.isEmpty
                ? "-" : object.members.map { "\($0.name.printable)=\($0.value.inline)" }.joined(separator: ", ")
        }
    }

    /// Whether it is an object, or has objects, with something in it.
    var isNested: Bool {
        switch self {
        case .null, .bool, .number, .string: false
        case .array(let elements): elements.contains(where: \.isNested)
        case .object(let object): !object.isEmpty
        }
    }
}
