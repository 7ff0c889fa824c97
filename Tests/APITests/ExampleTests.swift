import APITestSupport
import Events
import JSON
import Queue
import Testing

@testable import API

/// What the description gives as examples is what is sent and received, on the day that they are of.
@Suite struct ExampleTests {
    private static let document = OpenAPIDocument.shared

    /// The bodies of an operation's requests, by the names of the examples.
    private static func requests(of operation: String) -> [JSONObject.Member] {
        let words = operation.split(separator: " ").map(String.init)
        let content = document.root.object?["paths"]?.object?[words[1]]?.object?[words[0].lowercased()]?
            .object?["requestBody"]?.object?["content"]?.object?["application/json"]
        return content?.object?["examples"]?.object?.members ?? []
    }

    @Test func everyRequestIsTaken() async throws {
        try await withAPI { api in
            api.clock.advance(by: try #require(Timestamp(rfc3339: "2026-11-23T14:00:00Z")) - api.clock.now)
            for operation in Self.document.operations.sorted() {
                let words = operation.split(separator: " ").map(String.init)
                let path = words[1].replacing("{name}", with: "acme.example").replacing("{id}", with: "none")
                for example in Self.requests(of: operation) {
                    let body = example.value.object?["value"] ?? .null
                    let answer = try await api.client.send(
                        words[0], path, ["Content-Type": "application/json"],
                        String(decoding: body.bytes, as: UTF8.self))
                    #expect(![400, 415, 422].contains(answer.status), "\(operation) \(example.name): \(answer.text)")
                }
            }
        }
    }

    private static let problems: [String: JSONValue] = {
        let responses = document.resolve("#/components/responses").object?.members ?? []
        let examples = responses.flatMap { response in
            response.value.object?["content"]?.object?["application/problem+json"]?.object?["examples"]?.object?
                .members ?? []
        }
        return Dictionary(uniqueKeysWithValues: examples.map { ($0.name, $0.value.object?["value"] ?? .null) })
    }()

    @Test func everyCodeHasAnExampleThatIsLikeIt() {
        for code in Problem.Code.allCases where ![.methodNotAllowed, .rateLimited].contains(code) {
            let example = Self.problems.values.first { $0.object?["code"]?.string == code.rawValue }?.object
            #expect(example?["type"]?.string == "/problems/\(code.rawValue)")
            #expect(example?["title"]?.string == code.title)
            #expect(example?["status"]?.number?.int64 == Int64(code.status))
        }
    }

    /// Every member with its value, but for that which is another each time; the order of members says nothing.
    private static func lines(_ value: JSONValue, at place: String = "#") -> [String] {
        switch value {
        case .object(let object):
            object.members.filter { $0.name != "request_id" }.flatMap { lines($0.value, at: "\(place)/\($0.name)") }
                .sorted()
        case .array(let elements): elements.enumerated().flatMap { lines($1, at: "\(place)/\($0)") }
        case .null, .bool, .number, .string: ["\(place) \(String(decoding: value.bytes, as: UTF8.self))"]
        }
    }

    private func expect(_ name: String, is answer: Answer) throws {
        #expect(Self.lines(try #require(Self.problems[name])) == Self.lines(answer.json), "\(name)")
    }

    @Test func problemsAreReceivedAsTheyAreDescribed() async throws {
        try await withAPI { api in
            let client = api.client
            try expect("noKey", is: try await api.stranger.get("/v1/messages"))
            try expect("notJSON", is: try await client.post("/v1/messages", #"{"subject":}"#))
            try expect("malformed", is: try await client.get("/v1/messages?to=%FF"))
            try expect("noMessage", is: try await client.get("/v1/messages/msg_01KB0Q5S7ZEQ0V3M8F4W2N6T9A"))
            try expect("xml", is: try await client.send("POST", "/v1/webhooks", ["Content-Type": "text/xml"], "<a/>"))
            let wrong = #"{"from":"a@acme.example","to":["b@acme.example","bob"],"subjct":"Hi","text":"Hi"}"#
            try expect("wrongFields", is: try await client.post("/v1/messages", wrong))
            _ = try await client.post("/v1/domains", #"{"name":"acme.example"}"#)
            try expect("registered", is: try await client.post("/v1/domains", #"{"name":"acme.example"}"#))
            _ = try await client.post("/v1/messages", APIFixture.message, ["Idempotency-Key": "k"])
            let other = APIFixture.message.replacing("4711", with: "4712")
            try expect("keyReused", is: try await client.post("/v1/messages", other, ["Idempotency-Key": "k"]))
            await api.store.close()
            try expect("stopping", is: try await client.post("/v1/messages", APIFixture.message))
        }
        try await withAPI(configure: { $0.terms.requiresVerifiedDomain = true }) { api in
            let message = APIFixture.message.replacing("acme.test", with: "acme.example")
            try expect("notVerified", is: try await api.client.post("/v1/messages", message))
        }
    }
}
