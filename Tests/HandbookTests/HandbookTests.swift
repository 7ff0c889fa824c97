// HandbookTests.swift — the pages made from the description.

import APITestSupport
import Crypto
import Foundation
import JSON
import Testing

@testable import Handbook

@Suite struct HandbookTests {
    static let problems = Handbook.Problems(
        codes: [
            .init(
                code: "conflict", title: "A <conflict>", status: 409,
                explanation: .init(cause: "So `it` is.", cure: "Do.")),
            .init(code: "validation_failed", title: "Wrong", status: 422, explanation: .init(cause: "C", cure: "D")),
        ],
        fields: [.init(code: "too_long", explanation: .init(cause: "Too much", cure: "Less"))])

    private func handbook(_ yaml: String) throws -> Handbook {
        try Handbook(openAPI: Array(yaml.utf8), problems: Self.problems)
    }

    private func docs(_ yaml: String) throws -> String {
        String(decoding: try handbook(yaml).docs.bytes, as: UTF8.self)
    }

    private static let evil = "<script>alert('x')</script>\\\" onload=\\\"x"

    /// Every text of a description, hostile.
    private static let hostile = """
        info: { title: "\(evil)", version: "\(evil)", description: "\(evil)" }
        servers: [{ url: "http://a/\(evil)" }]
        tags: [{ name: "\(evil)", description: "\(evil)" }]
        paths:
          "/x/{\(evil)}":
            get:
              operationId: "\(evil)"
              tags: ["\(evil)"]
              summary: "\(evil)"
              parameters: [{ name: "\(evil)", in: query, description: "\(evil)", schema: { type: "\(evil)" } }]
              requestBody:
                content:
                  "\(evil)": { schema: { $ref: '#/components/schemas/S' }, examples: { "\(evil)": { value: "\(evil)" } } }
              responses: { "\(evil)": { description: "\(evil)" } }
        components: { schemas: { S: { properties: { "\(evil)": { enum: ["\(evil)"], description: "\(evil)" } } } } }
        """

    @Test func whateverTheDescriptionSaysIsText() throws {
        let page = try docs(Self.hostile)
        #expect(!page.contains("<script"))
        #expect(!page.contains("\" onload"))
        #expect(page.contains("&lt;script&gt;"))
    }

    static let small = """
        info: { title: T, version: 3.1.0 }
        servers: [{ url: http://127.0.0.1:8080 }]
        security: [{ bearer: [] }]
        tags: [{ name: things }]
        paths:
          /v1/things/{id}:
            parameters: [{ $ref: '#/components/parameters/ID' }]
            post:
              operationId: makeThing
              tags: [things]
              summary: Make it
              requestBody:
                content:
                  application/json:
                    schema: { $ref: '#/components/schemas/Thing' }
                    examples: { a: { value: { name: It's, size: 1 } } }
              responses: { '201': { description: Made., content: { application/json: { schema: { $ref: '#/components/schemas/Thing' } } } } }
          /open:
            get: { operationId: look, tags: [things], summary: Look, security: [], responses: {} }
        components:
          parameters: { ID: { name: id, in: path, schema: { type: string, examples: [t_1] } } }
          schemas:
            Name: { type: [string, 'null'], maxLength: 5 }
            Thing:
              required: [name]
              properties:
                name: { $ref: '#/components/schemas/Name', description: Its *name*. }
                next: { oneOf: [{ $ref: '#/components/schemas/Thing' }, { type: 'null' }] }
                inner: { type: object, properties: { deep: { type: integer, minimum: 1 } } }
        """

