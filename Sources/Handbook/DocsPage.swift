// DocsPage.swift — the whole description on one page.

import JSON

extension OpenAPIDescription {
    func docsPage(problems: Handbook.Problems, style: String) -> [UInt8] {
        let title = "\(self["info", "title"].string ?? "") API"
        return HTML.document(title: title, style: style) { body in
            body.element("nav") { $0.navigation(of: self) }
            body.element("main") { main in
                main.element("h1") { heading in
                    heading.text(title + " ")
                    heading.element("small", text: self["info", "version"].string ?? "")
                }
                main.introduction(of: self)
                for tag in tags { main.operations(tag, in: self) }
                main.webhooks(of: self)
                main.problems(problems)
                main.schemas(of: self)
            }
        }
    }

    /// In the order of the description.
    fileprivate var tags: [(name: String, description: String)] {
        self["tags"].elements.map { ($0["name"].string ?? "", $0["description"].string ?? "") }
    }

    /// Each stands under its first tag.
    fileprivate func operations(under tag: String) -> [Operation] { operations.filter { $0.tags.first == tag } }

    fileprivate var namedSchemas: [JSONObject.Member] {
        self["components", "schemas"].members.filter { resolved($0.value).hasMembersToShow }
    }
}

extension HTML {
    fileprivate mutating func navigation(of description: OpenAPIDescription) {
        for tag in description.tags {
            let operations = description.operations(under: tag.name)
            guard !operations.isEmpty else { continue }
            element("h2") { $0.element("a", ["href": "#tag-\(tag.name)"], text: tag.name) }
            element("ul") { list in
                for operation in operations {
                    list.element("li") { $0.element("a", ["href": "#\(operation.id)"], text: operation.summary) }
                }
            }
        }
        element("h2") { $0.element("a", ["href": "#webhook-posts"], text: "webhook posts") }
        element("h2") { $0.element("a", ["href": "#problems"], text: "problems") }
        element("h2") { $0.element("a", ["href": "#schemas"], text: "schemas") }
    }

    fileprivate mutating func introduction(of description: OpenAPIDescription) {
        markdown(description["info", "description"].string)
        element("p") { line in
            line.text("The same for programs: ")
            line.element("a", ["href": "/openapi.yaml"], text: "openapi.yaml")
            line.text(".")
        }
        for scheme in description["components", "securitySchemes"].members {
            element("h2", text: "Keys")
            markdown(scheme.value["description"].string)
        }
    }

    fileprivate mutating func operations(_ tag: (name: String, description: String), in description: OpenAPIDescription)
    {
        let operations = description.operations(under: tag.name)
        guard !operations.isEmpty else { return }
        element("h2", ["id": "tag-\(tag.name)"], text: tag.name)
        markdown(tag.description)
        for operation in operations { self.operation(operation, in: description) }
    }

    fileprivate mutating func webhooks(of description: OpenAPIDescription) {
        element("h2", ["id": "webhook-posts"], text: "webhook posts")
        for webhook in description.webhooks { operation(webhook, in: description, isWebhook: true) }
    }

    fileprivate mutating func problems(_ problems: Handbook.Problems) {
        element("h2", ["id": "problems"], text: "problems")
        element("dl", ["class": "responses"]) { list in
            for problem in problems.codes {
                list.element("dt", ["id": "problem-\(problem.code)"]) { term in
                    term.element("a", ["href": "/problems/\(problem.code)"]) { $0.element("code", text: problem.code) }
                    term.text(" \(problem.status)")
                }
                list.element("dd") { $0.explanation(problem.explanation) }
            }
        }
        fields(problems.fields)
    }

    fileprivate mutating func schemas(of description: OpenAPIDescription) {
        element("h2", ["id": "schemas"], text: "schemas")
        for schema in description.namedSchemas {
            element("section", ["id": "schema-\(schema.name)"]) { section in
                section.element("h3", text: schema.name)
                section.schema(schema.value, in: description)
            }
        }
    }
}
