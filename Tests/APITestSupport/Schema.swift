// Schema.swift — checks JSON against the part of JSON Schema 2020-12 that openapi.yaml uses.
//
// A keyword it does not know is itself a violation: nothing in the description may go unchecked.

import Foundation
import JSON

package struct Schema {
    package let schema: JSONValue
    package let document: OpenAPIDocument

    private static let annotations: Set<String> = [
        "description", "format", "default", "examples", "title", "contentEncoding", "contentMediaType",
    ]

    package init(schema: JSONValue, document: OpenAPIDocument) { (self.schema, self.document) = (schema, document) }

    /// What is wrong with `value`, each with the place; empty if nothing is.
    package func violations(in value: JSONValue, at place: String = "#") -> [String] {
        guard let schema = schema.object else { return ["\(place): the schema is no object"] }
        return schema.members.flatMap { keyword in
            Self.annotations.contains(keyword.name)
                ? [] : violations(of: keyword.name, keyword.value, in: value, at: place)
        }
    }

    private func sub(_ schema: JSONValue) -> Schema { Schema(schema: schema, document: document) }

    private func violations(of keyword: String, _ rule: JSONValue, in value: JSONValue, at place: String) -> [String] {
        switch keyword {
        case "$ref": return sub(document.resolve(rule.string ?? "")).violations(in: value, at: place)
        case "type":
            let types = rule.array?.compactMap(\.string) ?? [rule.string ?? ""]
            return check(
                types.contains { hasType($0, value) }, place, "is \(value.kind), not \(types.joined(separator: " or "))"
            )
        case "const": return check(value == rule, place, "is not the constant")
        case "enum": return check(rule.array?.contains(value) == true, place, "\(show(value)) is not in the enum")
        case "oneOf":
            let matches = (rule.array ?? []).map { sub($0).violations(in: value, at: place) }
            let count = matches.count(where: \.isEmpty)
            return check(count == 1, place, "matches \(count) of oneOf: \(matches.joined().joined(separator: "; "))")
        case "anyOf":
            let matches = (rule.array ?? []).map { sub($0).violations(in: value, at: place) }
            return check(
                matches.contains(where: \.isEmpty), place,
                "matches none of anyOf: \(matches.joined().joined(separator: "; "))")
        case "pattern", "minLength", "maxLength":
            return value.string.map { stringViolations(of: keyword, rule, in: $0, at: place) } ?? []
        case "minimum", "maximum":
            guard let number = value.number?.double, let bound = rule.number?.double else { return [] }
            return check(keyword == "minimum" ? number >= bound : number <= bound, place, "\(number) is out of range")
        case "items", "minItems", "maxItems":
            return value.array.map { arrayViolations(of: keyword, rule, in: $0, at: place) } ?? []
        default:
            return objectViolations(of: keyword, rule, in: value, at: place)
        }
    }

    private func stringViolations(of keyword: String, _ rule: JSONValue, in text: String, at place: String) -> [String]
    {
        let length = Int64(text.unicodeScalars.count)
        switch keyword {
        case "minLength": return check(length >= rule.number?.int64 ?? 0, place, "is too short")
        case "maxLength": return check(length <= rule.number?.int64 ?? 0, place, "is too long")
        default:
            let isMatch = text.range(of: rule.string ?? "", options: .regularExpression) != nil
            return check(isMatch, place, "\"\(text)\" does not match \(rule.string ?? "")")
        }
    }

    private func arrayViolations(of keyword: String, _ rule: JSONValue, in array: [JSONValue], at place: String)
        -> [String]
    {
        let count = Int64(array.count)
        if keyword == "minItems" { return check(count >= rule.number?.int64 ?? 0, place, "has too few elements") }
        if keyword == "maxItems" { return check(count <= rule.number?.int64 ?? 0, place, "has too many elements") }
        return array.enumerated().flatMap { sub(rule).violations(in: $1, at: "\(place)/\($0)") }
    }

    private func objectViolations(of keyword: String, _ rule: JSONValue, in value: JSONValue, at place: String)
        -> [String]
    {
        guard let object = value.object else { return [] }
        switch keyword {
        case "required":
            let missing = (rule.array ?? []).compactMap(\.string).filter { object[$0] == nil }
            return missing.map { "\(place): \($0) is missing" }
        case "properties":
            return object.members.flatMap { member in
                rule.object?[member.name].map { sub($0).violations(in: member.value, at: "\(place)/\(member.name)") }
                    ?? []
            }
        case "additionalProperties":
            let declared = schema.object?["properties"]?.object
            return object.members.filter { declared?[$0.name] == nil }.flatMap { member in
                rule == .bool(false)
                    ? ["\(place): \(member.name) is not documented"]
                    : sub(rule).violations(in: member.value, at: "\(place)/\(member.name)")
            }
        case "propertyNames":
            return object.members.flatMap { sub(rule).violations(in: .string($0.name), at: "\(place)/\($0.name)") }
        case "minProperties":
            return check(Int64(object.count) >= rule.number?.int64 ?? 0, place, "has too few members")
        case "maxProperties":
            return check(Int64(object.count) <= rule.number?.int64 ?? 0, place, "has too many members")
        default:
            return ["\(place): the checker does not know the keyword \(keyword)"]
        }
    }

    private func hasType(_ type: String, _ value: JSONValue) -> Bool {
        switch (type, value) {
        case ("null", .null), ("boolean", .bool), ("number", .number), ("string", .string), ("array", .array),
            ("object", .object):
            true
        case ("integer", .number(let number)): number.int64 != nil
        default: false
        }
    }

    private func check(_ holds: Bool, _ place: String, _ complaint: String) -> [String] {
        holds ? [] : ["\(place): \(complaint)"]
    }

    private func show(_ value: JSONValue) -> String { String(decoding: value.bytes, as: UTF8.self) }
}
