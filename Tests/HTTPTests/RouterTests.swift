// RouterTests.swift — which route a request means, and with what.

import HTTPTypes
import Testing

@testable import HTTP

private let templates: [(method: HTTPRequest.Method, template: String)] = [
    (.get, "/"), (.post, "/v1/messages"), (.get, "/v1/messages"), (.get, "/v1/messages/latest"),
    (.get, "/v1/messages/{id}"), (.get, "/v1/messages/{id}/attempts"), (.delete, "/v1/{kind}/{id}"),
]
private let router = Router(templates)

private func route(_ method: HTTPRequest.Method, _ path: String) -> String {
    let head = HTTPRequest(method: method, scheme: "http", authority: "a.test", path: path)
    switch router.route(HTTPServerRequest(head: head, remoteAddress: "", id: "req_1")) {
    case .found(let index, let route):
        let parameters = route.parameters.sorted { $0.key < $1.key }.map { "\($0)=\($1)" }.joined(separator: ",")
        return "\(templates[index].template) \(parameters)"
    case .notFound: return "404"
    case .methodNotAllowed(let allow): return "405 " + allow.map(\.rawValue).joined(separator: ", ")
    case .malformed(let detail): return "400 " + detail
    }
}

struct RouterTests {
    @Test(arguments: [
        (HTTPRequest.Method.get, "/", "/ "), (.get, "/?a=b", "/ "), (.post, "/v1/messages", "/v1/messages "),
        (.head, "/v1/messages", "/v1/messages "), (.get, "/v1/messages/msg_1", "/v1/messages/{id} id=msg_1"),
        (.get, "/v1/messages/latest", "/v1/messages/latest "),
        (.get, "/v1/messages/a%2Fb%C3%A9", "/v1/messages/{id} id=a/bé"),
        (.get, "/v1/messages/latest/attempts", "/v1/messages/{id}/attempts id=latest"),
        (.delete, "/v1/webhooks/7", "/v1/{kind}/{id} id=7,kind=webhooks"), (.get, "/v1/messages/", "404"),
        (.get, "", "404"),
        (.get, "/v1", "404"), (.get, "/v1/messages/x/y", "404"), (.get, "*", "404"), (.get, "/V1/messages", "404"),
        (.put, "/v1/messages", "405 GET, HEAD, POST"), (.get, "/v1/webhooks/7", "405 DELETE"),
        (.get, "/v1/messages/%", "400 The path is malformed."), (.get, "/%C3", "400 The path is malformed."),
        (.get, "/?a=%zz", "400 The query is malformed."), (.get, "/?a=%ff", "400 The query is malformed."),
    ])
    func routes(method: HTTPRequest.Method, path: String, outcome: String) {
        #expect(route(method, path) == outcome)
    }

    @Test func readsTheQueryInOrder() throws {
        let query = try #require(QueryParameters(parsing: Array("b=1&a=x+y%2B&b=%C3%A9&c&&=".utf8)[...]))
        #expect(query.all.map { "\($0.name)=\($0.value)" } == ["b=1", "a=x y+", "b=é", "c=", "="])
        #expect(query["b"] == "1")
        #expect(query.values(of: "b") == ["1", "é"])
        #expect(query["d"] == nil)
    }
}

struct HTTPDateTests {
    @Test(arguments: [(784_111_777, "Sun, 06 Nov 1994 08:49:37 GMT"), (951_782_400, "Tue, 29 Feb 2000 00:00:00 GMT")])
    func formatsDates(second: Int, date: String) {
        #expect(HTTPDate.format(second) == date)
    }
}
