// ServiceTests.swift — health, keys and what every answer has.

import APITestSupport
import Crypto
import HTTP
import HTTPTypes
import JSON
import Queue
import Testing

@testable import API

/// Keys, health, the document, and what no route answers.
@Suite struct ServiceTests {
    @Test(arguments: [
        "GET /v1/messages", "POST /v1/messages", "GET /v1/messages/msg_1", "GET /v1/events", "GET /v1/webhooks",
        "POST /v1/webhooks", "DELETE /v1/webhooks/whk_1", "GET /metrics",
    ])
    func needsAKey(operation: String) async throws {
        try await withAPI { api in
            let words = operation.split(separator: " ").map(String.init)
            let answer = try await api.stranger.send(words[0], words[1])
            #expect(answer.status == 401)
            #expect(answer["code"] == .string("unauthenticated"))
            #expect(answer.field("WWW-Authenticate") == "Bearer")
        }
    }

    @Test(arguments: [
        "Bearer wrong", "Bearer", "Basic cm9vdDo=", "Bearer root-key-of-the-tests x", "root-key-of-the-tests",
    ])
    func refusesAWrongKey(authorization: String) async throws {
        try await withAPI { api in
            let answer = try await api.stranger.get("/v1/messages", ["Authorization": authorization])
            #expect(answer.status == 401)
        }
    }

    @Test func theSchemeIsReadInAnyCase() async throws {
        try await withAPI { api in
            let answer = try await api.stranger.get("/v1/messages", ["Authorization": "bearer \(APIFixture.key)"])
            #expect(answer.status == 200)
        }
    }

    @Test func inDevModeLoopbackNeedsNoKey() async throws {
        try await withAPI(configure: { $0.isDevMode = true }) { api in
            let answer = try await api.stranger.get("/v1/messages")
            #expect(answer.status == 200)
        }
    }

