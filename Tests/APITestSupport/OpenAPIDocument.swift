// OpenAPIDocument.swift — openapi.yaml as the tests hold every answer against it.

import Foundation
import HTTPTypes
import JSON
import Yams

package struct OpenAPIDocument: Sendable {
    package static let shared = OpenAPIDocument()

    /// As the API serves them.
    package let bytes: [UInt8]
    package let root: JSONValue

    private init() {
        let package = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        guard let bytes = try? Data(contentsOf: package.appending(path: "openapi.yaml")),
            let tree = try? Yams.load(yaml: String(decoding: bytes, as: UTF8.self))
        else { preconditionFailure("openapi.yaml is there and is YAML") }
        (self.bytes, root) = (Array(bytes), JSONValue(yaml: tree))
    }

    /// `#/components/schemas/Message` → that schema.
    package func resolve(_ reference: String) -> JSONValue {
        var value = root
        for step in reference.split(separator: "/").dropFirst() {
            guard let next = value.object?[String(step)] else { preconditionFailure("\(reference) leads nowhere") }
            value = next
        }
        return value
    }

    package func schema(_ name: String) -> Schema {
        Schema(schema: resolve("#/components/schemas/\(name)"), document: self)
    }

    /// `POST /v1/messages`, …
    package var operations: Set<String> {
        Set(
            (root.object?["paths"]?.object?.members ?? []).flatMap { path in
                (path.value.object?.members ?? []).filter { $0.name != "parameters" }.map {
                    "\($0.name.uppercased()) \(path.name)"
                }
            })
    }

    /// The names of an operation's parameters in the query, as routes name theirs: those of its path, its own, and those
    /// that come with one media type only.
    package func queryParameters(of operation: String) -> Set<String> {
        let words = operation.split(separator: " ").map(String.init)
        let path = root.object?["paths"]?.object?[words[1]]?.object
        let method = path?[words[0].lowercased()]?.object
        let contents = method?["requestBody"]?.object?["content"]?.object?.members ?? []
        let lists = [path?["parameters"], method?["parameters"]] + contents.map { $0.value.object?["x-parameters"] }
        let parameters = lists.flatMap { $0?.array ?? [] }.map { parameter in
            parameter.object?["$ref"]?.string.map { resolve($0) } ?? parameter
        }
        return Set(
            parameters.filter { $0.object?["in"]?.string == "query" }.compactMap { parameter in
                // A map's pairs are told apart by what follows a dot.
                let isMap = parameter.object?["schema"]?.object?["type"]?.string == "object"
                let name = parameter.object?["name"]?.string ?? ""
                return isMap ? name + "." : name.hasSuffix(".*") ? String(name.dropLast()) : name
            })
    }

    /// The operation that a request means, if there is one: a literal segment wins over a parameter. HEAD is GET's.
    private func operation(_ method: String, _ path: String) -> JSONValue? {
        let segments = path.prefix { $0 != "?" }.split(separator: "/", omittingEmptySubsequences: false)
        let matches = (root.object?["paths"]?.object?.members ?? []).filter { template in
            let pattern = template.name.split(separator: "/", omittingEmptySubsequences: false)
            return pattern.count == segments.count && zip(pattern, segments).allSatisfy { $0.first == "{" || $0 == $1 }
        }
        // What is written out wins over a parameter, as in the router.
        let match = matches.min { $0.name.count { $0 == "{" } < $1.name.count { $0 == "{" } }
        return match?.value.object?[(method == "HEAD" ? "GET" : method).lowercased()]
    }

    /// Everything about an answer that the document does not say.
    package func violations(in answer: Answer, to method: String, _ path: String) -> [String] {
        guard let operation = operation(method, path) else {
            let isRefused = [400, 404, 405].contains(answer.status)
            return isRefused ? schema("Problem").violations(in: answer.json) : ["\(method) \(path) is not documented"]
        }
        guard let documented = operation.object?["responses"]?.object?[String(answer.status)] else {
            return ["\(method) \(path): \(answer.status) is not documented"]
        }
        let response = documented.object?["$ref"]?.string.map { resolve($0) } ?? documented
        return headerViolations(in: answer, response) + bodyViolations(in: answer, response, isHead: method == "HEAD")
    }

    private func headerViolations(in answer: Answer, _ response: JSONValue) -> [String] {
        (response.object?["headers"]?.object?.members ?? []).flatMap { member -> [String] in
            let header = member.value.object?["$ref"]?.string.map { resolve($0) } ?? member.value
            guard let text = answer.field(member.name) else {
                return header.object?["required"]?.bool == true ? ["\(member.name) is missing"] : []
            }
            let schema = header.object?["schema"] ?? .null
            let isInteger = schema.object?["type"]?.string == "integer"
            let value = isInteger ? (try? JSONValue(parsing: Array(text.utf8))) ?? .null : .string(text)
            return Schema(schema: schema, document: self).violations(in: value, at: member.name)
        }
    }

    private func bodyViolations(in answer: Answer, _ response: JSONValue, isHead: Bool) -> [String] {
        let type = (answer.field("Content-Type") ?? "").split(separator: ";").first.map(String.init) ?? ""
        guard let contents = response.object?["content"]?.object else {
            return answer.body.isEmpty && type.isEmpty ? [] : ["a body is not documented"]
        }
        guard let content = contents[type] else { return ["\(type) is not documented"] }
        guard !isHead, type.hasSuffix("json"), let schema = content.object?["schema"] else { return [] }
        return Schema(schema: schema, document: self).violations(in: answer.json)
    }
}

extension JSONValue {
    /// What Yams has read, which is of these types and no others.
    fileprivate init(yaml: Any?) {
        switch yaml {
        case let bool as Bool: self = .bool(bool)
        case let integer as Int: self = .number(JSONNumber(Int64(integer)))
        case let text as String: self = .string(text)
        case let elements as [Any]: self = .array(elements.map(JSONValue.init(yaml:)))
        case let members as [AnyHashable: Any]:
            var object = JSONObject()
            for (name, value) in members { _ = object.append("\(name)", JSONValue(yaml: value)) }
            self = .object(object)
        case is NSNull: self = .null
        case let other: preconditionFailure("openapi.yaml holds \(String(describing: other)), which JSON does not know")
        }
    }
}
