// Operation.swift — one method of one path, as the description has it.

import JSON

struct Operation {
    /// As HTTP spells it.
    let method: String
    let path: String
    let value: JSONValue
    /// Those of the path and its own, references followed, with those that must not stand among `parameters`.
    let parameters: [JSONValue]

    var id: String { value["operationId"].string ?? "\(method) \(path)" }
    var summary: String { value["summary"].string ?? "" }
    var tags: [String] { value["tags"].elements.compactMap(\.string) }
    /// The body by media type.
    var contents: [JSONObject.Member] { value["requestBody"]["content"].members }
}

extension OpenAPIDescription {
    var operations: [Operation] { operations(in: self["paths"]) }
    /// What is posted to whoever uses the API.
    var webhooks: [Operation] { operations(in: self["webhooks"]) }

    private static let methods = ["get", "post", "put", "patch", "delete"]

    private func operations(in paths: JSONValue) -> [Operation] {
        paths.members.flatMap { path in
            path.value.members.filter { Self.methods.contains($0.name) }.map { method in
                let lists = [path.value["parameters"], method.value["parameters"], method.value["x-parameters"]]
                return Operation(
                    method: method.name.uppercased(), path: path.name, value: method.value,
                    parameters: lists.flatMap(\.elements).map(resolved))
            }
        }
    }

    /// Whether a key must come with it: its own `security`, or that of all.
    func needsKey(_ operation: Operation) -> Bool {
        let own = operation.value["security"]
        return !(own.isNull ? self["security"] : own).elements.isEmpty
    }
}