    @Test func membersAreShownWithTheirTypes() throws {
        let page = try docs(Self.small)
        #expect(
            page.contains(
                #"<dt><code>name</code> <span class="type">string or null, at most 5 characters</span><span class="required">required</span></dt><dd><p>Its <em>name</em>.</p></dd>"#
            ))
        #expect(page.contains(##"<code>next</code> <span class="type"><a href="#schema-Thing">Thing</a> or null"##))
        #expect(page.contains(#"<dl class="members"><dt><code>deep</code> <span class="type">integer, from 1"#))
        #expect(page.contains(#"<section id="schema-Thing">"#))
    }

    @Test func eachOperationHasACommandToPaste() throws {
        let description = try OpenAPIDescription(yaml: Array(Self.small.utf8))
        #expect(
            description.operations.map(description.curlLine) == [
                #"""
                curl http://127.0.0.1:8080/v1/things/t_1 \
                  -H "Authorization: Bearer $POSTRIDER_KEY" \
                  -H 'Content-Type: application/json' \
                  -d '{"name":"It'\''s","size":1}'
                """#, "curl http://127.0.0.1:8080/open",
            ])
    }

    @Test(arguments: ["", "a: [", "a: 1\na: 2", "? [x]\n: 1"]) func whatIsNoDescriptionIsRefused(yaml: String) {
        #expect(throws: HandbookError.self) { try handbook(yaml) }
    }

    @Test func scalarsAreWhatYAMLSaysTheyAre() throws {
        let root = try OpenAPIDescription(
            yaml: Array("{a: 1, b: '1', c: true, d: null, e: 3.1.0, f: yes, g: 5.1}".utf8)
        ).root
        #expect(
            String(decoding: root.bytes, as: UTF8.self)
                == #"{"a":1,"b":"1","c":true,"d":null,"e":"3.1.0","f":"yes","g":5.1}"#)
    }

    @Test func aCircleOfReferencesEnds() throws {
        let yaml = "{a: {$ref: '#/b'}, b: {$ref: '#/a'}}"
        let description = try OpenAPIDescription(yaml: Array(yaml.utf8))
        #expect(description.resolved(description["a"])["$ref"].string != nil)
    }

    // MARK: The real one

    private static let real = Result { try Handbook(openAPI: OpenAPIDocument.shared.bytes, problems: problems) }

    @Test func everyOperationOfTheRealDescriptionIsThere() throws {
        let page = String(decoding: try Self.real.get().docs.bytes, as: UTF8.self)
        let description = try OpenAPIDescription(yaml: OpenAPIDocument.shared.bytes)
        #expect(description.operations.count == OpenAPIDocument.shared.operations.count)
        for operation in description.operations + description.webhooks {
            #expect(page.contains(#"<section id="\#(operation.id)" class="operation">"#))
        }
        #expect(page.contains(#"<dt id="problem-conflict"><a href="/problems/conflict">"#))
    }

    @Test func noLinkWithinThePageLeadsNowhere() throws {
        let page = String(decoding: try Self.real.get().docs.bytes, as: UTF8.self)
        let targets = Set(page.components(separatedBy: "href=\"#").dropFirst().map { $0.prefix { $0 != "\"" } })
        #expect(targets.count > 20)
        for target in targets { #expect(page.contains("id=\"\(target)\""), "#\(target)") }
    }

    @Test func nothingIsLoadedAndNothingRuns() throws {
        let handbook = try Self.real.get()
        for page in [handbook.docs] + handbook.problems.values {
            let text = String(decoding: page.bytes, as: UTF8.self)
            // In text, quotation marks are escaped: these are all the attributes that there are.
            let attributes = Set(text.matches(of: #/ ([a-z-]+)="/#).map { String($0.1) })
            #expect(attributes.isSubset(of: ["lang", "charset", "name", "content", "id", "class", "href", "open"]))
            for mark in ["<script", "<link", "<img", "<iframe", "<object", "<form"] { #expect(!text.contains(mark)) }
            let style = text.components(separatedBy: "<style>")[1].components(separatedBy: "</style>")[0]
            let digest = Base64.encode(SHA256.digest(of: Array(style.utf8)))
            #expect(page.contentSecurityPolicy.contains("style-src 'sha256-\(digest)'"))
            #expect(page.contentSecurityPolicy.hasPrefix("default-src 'none';"))
        }
    }

    @Test func aProblemHasAPageOfItsOwn() throws {
        let page = String(decoding: try #require(try handbook(Self.small).problems["conflict"]).bytes, as: UTF8.self)
        #expect(page.contains("<h1>A &lt;conflict&gt;</h1>"))
        #expect(page.contains("<p>So <code>it</code> is.</p><p>Do.</p>"))
        #expect(!page.contains("too_long"))
        let validation = try #require(try handbook(Self.small).problems["validation_failed"])
        #expect(String(decoding: validation.bytes, as: UTF8.self).contains("too_long"))
    }

    @Test func examplesAreIndented() throws {
        let long = String(repeating: "x", count: 90)
        let value = try JSONValue(parsing: Array(#"{"a":[],"b":{"c":1},"d":["\#(long)","\#(long)"]}"#.utf8))
        #expect(
            value.pretty == """
                {
                  "a": [],
                  "b": {"c": 1},
                  "d": [
                    "\(long)",
                    "\(long)"
                  ]
                }
                """)
    }
}
