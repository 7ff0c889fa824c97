// SchemaTable.swift — the members of an object, one row each, and those of objects within it.

import JSON

extension HTML {
    /// `depth` bounds how far schemas without a name are followed into each other.
    mutating func schema(_ schema: JSONValue, in description: OpenAPIDescription, depth: Int = 0) {
        let resolved = description.resolved(schema)
        let properties = resolved["properties"].members
        guard !properties.isEmpty, depth < 4 else {
            element("p") { line in
                line.element("span", ["class": "type"]) { $0.type(of: schema, in: description) }
            }
            return markdown(resolved["description"].string)
        }
        if depth == 0 { markdown(resolved["description"].string) }
        let required = Set(resolved["required"].elements.compactMap(\.string))
        element("dl", ["class": "members"]) { list in
            for property in properties {
                list.member(property, isRequired: required.contains(property.name), in: description, depth: depth)
            }
        }
    }

    private mutating func member(
        _ property: JSONObject.Member, isRequired: Bool, in description: OpenAPIDescription, depth: Int
    ) {
        element("dt") { term in
            term.element("code", text: property.name)
            term.text(" ")
            term.element("span", ["class": "type"]) { $0.type(of: property.value, in: description) }
            if isRequired { term.element("span", ["class": "required"], text: "required") }
        }
        element("dd") { details in
            let schema = description.resolved(property.value)
            details.markdown(schema["description"].string)
            let inner = schema["properties"].isNull ? schema["items"] : schema
            if !inner["properties"].isNull, !description.hasSection(property.value) {
                details.schema(inner, in: description, depth: depth + 1)
            }
        }
    }
}
