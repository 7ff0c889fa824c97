// SchemaType.swift — a schema in a line: `string or null, at most 256 characters`.

import JSON

extension HTML {
    /// The type of a value, with links to the schemas that have a place of their own.
    mutating func type(of schema: JSONValue, in description: OpenAPIDescription) {
        if let name = description.schemaName(schema), description.hasSection(schema) {
            return element("a", ["href": "#schema-\(name)"], text: name)
        }
        let schema = description.resolved(schema)
        let choices = schema["oneOf"].elements + schema["anyOf"].elements
        // Beside a type they only narrow it.
        if schema["type"].isNull, !choices.isEmpty { return alternatives(choices, in: description) }
        if schema["type"].string == "array" || schema["type"].elements.contains(.string("array")) {
            text("array of ")
            type(of: schema["items"], in: description)
            if schema["type"].elements.contains(.string("null")) { text(" or null") }
        } else {
            text(schema.typeName)
        }
        let bounds = schema.bounds
        if !bounds.isEmpty { text(", " + bounds.joined(separator: ", ")) }
    }

    private mutating func alternatives(_ choices: [JSONValue], in description: OpenAPIDescription) {
        for (index, choice) in choices.enumerated() {
            if index > 0 { text(" or ") }
            type(of: choice, in: description)
        }
    }
}

extension OpenAPIDescription {
    /// Whether it is a named schema with members to show; a name for a kind of string is shown where it is met.
    func hasSection(_ schema: JSONValue) -> Bool {
        schemaName(schema) != nil && resolved(schema).hasMembersToShow
    }
}

extension JSONValue {
    /// Of a schema: members, or more choices than a line should have.
    var hasMembersToShow: Bool {
        !self["properties"].isNull || self["oneOf"].elements.count > 2 || self["enum"].elements.count > 6
    }

    fileprivate var typeName: String {
        if let constant = object?["const"] { return String(decoding: constant.bytes, as: UTF8.self) }
        if !self["enum"].elements.isEmpty {
            return self["enum"].elements.map { String(decoding: $0.bytes, as: UTF8.self) }.joined(separator: " | ")
        }
        let types = self["type"].elements.compactMap(\.string) + [self["type"].string].compactMap(\.self)
        return types.isEmpty ? "anything" : types.joined(separator: " or ")
    }

    /// What a value must keep to beside its type, in words.
    fileprivate var bounds: [String] {
        func number(_ keyword: String, _ words: (String) -> String) -> String? {
            self[keyword].number.map { words($0.text) }
        }
        return [
            self["format"].string.map { "format \($0)" },
            self["contentEncoding"].string,
            number("minLength") { "at least \($0) characters" }, number("maxLength") { "at most \($0) characters" },
            number("minimum") { "from \($0)" }, number("maximum") { "to \($0)" },
            number("maxItems") { "at most \($0) elements" }, number("maxProperties") { "at most \($0) members" },
            object?["default"].map { "default \(String(decoding: $0.bytes, as: UTF8.self))" },
            // A longer one tells people nothing.
            self["pattern"].string.flatMap { $0.count <= 50 ? "pattern \($0)" : nil },
        ].compactMap(\.self)
    }
}
