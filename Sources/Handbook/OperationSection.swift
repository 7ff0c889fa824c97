// OperationSection.swift — everything about one operation: what it takes, what it answers, and a command to try it.

import JSON

extension HTML {
    mutating func operation(_ operation: Operation, in description: OpenAPIDescription, isWebhook: Bool = false) {
        element("section", ["id": operation.id, "class": "operation"]) { section in
            section.element("h3") { heading in
                heading.element("a", ["href": "#\(operation.id)"], text: operation.summary)
            }
            if !isWebhook { section.signature(of: operation, in: description) }
            section.markdown(operation.value["description"].string)
            if !isWebhook { section.element("pre", ["class": "curl"], text: description.curlLine(for: operation)) }
            section.parameters(operation.parameters, in: description)
            section.requestBody(of: operation, in: description)
            section.responses(of: operation, in: description)
        }
    }

    private mutating func signature(of operation: Operation, in description: OpenAPIDescription) {
        element("p", ["class": "signature"]) { line in
            line.element("span", ["class": "method"], text: operation.method)
            line.text(" ")
            line.element("code", text: operation.path)
            let scopes = operation.value["security"].elements.first?.members.first?.value.elements ?? []
            if !description.needsKey(operation) {
                line.element("span", ["class": "note"], text: "needs no key")
            } else if !scopes.isEmpty {
                let names = scopes.compactMap(\.string).joined(separator: ", ")
                line.element("span", ["class": "note"], text: "needs the scope \(names)")
            }
        }
    }

    // MARK: What it takes

    private mutating func parameters(_ parameters: [JSONValue], in description: OpenAPIDescription) {
        guard !parameters.isEmpty else { return }
        element("h4", text: "Parameters")
        element("dl", ["class": "members"]) { list in
            for parameter in parameters { list.parameter(parameter, in: description) }
        }
    }

    private mutating func parameter(_ parameter: JSONValue, in description: OpenAPIDescription) {
        element("dt") { term in
            term.element("code", text: parameter["name"].string ?? "")
            term.text(" in \(parameter["in"].string ?? "query") ")
            term.element("span", ["class": "type"]) { $0.type(of: parameter["schema"], in: description) }
            if parameter["required"].bool == true { term.element("span", ["class": "required"], text: "required") }
        }
        element("dd") { details in
            let own = parameter["description"].string
            details.markdown(own ?? description.resolved(parameter["schema"])["description"].string)
        }
    }

    private mutating func requestBody(of operation: Operation, in description: OpenAPIDescription) {
        guard !operation.contents.isEmpty else { return }
        element("h4", text: "Body")
        markdown(operation.value["requestBody"]["description"].string)
        for content in operation.contents {
            element("h5") { $0.element("code", text: content.name) }
            self.content(content.value, in: description)
            // OpenAPI knows no parameters that belong to one of several media types.
            parameters(content.value["x-parameters"].elements.map(description.resolved), in: description)
        }
    }

    private mutating func content(_ content: JSONValue, in description: OpenAPIDescription) {
        if !content["schema"].isNull { schema(content["schema"], in: description) }
        for example in content["examples"].members {
            let value = description.resolved(example.value)
            element("details") { details in
                details.element("summary", text: "Example: \(value["summary"].string ?? example.name)")
                details.element("pre") { $0.element("code", text: value["value"].string ?? value["value"].pretty) }
            }
        }
    }

    // MARK: What it answers

    private mutating func responses(of operation: Operation, in description: OpenAPIDescription) {
        element("h4", text: "Answers")
        element("dl", ["class": "responses"]) { list in
            for response in operation.value["responses"].members {
                let value = description.resolved(response.value)
                list.element("dt") { $0.element("code", text: response.name) }
                list.element("dd") { $0.response(value, isProblem: response.name >= "4", in: description) }
            }
        }
    }

    private mutating func response(_ response: JSONValue, isProblem: Bool, in description: OpenAPIDescription) {
        markdown(response["description"].string)
        // Every problem has the same shape, which has a section of its own.
        guard !isProblem else { return }
        headers(response["headers"].members.filter { $0.name != "Request-Id" }, in: description)
        for content in response["content"].members {
            element("details", ["open": ""]) { details in
                details.element("summary") { $0.element("code", text: content.name) }
                details.content(content.value, in: description)
            }
        }
    }

    private mutating func headers(_ headers: [JSONObject.Member], in description: OpenAPIDescription) {
        guard !headers.isEmpty else { return }
        element("ul") { list in
            for header in headers {
                list.element("li") { item in
                    item.element("code", text: header.name)
                    item.markdown(description.resolved(header.value)["description"].string)
                }
            }
        }
    }
}
