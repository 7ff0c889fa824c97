import APITestSupport
import HTTP
import JSON
import Testing

@testable import API

/// Nothing unknown is passed over: what a request says that has no place here is named, with what was meant.
@Suite struct SuggestionTests {
    /// Every route with its parameters, which are documented, and none that are not.
    @Test func everyQueryParameterIsDocumented() async throws {
        try await withAPI { api in
            for route in API.routes(of: api.configuration) {
                let operation = "\(route.method.rawValue) \(route.template)"
                #expect(OpenAPIDocument.shared.queryParameters(of: operation) == Set(route.query), "\(operation)")
            }
        }
    }

    @Test func everyRouteRefusesAParameterThatItDoesNotKnow() async throws {
        try await withAPI { api in
            for route in API.routes(of: api.configuration) {
                let path = route.template.replacing("{id}", with: "msg_1").replacing("{name}", with: "acme.test")
                    .replacing("{selector}", with: "s").replacing("{code}", with: "conflict")
                let fields = route.method == .post ? ["Content-Type": "application/json"] : [:]
                let answer = try await api.client.send(
                    route.method.rawValue, path + "?nonsense=canary", fields, route.method == .post ? "{}" : "")
                // What there is not, or what cannot be read, may be found out first.
                guard ![404, 400].contains(answer.status) || route.query.isEmpty else { continue }
                #expect(answer.status == 422, "\(route.method) \(path)")
                #expect(answer.errors.contains("?nonsense unknown_parameter"), "\(route.method) \(path)")
                #expect(!answer.text.contains("canary"), "what is unknown may be a secret")
            }
        }
    }

    @Test(arguments: [
        ("/v1/message", "/v1/messages"), ("/messages", "/v1/messages"), ("/v1/messages/", "/v1/messages"),
        ("/v1/Messages/msg_1/atempts", "/v1/messages/{id}/attempts"), ("/v1/webhook", "/v1/webhooks"),
        ("/domain/acme.test/verfy", "/v1/domains/{name}/verify"), ("/readz", "/readyz"),
        ("/openapi.yml", "/openapi.yaml"), ("//v1//events", "/v1/events"),
    ])
    func aPathThatIsNearIsNamed(path: String, template: String) async throws {
        try await withAPI { api in
            let answer = try await api.client.get(path)
            #expect(answer.status == 404)
            #expect(answer["detail"] == .string("There is nothing at this path. Did you mean \(template)?"))
        }
    }

    @Test(arguments: ["/", "/v9/something/else", "/a/b/c/d/e/f/g/h/i/j", "/wp-login.php"])
    func aPathThatIsNotNearHasNoSuggestion(path: String) async throws {
        try await withAPI { api in
            let answer = try await api.client.get(path)
            #expect(answer["detail"] == .string("There is nothing at this path."))
        }
    }

    @Test func aMethodThatIsNotServedIsNamed() async throws {
        try await withAPI { api in
            let answer = try await api.client.send("PUT", "/v1/messages")
            #expect(answer["detail"] == .string("PUT is not served here: this path takes GET, HEAD, POST."))
            let trace = try await api.client.send("TRACE", "/livez")
            #expect(trace.status == 405)
            #expect(trace.field("Allow") == "GET, HEAD")
        }
    }

    @Test func aMediaTypeThatIsNotTakenIsNamed() async throws {
        try await withAPI { api in
            let xml = try await api.client.send("POST", "/v1/webhooks", ["Content-Type": "text/xml; a=b"], "<a/>")
            #expect(
                xml["detail"].string == "Send the body as Content-Type: application/json; it came as text/xml; a=b.")
            let none = try await api.client.send("POST", "/v1/messages", [:], "{}")
            #expect(none["detail"].string?.hasSuffix("it came without one.") == true)
            let coded = try await api.client.send(
                "POST", "/v1/messages", ["Content-Type": "application/json", "Content-Encoding": "br"], "{}")
            #expect(coded["detail"].string == "Send the body without a Content-Encoding, not as br.")
        }
    }

    static let wrong: [(body: String, pointer: String, received: String?)] = [
        (#"{"subjct":"canary"}"#, "#/subjct", "subjct"),
        (#"{"from":{"email":"a@b.test","nane":"canary"}}"#, "#/from/nane", "nane"),
        (#"{"attachments":[{"filname":"canary"}]}"#, "#/attachments/0/filname", "filname"),
        (#"{"text":["canary"]}"#, "#/text", "(not repeated here)"),
        (#"{"html":"canary\u0000"}"#, "#/html", "(not repeated here)"),
        (#"{"raw":"canary"}"#, "#/raw", "(not repeated here)"),
        (
            #"{"attachments":[{"filename":"a","content":"canary!"}]}"#, "#/attachments/0/content",
            "(not repeated here)"
        ),
        (#"{"attachments":[{"filename":"a/b","content":""}]}"#, "#/attachments/0/filename", "a/b"),
        (#"{"attachments":[{"filename":"a","content":"","content_type":"x"}]}"#, "#/attachments/0/content_type", "x"),
        (#"{"headers":{"X-A":"1","x-a":"2"}}"#, "#/headers/x-a", "x-a"),
        (#"{"headers":{"Authorization":5}}"#, "#/headers/Authorization", "(not repeated here)"),
        (#"{"tls":"maybe"}"#, "#/tls", "maybe"), (#"{"expires_after":"1y"}"#, "#/expires_after", "1y"),
    ]

    @Test(arguments: wrong)
    func everyErrorSaysWhatCameButNoMessagesText(body: String, pointer: String, received: String?) async throws {
        try await withAPI { api in
            let answer = try await api.client.post("/v1/messages", body)
            let error = answer["errors"].array?.first { $0.object?["pointer"]?.string == pointer }
            #expect(error?.object?["received"]?.string == received)
            #expect(!answer.text.contains("canary"))
        }
    }
}
