// OpenAPIDescription.swift — openapi.yaml as it is read for people: its members in their order, its references followed.

import JSON
import Yams

package struct OpenAPIDescription {
    package let root: JSONValue

    /// Throws if the bytes are no YAML, or hold something that JSON does not know.
    package init(yaml bytes: [UInt8]) throws(HandbookError) {
        do {
            guard let node = try Yams.compose(yaml: String(decoding: bytes, as: UTF8.self)) else {
                throw HandbookError("it is empty")
            }
            root = try JSONValue(node)
        } catch let error as HandbookError {
            throw error
        } catch {
            throw HandbookError("\(error)")
        }
    }

    subscript(path: String...) -> JSONValue { path.reduce(root) { $0[$1] } }

    /// The value itself, or what it refers to within the description.
    func resolved(_ value: JSONValue) -> JSONValue {
        var value = value
        // A reference may lead to another; a circle of them ends here.
        for _ in 0..<8 {
            guard let reference = value["$ref"].string, reference.hasPrefix("#/") else { return value }
            let siblings = value.members.filter { $0.name != "$ref" }
            value = reference.dropFirst(2).split(separator: "/").reduce(root) { $0[String($1)] }
            value = value.with(siblings)
        }
        return value
    }

    /// The name of the schema that is referred to: `#/components/schemas/NAME`.
    func schemaName(_ value: JSONValue) -> String? {
        let prefix = "#/components/schemas/"
        guard let reference = value["$ref"].string, reference.hasPrefix(prefix) else { return nil }
        return String(reference.dropFirst(prefix.count))
    }
}

/// Why the description cannot be shown.
package struct HandbookError: Error, CustomStringConvertible {
    package let description: String
    init(_ reason: String) { description = "openapi.yaml cannot be shown: \(reason)" }
}

extension JSONValue {
    /// Null where there is no such member.
    subscript(name: String) -> JSONValue { object?[name] ?? .null }
    var members: [JSONObject.Member] { object?.members ?? [] }
    var elements: [JSONValue] { array ?? [] }

    /// With these members in place of its own of the same names.
    fileprivate func with(_ siblings: [JSONObject.Member]) -> JSONValue {
        guard !siblings.isEmpty, let object else { return self }
        var merged = JSONObject()
        for member in object.members where !siblings.contains(where: { $0.name == member.name }) {
            _ = merged.append(member.name, member.value)
        }
        for member in siblings { _ = merged.append(member.name, member.value) }
        return .object(merged)
    }

    /// Aliases have been followed. A mapping that names a key twice has been refused.
    fileprivate init(_ node: Node) throws(HandbookError) {
        switch node {
        case .scalar(let scalar): self = JSONValue(scalar)
        case .sequence(let sequence):
            var elements: [JSONValue] = []
            for element in sequence { elements.append(try JSONValue(element)) }
            self = .array(elements)
        case .mapping(let mapping):
            var object = JSONObject()
            for (key, value) in mapping {
                guard let name = key.string, object.append(name, try JSONValue(value)) else {
                    throw HandbookError("a mapping has a key twice or one that is no string")
                }
            }
            self = .object(object)
        case .alias: throw HandbookError("an alias leads nowhere")
        }
    }

    /// YAML 1.2 §10.3, the core schema: what is plain and looks like JSON is JSON, anything else a string.
    private init(_ scalar: Node.Scalar) {
        let json = scalar.style == .plain ? try? JSONValue(parsing: Array(scalar.string.utf8)) : nil
        self = json ?? (scalar.style == .plain && scalar.string.isEmpty ? .null : .string(scalar.string))
    }
}
