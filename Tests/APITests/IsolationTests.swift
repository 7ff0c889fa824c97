// IsolationTests.swift — every route there is: without a key, without its scope, and with another project's things.
//
// Nothing here lists the routes. One that names something (`{…}`) and has no entry in `ForeignThing.all` fails the test.

import APITestSupport
import JSON
import Queue
import Testing

@testable import API

/// Something of a project, under its path, and how it comes about there.
private struct ForeignThing {
    /// The longest that a route's template begins with counts.
    let template: String
    /// Its path, made by the project it is of.
    let make: @Sendable (TestClient) async throws -> String
    /// The path of what never was.
    let absent: String

    static let all = [
        ForeignThing(
            template: "/v1/messages/{id}",
            make: { try await $0.made(at: "/v1/messages", APIFixture.message) },
            absent: "/v1/messages/msg_01ARZ3NDEKTSV4RRFFQ69G5FAV"),
        ForeignThing(
            template: "/v1/webhooks/{id}",
            make: { try await $0.made(at: "/v1/webhooks", #"{"url":"https://a.test/"}"#) },
            absent: "/v1/webhooks/whk_01ARZ3NDEKTSV4RRFFQ69G5FAV"),
        ForeignThing(
            template: "/v1/webhooks/{id}/deliveries/{event_id}",
            make: { client in
                let webhook = try await client.made(at: "/v1/webhooks", #"{"url":"https://a.test/"}"#)
                _ = try await client.made(at: "/v1/messages", APIFixture.message)
                let event = try await client.get("/v1/events")["data", "0", "id"].string
                return "\(webhook)/deliveries/\(try #require(event))"
            }, absent: "/v1/webhooks/whk_01ARZ3NDEKTSV4RRFFQ69G5FAV/deliveries/evt_01ARZ3NDEKTSV4RRFFQ69G5FAV"),
        ForeignThing(
            template: "/v1/domains/{name}",
            make: { try await $0.made(at: "/v1/domains", #"{"name":"acme.test"}"#) }, absent: "/v1/domains/never.test"),
        ForeignThing(
            template: "/v1/domains/{name}/dkim-keys/{selector}",
            make: { client in
                let domain = try await client.made(at: "/v1/domains", #"{"name":"acme.test"}"#)
                let selector = try await client.get(domain)["dkim_keys", "0", "selector"].string
                return "\(domain)/dkim-keys/\(try #require(selector))"
            }, absent: "/v1/domains/never.test/dkim-keys/s"),
        ForeignThing(
            template: "/v1/api-keys/{id}", make: { try await $0.made(at: "/v1/api-keys", #"{"name":"x"}"#) },
            absent: "/v1/api-keys/key_01ARZ3NDEKTSV4RRFFQ69G5FAV"),
        ForeignThing(
            template: "/v1/suppressions/{address}",
            make: { try await $0.made(at: "/v1/suppressions", #"{"address":"foreign@a.test"}"#) },
            absent: "/v1/suppressions/never@a.test"),
        ForeignThing(
            template: "/v1/queue/destinations/{domain}",
            make: { client in
                let to = #"{"from":"a@acme.test","to":"bob@foreign.test","subject":"Hi","text":"Hi"}"#
                _ = try await client.made(at: "/v1/messages", to)
                return "/v1/queue/destinations/foreign.test"
            }, absent: "/v1/queue/destinations/never.test"),
    ]

    static func of(_ route: APIRoute) -> ForeignThing? {
        let candidates = all.filter { route.template == $0.template || route.template.hasPrefix($0.template + "/") }
        guard let thing = candidates.max(by: { $0.template.count < $1.template.count }) else { return nil }
        return route.template.dropFirst(thing.template.count).contains("{") ? nil : thing
    }
}

/// What a route must be sent to get as far as looking for the thing; `{}` for all others.
private let bodies = [
    "PATCH /v1/messages/{id}": #"{"expires_after":"1h"}"#,
    "PATCH /v1/api-keys/{id}": #"{"name":"mine"}"#,
    "POST /v1/webhooks/{id}/replay": #"{"since":"2026-01-01T00:00:00Z"}"#,
]

/// Lists that do not end; they have tests of their own.
private let endless: Set = ["/v1/events/stream"]

extension TestClient {
    /// The path of what was made.
    fileprivate func made(at path: String, _ body: String) async throws -> String {
        let answer = try await post(path, body)
        return try #require(answer.field("Location"), "\(answer.text)")
    }

    fileprivate func ask(_ route: APIRoute, _ path: String) async throws -> Answer {
        let method = route.method.rawValue
        if method == "GET" || method == "DELETE" { return try await send(method, path) }
        let body = bodies["\(method) \(route.template)"] ?? "{}"
        return try await send(method, path, ["Content-Type": "application/json"], body)
    }
}

extension APIRoute {
    fileprivate var name: String { "\(method.rawValue) \(template)" }
    /// What everybody may see is nobody's.
    fileprivate var canBeForeign: Bool { isOfOneThing && !isForRoot && !needsNoKey }
    fileprivate var isOfOneThing: Bool { template.contains("{") }
    /// With something in the place of each name.
    fileprivate var anyPath: String {
        template.split(separator: "/").map { $0.first == "{" ? "/x" : "/\($0)" }.joined()
    }
    fileprivate var isForRoot: Bool {
        switch access {
        case .root, .rootOnly: true
        case .anyone, .anyKey, .scope: false
        }
    }
    fileprivate var needsNoKey: Bool { if case .anyone = access { true } else { false } }
}

@Suite struct IsolationTests {
    @Test func whatIsOfAnotherProjectIsNotThere() async throws {
        try await withAPI(configure: { $0.endpointURLFault = { _ in nil } }) { api in
            let mine = try await api.key().client
            for (number, route) in api.routes.filter(\.canBeForeign).enumerated() {
                guard let thing = ForeignThing.of(route) else {
                    Issue.record("\(route.name) names something: say in ForeignThing.all how another project has one")
                    continue
                }
                let owner = try await api.key(in: api.project("owner \(number)")).client
                let foreign = try await thing.make(owner)
                let rest = route.template.dropFirst(thing.template.count)
                let before = try await owner.traces()
                let answer = try await mine.ask(route, foreign + rest)
                let absent = try await mine.ask(route, thing.absent + rest)
                #expect(answer.status == 404, "\(route.name): \(answer.text)")
                #expect(answer.status == absent.status && answer["detail"] == absent["detail"], "\(route.name)")
                #expect(try await owner.traces() == before, "\(route.name) has changed something")
            }
        }
    }

    /// A tenant cannot tell its own project from one that is not there.
    @Test func whatOnlyTheRootKeySeesToIsNotThereForOthers() async throws {
        try await withAPI { api in
            let project = try await api.project()
            let tenant = try await api.key(in: project).client
            for route in api.routes.filter({ $0.isOfOneThing && $0.template.hasPrefix("/v1/projects/") }) {
                for id in [project, "prj_01ARZ3NDEKTSV4RRFFQ69G5FAV"] {
                    let answer = try await tenant.ask(route, route.template.replacing("{id}", with: id))
                    #expect(answer.status == 404 && answer["detail"] == .string("There is no such project."))
                }
            }
            #expect(try await tenant.get("/v1/whoami").status == 200)
        }
    }

    /// What each list shows to another project: nothing of these.
    @Test func listsShowOnlyWhatIsOfTheirProject() async throws {
        try await withAPI(configure: { $0.endpointURLFault = { _ in nil } }) { api in
            let (mine, owner) = (try await api.key().client, try await api.key(in: api.project()).client)
            var foreign: [String] = []
            for thing in ForeignThing.all where thing.template.filter({ $0 == "{" }).count == 1 {
                foreign.append(try await thing.make(owner).split(separator: "/").last.map(String.init) ?? "")
            }
            let lists = api.routes.filter {
                $0.method == .get && !$0.isOfOneThing && !$0.needsNoKey && !$0.isForRoot
                    && !endless.contains($0.template)
            }
            var seen = Set<String>()
            for list in lists {
                let (others, own) = (try await mine.get(list.template), try await owner.get(list.template))
                for id in foreign {
                    #expect(!others.text.contains("\"\(id)\""), "\(list.name)")
                    if own.text.contains("\"\(id)\"") { seen.insert(id) }
                }
            }
            #expect(seen == Set(foreign), "its owner finds each of them in some list")
        }
    }

    @Test func everyRouteAsksForItsKey() async throws {
        try await withAPI { api in
            for route in api.routes where !route.needsNoKey {
                let answer = try await api.stranger.ask(route, route.anyPath)
                #expect(answer.status == 401, "\(route.name)")
            }
        }
    }

    @Test func everyRouteAsksForItsScope() async throws {
        try await withAPI { api in
            var lacking: [Scope: TestClient] = [:]
            for scope in Scope.allCases {
                lacking[scope] = try await api.key(Scope.allCases.filter { $0 != scope }).client
            }
            for route in api.routes {
                switch route.access {
                case .anyone, .anyKey: continue
                case .scope(let scope):
                    let answer = try await lacking[scope]?.ask(route, route.anyPath)
                    #expect(answer?.status == 403, "\(route.name)")
                    #expect(answer?["detail"] == .string("This key lacks the scope \(scope.rawValue)."))
                case .root:
                    #expect(try await lacking[.metrics]?.ask(route, route.anyPath).status == 403, "\(route.name)")
                case .rootOnly:
                    #expect(try await lacking[.metrics]?.ask(route, route.anyPath).status == 404, "\(route.name)")
                }
            }
        }
    }

    @Test func anIdempotencyKeyIsOfItsProject() async throws {
        try await withAPI { api in
            let clients = [try await api.key().client, try await api.key(in: api.project()).client]
            var ids = Set<String>()
            for client in clients {
                let fields = ["Idempotency-Key": "4711"]
                let first = try await client.post("/v1/messages", APIFixture.message, fields)
                let again = try await client.post("/v1/messages", APIFixture.message, fields)
                #expect(first.status == 202 && again["id"] == first["id"])
                ids.insert(first["id"].string ?? "")
            }
            #expect(ids.count == 2)
        }
    }

    /// Each project has its own keys for it, and nobody else's sign or verify.
    @Test func twoProjectsMayRegisterOneDomain() async throws {
        try await withAPI { api in
            let clients = [try await api.key().client, try await api.key(in: api.project()).client]
            var selectors: [JSONValue] = []
            for client in clients {
                let answer = try await client.post("/v1/domains", #"{"name":"acme.test"}"#)
                #expect(answer.status == 201)
                selectors.append(answer["dkim_keys", "0", "selector"])
                #expect(try await client.post("/v1/domains", #"{"name":"acme.test"}"#).status == 409)
            }
            #expect(selectors[0] != selectors[1])
            #expect(try await clients[0].delete("/v1/domains/acme.test").status == 200)
            #expect(try await clients[1].get("/v1/domains/acme.test")["dkim_keys", "0", "selector"] == selectors[1])
        }
    }
}

extension APIFixture {
    fileprivate var routes: [APIRoute] { API.routes(of: configuration) }
}

extension TestClient {
    /// All that a project can see of itself.
    fileprivate func traces() async throws -> [String] {
        var traces: [String] = []
        let lists = [
            "/v1/messages", "/v1/events", "/v1/webhooks", "/v1/domains", "/v1/api-keys", "/v1/queue",
            "/v1/suppressions",
        ]
        for list in lists {
            traces.append(try await get(list).text)
        }
        return traces
    }
}
