import APITestSupport
import JSON
import Testing

/// The document itself, and that the checker which holds answers against it can say no.
@Suite struct OpenAPIDocumentTests {
    private let document = OpenAPIDocument.shared

    /// Each media type's schema with each of its examples.
    private func examples(in value: JSONValue) -> [(schema: JSONValue, example: JSONValue)] {
        if let array = value.array { return array.flatMap(examples) }
        guard let object = value.object else { return [] }
        let named = object["examples"]?.object?.members.compactMap { $0.value.object?["value"] } ?? []
        return named.map { (object["schema"] ?? .null, $0) } + object.members.flatMap { examples(in: $0.value) }
    }

    @Test func itsExamplesFollowItsSchemas() {
        let all = examples(in: document.root)
        #expect(all.count >= 5)
        for (schema, example) in all {
            #expect(Schema(schema: schema, document: document).violations(in: example) == [])
        }
    }

    static let wrongHealths = [
        #"{}"#, #"{"status":"bad"}"#, #"{"status":"ok","more":1}"#, #"[]"#, #""ok""#,
    ]

    @Test(arguments: wrongHealths) func theCheckerSeesWhatIsWrong(json: String) throws {
        let violations = document.schema("Health").violations(in: try JSONValue(parsing: Array(json.utf8)))
        #expect(!violations.isEmpty)
    }

    @Test(arguments: [
        ("MessageID", #""msg_01""#), ("Time", #""2026-11-23T14:00:00Z""#), ("OptionalTime", "5"),
        ("MessageStatus", #""lost""#),
        ("Counts", #"{"queued":1}"#), ("StringMap", #"{"a":1}"#),
        ("Warning", #"{"code":"x","pointer":"","detail":""}"#),
    ])
    func theCheckerKnowsItsKeywords(schema: String, json: String) throws {
        #expect(!document.schema(schema).violations(in: try JSONValue(parsing: Array(json.utf8))).isEmpty)
    }

    @Test func theCheckerRefusesAnUndocumentedStatusAndType() {
        let teapot = Answer(status: 418, fields: [], body: [])
        #expect(!document.violations(in: teapot, to: "GET", "/livez").isEmpty)
        let fields = [(name: "Content-Type", value: "text/html"), (name: "Request-Id", value: "r")]
        #expect(!document.violations(in: Answer(status: 200, fields: fields, body: []), to: "GET", "/livez").isEmpty)
    }
}
