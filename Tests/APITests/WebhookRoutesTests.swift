// WebhookRoutesTests.swift — /v1/webhooks: endpoints, their secrets, tests and deliveries.

import APITestSupport
import Crypto
import Foundation
import JSON
import Queue
import Testing

@testable import API

@Suite struct WebhookRoutesTests {
    private func create(_ api: APIFixture, _ body: String = #"{"url":"https://app.test/hooks"}"#) async throws -> Answer
    {
        try await api.client.post("/v1/webhooks", body)
    }

    @Test func theSecretIsShownOnce() async throws {
        try await withAPI { api in
            let created = try await create(
                api, #"{"url":"https://app.test/hooks","types":["message.bounced","message.bounced"]}"#)
            #expect(created.status == 201)
            #expect(created["types"] == .array([.string("message.bounced")]))
            #expect(created["secret"].string?.hasPrefix("whsec_") == true)
            let shown = try await api.client.get(try #require(created.field("Location")))
            #expect(shown.status == 200)
            #expect(shown["id"] == created["id"])
            #expect(shown["secret"] == .null)
        }
    }

    @Test func theStoreHasTheSecretSealed() async throws {
        try await withAPI { api in
            let secret = try await create(api)["secret"].string ?? ""
            let stored = try #require(try await api.store.endpoints(in: nil).first)
            let opened = try SecretBox.ofTheTests.open(stored.secret, for: "webhook-secret:\(stored.id)")
            #expect(String(decoding: opened, as: UTF8.self) == secret)
            for name in ["postrider.sqlite", "postrider.sqlite-wal"] {
                let file = try Data(contentsOf: URL(filePath: api.directory + "/" + name))
                #expect(file.range(of: Data(secret.utf8)) == nil)
            }
        }
    }

    @Test func noTwoSecretsAreAlike() async throws {
        try await withAPI { api in
            let secrets = Set([try await create(api)["secret"].string, try await create(api)["secret"].string])
            #expect(secrets.count == 2)
        }
    }

    @Test(arguments: [
        ("{}", ["#/url required"]), (#"{"url":5}"#, ["#/url invalid_type"]),
        (#"{"url":"http://10.0.0.1/"}"#, ["#/url invalid_url"]),
        (#"{"url":"https://a.test/\n"}"#, ["#/url control_character"]),
        (#"{"url":"https://a.test/","types":"message.bounced"}"#, ["#/types invalid_type"]),
        (
            #"{"url":"https://a.test/","types":["message.lost",1]}"#,
            ["#/types/0 invalid_value", "#/types/1 invalid_value"]
        ),
        (#"{"uri":"https://a.test/"}"#, ["#/uri unknown_member", "#/url required"]),
        (#"{"url":"https://a.test/","timeout_seconds":31}"#, ["#/timeout_seconds out_of_range"]),
        (#"{"url":"https://a.test/","timeout_seconds":"15"}"#, ["#/timeout_seconds invalid_type"]),
        (#"{"url":"https://a.test/","max_concurrency":0}"#, ["#/max_concurrency out_of_range"]),
        (#"{"url":"https://a.test/","max_concurrency":1.5}"#, ["#/max_concurrency out_of_range"]),
        (
            #"{"url":"https://a.test/","tags":{"a b":"c","d":5}}"#,
            ["#/tags/a%20b invalid_value", "#/tags/d invalid_type"]
        ),
        (#"{"url":"https://a.test/","headers":["x"]}"#, ["#/headers invalid_type"]),
        (#"{"url":"https://a.test/","headers":{"x":"***"}}"#, ["#/headers/x invalid_value"]),
        (#"{"url":"https://a.test/","headers":{"x":"a\r\nb: c"}}"#, ["#/headers/x control_character"]),
        (#"{"url":"https://a.test/","headers":{"x":"a\u0000"}}"#, ["#/headers/x control_character"]),
        (
            #"{"url":"https://a.test/","headers":{"x y":"a","":"a"}}"#,
            ["#/headers/x%20y invalid_value", "#/headers/ invalid_value"]
        ),
        (#"{"url":"https://a.test/","headers":{"X":"a","x":"b"}}"#, ["#/headers/x invalid_value"]),
        (#"{"url":"https://a.test/","headers":{"Host":"a"}}"#, ["#/headers/Host not_allowed"]),
        (#"{"url":"https://a.test/","headers":{"webhook-id":"a"}}"#, ["#/headers/webhook-id not_allowed"]),
        (#"{"url":"https://a.test/","description":"a\nb"}"#, ["#/description control_character"]),
    ])
    func refusesAWrongEndpoint(body: String, errors: [String]) async throws {
        let configure = { (configuration: inout APIConfiguration) in
            configuration.endpointURLFault = { $0.hasPrefix("https://") ? nil : "The URL must be https." }
        }
        try await withAPI(configure: configure) { api in
            let answer = try await create(api, body)
            #expect(answer.status == 422)
            #expect(answer.errors == errors)
        }
    }

    @Test func endpointsAreListedNewestFirstInPages() async throws {
        try await withAPI { api in
            var ids: [JSONValue] = []
            for _ in 1...3 {
                ids.append(try await create(api)["id"])
                api.clock.advance(by: .seconds(1))
            }
            let first = try await api.client.get("/v1/webhooks?limit=2")
            let second = try await api.client.get("/v1/webhooks?limit=2&cursor=\(first["next_cursor"].string ?? "")")
            let listed = [first, second].flatMap { $0["data"].array ?? [] }.map { $0.object?["id"] ?? .null }
            #expect(listed == ids.reversed())
        }
    }

    @Test func aDeletedEndpointIsGone() async throws {
        try await withAPI { api in
            let path = try #require(try await create(api).field("Location"))
            #expect(try await api.client.delete(path)["deleted"] == .bool(true))
            #expect(try await api.client.get(path).status == 404)
            #expect(try await api.client.delete(path).status == 404)
            #expect(try await api.client.post("\(path)/test", "").status == 404)
            #expect(try await api.client.get("\(path)/deliveries").status == 404)
        }
    }

    @Test func deliveriesShowEveryTryNewestFirst() async throws {
        try await withAPI { api in
            let path = try #require(try await create(api).field("Location"))
            let endpoint = try #require(EndpointID(path.split(separator: "/").last ?? ""))
            let event = try #require(try await api.store.appendTestEvent(to: endpoint, in: .default, at: api.clock.now))
            let now = api.clock.now
            for (number, status) in [(1, nil), (2, 500), (3, 204)] as [(Int, Int?)] {
                let post = PostRecord(
                    endpoint: endpoint, event: event.seq, number: number, startedAt: now, latency: .milliseconds(40),
                    status: status, error: status == nil ? "timed out" : nil,
                    outcome: status == 204 ? .succeeded : .retry(at: now + .seconds(5)))
                try await api.store.record([post], cursors: [endpoint: event.seq])
            }
            let first = try await api.client.get("\(path)/deliveries?limit=1")
            #expect(first["data", "0", "status"] == .string("succeeded"))
            #expect(first["data", "0", "event_id"] == .string(event.id.description))
            let rest = try await api.client.get("\(path)/deliveries?cursor=\(first["next_cursor"].string ?? "")")
            #expect(rest["data", "0", "response_status"].number?.int64 == 500)
            #expect(rest["data", "1", "error"] == .string("timed out"))
            #expect(rest["data", "1", "latency_ms"].number?.int64 == 40)
        }
    }
}

extension WebhookRoutesTests {
    @Test func aProjectHasAHundredAtMost() async throws {
        try await withAPI { api in
            let (store, now) = (api.store, api.clock.now)
            try await withThrowingTaskGroup(of: Bool.self) { group in
                for _ in 1...100 {
                    let endpoint = Endpoint(
                        id: EndpointID(at: now), url: "https://app.test/", types: [], secret: "v1.x", createdAt: now)
                    group.addTask { try await store.createEndpoint(endpoint) != nil }
                }
                for try await isCreated in group { #expect(isCreated) }
            }
            let body = #"{"url":"https://app.test/hooks"}"#
            #expect(try await api.client.post("/v1/webhooks", body).status == 409)
            let first = try #require(try await store.endpoints(in: .default).first)
            #expect(try await api.client.delete("/v1/webhooks/\(first.id)").status == 200)
            #expect(try await api.client.post("/v1/webhooks", body).status == 201)
        }
    }
}
