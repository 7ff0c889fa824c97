import APITestSupport
import JSON
import Testing

@testable import API

/// The document itself, and that the checker which holds answers against it can say no.
@Suite struct OpenAPIDocumentTests {
    private let document = OpenAPIDocument.shared

    /// Each media type's schema with each of its examples.
    private func examples(in value: JSONValue) -> [(schema: JSONValue, example: JSONValue)] {
        if let array = value.array { return array.flatMap(examples) }
        guard let object = value.object else { return [] }
        // Those of the components have no schema; whoever refers to them does.
        let named =
            object["schema"] == nil
            ? [] : object["examples"]?.object?.members.compactMap { following($0.value).object?["value"] } ?? []
        return named.map { (object["schema"] ?? .null, $0) } + object.members.flatMap { examples(in: $0.value) }
    }

    private func following(_ value: JSONValue) -> JSONValue {
        value.object?["$ref"]?.string.map { document.resolve($0) } ?? value
    }

    private var operations: [(name: String, value: JSONObject)] {
        document.operations.sorted().compactMap { name in
            let words = name.split(separator: " ").map(String.init)
            let path = document.root.object?["paths"]?.object?[words[1]]
            return path?.object?[words[0].lowercased()]?.object.map { (name, $0) }
        }
    }

    /// JSON contents of requests and answers, each with where it stands.
    private var contents: [(place: String, content: JSONObject)] {
        operations.flatMap { name, operation in
            let bodies =
                [("body", operation["requestBody"] ?? .null)]
                + (operation["responses"]?.object?.members ?? []).map { ($0.name, following($0.value)) }
            return bodies.flatMap { place, body in
                (body.object?["content"]?.object?.members ?? []).filter { $0.name.hasSuffix("json") }
                    .compactMap { content in
                        content.value.object.map { ("\(name) \(place) \(content.name)", $0) }
                    }
            }
        }
    }

    /// Of `GET /v1/messages 404 application/json`.
    private func isProblem(_ place: String) -> Bool {
        let status = place.split(separator: " ")[2]
        return status.hasPrefix("4") || status.hasPrefix("5")
    }

    /// A problem as application/json is the same as the other.
    @Test func everyBodyInJSONHasAnExample() {
        for (place, content) in contents where !(isProblem(place) && place.hasSuffix(" application/json")) {
            #expect(content["examples"]?.object?.isEmpty == false, "\(place)")
        }
    }

    @Test func everyOperationMayFindAnUnknownParameter() {
        for (name, operation) in operations {
            #expect(operation["responses"]?.object?["422"] != nil, "\(name)")
        }
    }

    /// What is nobody's needs no key, the rest one, and most a scope of it.
    @Test func everyOperationNamesTheScopeThatItAsksFor() async throws {
        let security = Dictionary(uniqueKeysWithValues: operations.map { ($0.name, $0.value["security"]) })
        try await withAPI { api in
            for route in API.routes(of: api.configuration) {
                let name = "\(route.method.rawValue) \(route.template)"
                let asked = security[name].flatMap { $0 }?.array
                #expect(asked?.first?.object?["bearer"]?.array?.compactMap(\.string) == route.access.names, "\(name)")
                if case .anyone = route.access { #expect(asked == []) }
            }
        }
    }

    @Test func everyLinkLeadsToAnOperationWithTheseParameters() {
        let parameters = Dictionary(
            uniqueKeysWithValues: operations.map { name, operation in
                let path = document.root.object?["paths"]?.object?[String(name.drop { $0 != " " }.dropFirst())]
                let lists = [path?.object?["parameters"], operation["parameters"]].flatMap { $0?.array ?? [] }
                let names = lists.compactMap { following($0).object?["name"]?.string }
                return (operation["operationId"]?.string ?? "", Set(names))
            })
        let links = operations.flatMap { $0.value["responses"]?.object?.members ?? [] }
            .flatMap { $0.value.object?["links"]?.object?.members ?? [] }
        #expect(links.count >= 10)
        for link in links {
            let target = parameters[link.value.object?["operationId"]?.string ?? ""]
            let named = link.value.object?["parameters"]?.object?.members.map(\.name) ?? []
            #expect(target?.isSuperset(of: named) == true, "\(link.name)")
        }
    }

    @Test func itsExamplesFollowItsSchemas() {
        let all = examples(in: document.root)
        #expect(all.count >= 40)
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

extension APIRoute.Access {
    /// As the description has them; nil for who needs none, or any key.
    fileprivate var names: [String]? {
        switch self {
        case .anyone, .anyKey: nil
        case .scope(let scope): [scope.rawValue]
        case .root, .rootOnly: ["root"]
        }
    }
}
