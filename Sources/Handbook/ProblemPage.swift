// ProblemPage.swift — a problem's cause and cure, for whoever follows its `type` in a browser.

extension HTML {
    static func page(of problem: Handbook.Problem, fields: [Handbook.Field], style: String) -> [UInt8] {
        document(title: "\(problem.code) — Postrider", style: style) { body in
            body.element("main") { main in
                main.element("h1", text: problem.title)
                main.element("p", ["class": "signature"]) { line in
                    line.element("code", text: problem.code)
                    line.text(" \(problem.status)")
                }
                main.explanation(problem.explanation)
                main.fields(fields)
                main.element("p") { $0.element("a", ["href": "/docs"], text: "Documentation") }
            }
        }
    }

    mutating func explanation(_ explanation: Handbook.Explanation) {
        markdown(explanation.cause)
        markdown(explanation.cure)
    }

    /// The kinds of wrong fields; nothing if there are none to tell of.
    mutating func fields(_ fields: [Handbook.Field]) {
        guard !fields.isEmpty else { return }
        element("h3", ["id": "field-codes"], text: "Codes in errors")
        element("dl", ["class": "responses"]) { list in
            for field in fields {
                list.element("dt") { $0.element("code", text: field.code) }
                list.element("dd") { $0.explanation(field.explanation) }
            }
        }
    }
}