    @Test func inDevModeOthersStillNeedAKey() async throws {
        try await withAPI(configure: { $0.isDevMode = true }) { api in
            let authentication = Authentication(api.configuration)
            let head = HTTPRequest(method: .get, scheme: nil, authority: "localhost", path: "/v1/messages")
            for address in ["192.0.2.1", "::2", "10.127.0.1"] {
                #expect(throws: Problem.self) {
                    try authentication.caller(of: HTTPServerRequest(head: head, remoteAddress: address, id: "r"))
                }
            }
            let caller = try authentication.caller(of: HTTPServerRequest(head: head, remoteAddress: "::1", id: "r"))
            #expect(caller == .root)
        }
    }

    static let pages: [[String: String]] = [
        ["Origin": "https://elsewhere.example"], ["Origin": "null"], ["Sec-Fetch-Site": "cross-site"],
        ["Sec-Fetch-Site": "same-origin"], ["Host": "elsewhere.example:8080"], ["Host": "127.elsewhere.example"],
        ["Host": "localhost.elsewhere.example"], ["Host": "10.0.0.1"], ["Host": "[::2]:8080"], ["Host": "[::1:2]"],
    ]

    /// A page may post to loopback, and under its own name if that leads here by now.
    @Test(arguments: pages) func inDevModeAPageNeedsAKey(fields: [String: String]) async throws {
        try await withAPI(configure: { $0.isDevMode = true }) { api in
            let page = try await api.stranger.get("/v1/messages", fields)
            #expect(page.status == 401)
            #expect(
                page["detail"].string?.contains("Development mode needs none from a program on this machine") == true)
            let pageWithAKey = try await api.client.get("/v1/messages", fields)
            #expect(pageWithAKey.status == 200)
        }
    }

    @Test(arguments: ["LocalHost", "localhost:8080", "127.0.0.1:8080", "127.1", "[::1]", "[::1]:8080"])
    func inDevModeAProgramNeedsNone(host: String) async throws {
        try await withAPI(configure: { $0.isDevMode = true }) { api in
            let answer = try await api.stranger.get("/v1/messages", ["Host": host, "Sec-Fetch-Site": "none"])
            #expect(answer.status == 200)
        }
    }

    /// Whoever forgets the word would learn of it in production.
    @Test(arguments: ["pr_live_x", "Basic eDp5", "Bearer"]) func inDevModeAFieldOfAnotherFormIsRefused(field: String)
        async throws
    {
        try await withAPI(configure: { $0.isDevMode = true }) { api in
            let answer = try await api.stranger.get("/v1/messages", ["Authorization": field])
            #expect(answer.status == 401)
        }
    }

    @Test(arguments: ["/livez", "/readyz", "/openapi.yaml"]) func needsNoKey(path: String) async throws {
        try await withAPI { api in
            let answer = try await api.stranger.get(path)
            #expect(answer.status == 200)
        }
    }

    @Test func isNotReadyWhenTheStoreTakesNothing() async throws {
        try await withAPI { api in
            await api.store.close()
            let (ready, live) = (try await api.stranger.get("/readyz"), try await api.stranger.get("/livez"))
            #expect([ready.status, live.status] == [503, 200])
        }
    }

    @Test func servesMetricsAndTheDocumentAsTheyAre() async throws {
        try await withAPI(configure: { $0.renderMetrics = { Array("up 1\n".utf8) } }) { api in
            let metrics = try await api.client.get("/metrics")
            #expect(metrics.text == "up 1\n")
            let document = try await api.client.get("/openapi.yaml")
            #expect(document.body == OpenAPIDocument.shared.bytes)
        }
    }

    @Test func everyRouteIsDocumentedAndEveryOperationThere() async throws {
        try await withAPI { api in
            let routes = Set(API.routes(of: api.configuration).map { "\($0.method.rawValue) \($0.template)" })
            // The sandbox's routes are the program's own, and tested with it.
            #expect(routes == OpenAPIDocument.shared.operations.filter { !$0.contains(" /v1/sandbox/") })
        }
    }

    @Test(arguments: ["/", "/v1", "/v1/messages/", "/v2/messages", "/v1/domain", "/v1/messages/a/b/c"])
    func otherPathsAreNotFound(path: String) async throws {
        try await withAPI { api in
            let answer = try await api.client.get(path)
            #expect(answer.status == 404)
            #expect(answer["instance"] == .string(path))
        }
    }

    @Test(arguments: [
        ("DELETE", "/v1/messages", "GET, HEAD, POST"), ("POST", "/v1/events", "GET, HEAD"),
        ("PUT", "/livez", "GET, HEAD"),
    ])
    func otherMethodsAreNamed(method: String, path: String, allow: String) async throws {
        try await withAPI { api in
            let answer = try await api.client.send(method, path)
            #expect(answer.status == 405)
            #expect(answer["code"] == .string("method_not_allowed"))
            #expect(answer.field("Allow") == allow)
        }
    }

    @Test func headIsGetWithoutABody() async throws {
        try await withAPI { api in
            let head = try await api.client.send("HEAD", "/v1/messages")
            let get = try await api.client.get("/v1/messages")
            #expect(head.status == 200)
            #expect(head.body == [])
            #expect(head.field("Content-Length") == get.field("Content-Length"))
        }
    }

    @Test func whatIsNoHTTPGetsAProblemToo() async throws {
        try await withAPI { api in
            let answer = try await api.client.exchange("GET /livez HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n")
            #expect(answer.status == 400)
            #expect(answer["code"] == .string("malformed_request"))
            #expect(answer["request_id"].string == answer.field("Request-Id"))
            #expect(OpenAPIDocument.shared.schema("Problem").violations(in: answer.json) == [])
        }
    }

    @Test func aBodyThatIsAnnouncedTooLargeIsAProblem() async throws {
        try await withAPI { api in
            let answer = try await api.client.send("POST", "/v1/messages", ["Content-Length": "99999999999"])
            #expect(answer.status == 413)
            #expect(answer["code"] == .string("payload_too_large"))
        }
    }

    /// The body never comes: the answer is there before it would be read.
    @Test(arguments: [
        ("POST", "/v1/messages", "", 401), ("POST", "/v1/messages", "Authorization: Bearer wrong\r\n", 401),
        ("POST", "/v2/messages", "", 404), ("PUT", "/v1/messages", "", 405), ("POST", "/v1/%zz", "", 400),
    ])
    func aLargeBodyIsRefusedBeforeItIsRead(method: String, path: String, key: String, status: Int) async throws {
        try await withAPI { api in
            let answer = try await api.stranger.exchange(
                "\(method) \(path) HTTP/1.1\r\nHost: a\r\n\(key)Content-Length: 1000000\r\n\r\n")
            #expect(answer.status == status)
            #expect(method == "HEAD" || answer["request_id"].string == answer.field("Request-Id"))
            #expect(answer.field("Connection") == "close")
            let violations = OpenAPIDocument.shared.schema("Problem").violations(in: answer.json)
            #expect(method == "HEAD" || violations == [])
        }
    }

    @Test func aLargeBodyWithAKeyIsRead() async throws {
        try await withAPI { api in
            let text = String(repeating: "x", count: 100_000)
            let answer = try await api.client.post(
                "/v1/messages", #"{"from":"hello@acme.test","to":"bob@example.test","text":"\#(text)"}"#)
            #expect(answer.status == 202)
        }
    }

    @Test func tooMuchAtOnceIsAProblem() async throws {
        try await withAPI { api in
            let violation = HTTPViolation(status: 503, detail: "Too much.", retryAfter: 1)
            let answer = API(api.configuration).response(to: violation, id: "req_1")
            #expect(answer.head.status.code == 503)
            #expect(answer.head.headerFields[.retryAfter] == "1")
            #expect(String(decoding: answer.bytes ?? [], as: UTF8.self).contains(#""code":"unavailable""#))
        }
    }

    @Test func theExecutableMayAddRoutes() async throws {
        let route = APIRoute(.get, "/v1/sandbox/messages", .scope(.messagesContent)) { _ in
            .list([1, 2], hasMore: false, nextCursor: nil) { $0.integer($1) }
        }
        try await withAPI { api in
            let with = API(api.configuration, additionalRoutes: [route])
            var head = HTTPRequest(method: .get, scheme: nil, authority: nil, path: "/v1/sandbox/messages")
            let refused = await with.respond(to: HTTPServerRequest(head: head, remoteAddress: "::1", id: "r"))
            #expect(refused.head.status == .unauthorized)
            head.headerFields[.authorization] = "Bearer \(APIFixture.key)"
            let list = await with.respond(to: HTTPServerRequest(head: head, remoteAddress: "::1", id: "r"))
            #expect(
                String(decoding: list.bytes ?? [], as: UTF8.self)
                    == #"{"object":"list","data":[1,2],"has_more":false,"next_cursor":null}"#)
        }
    }
}
