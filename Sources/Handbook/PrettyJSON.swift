// PrettyJSON.swift — JSON for people: indented, but on one line what is short.

import JSON

extension JSONValue {
    var pretty: String { pretty(indented: 0) }

    private static let lineLength = 100

    private func pretty(indented depth: Int) -> String {
        let line = oneLine
        if depth * 2 + line.count <= Self.lineLength, depth > 0 { return line }
        let (inner, outer) = (String(repeating: "  ", count: depth + 1), String(repeating: "  ", count: depth))
        switch self {
        case .object(let object) where !object.isEmpty:
            let members = object.members.map {
                "\(inner)\(Self.quoted($0.name)): \($0.value.pretty(indented: depth + 1))"
            }
            return "{\n\(members.joined(separator: ",\n"))\n\(outer)}"
        case .array(let elements) where !elements.isEmpty:
            return "[\n\(elements.map { inner + $0.pretty(indented: depth + 1) }.joined(separator: ",\n"))\n\(outer)]"
        case .null, .bool, .number, .string, .array, .object: return line
        }
    }

    private var oneLine: String {
        switch self {
        case .object(let object):
            let members = object.members.map { "\(Self.quoted($0.name)): \($0.value.oneLine)" }
            return "{" + members.joined(separator: ", ") + "}"
        case .array(let elements): return "[" + elements.map(\.oneLine).joined(separator: ", ") + "]"
        case .null, .bool, .number, .string: return String(decoding: bytes, as: UTF8.self)
        }
    }

    private static func quoted(_ name: String) -> String {
        String(decoding: JSONValue.string(name).bytes, as: UTF8.self)
    }
}
