// WebhookPostRoutesTests.swift — tests, deliveries, and posts made again: /v1/webhooks/{id}/test, /deliveries, /replay.

import APITestSupport
import Events
import JSON
import Queue
import Synchronization
import TestSupport
import Testing

@testable import API

@Suite struct WebhookPostRoutesTests {
    private func create(_ api: APIFixture) async throws -> (path: String, endpoint: Endpoint) {
        let created = try await api.client.post("/v1/webhooks", #"{"url":"https://app.test/hooks"}"#)
        let endpoint = try #require(try await api.store.endpoints(in: nil).first)
        return (created.field("Location") ?? "", endpoint)
    }

    private func post(_ event: Int64, to endpoint: Endpoint, _ api: APIFixture, status: Int) async throws {
        try await api.store.record(
            [
                PostRecord(
                    endpoint: endpoint.id, event: event, number: 1, startedAt: api.clock.now, latency: .zero,
                    status: status, error: status == 200 ? nil : "no", outcome: status == 200 ? .succeeded : .givenUp)
            ], cursors: [endpoint.id: event])
    }

    private func answering(_ status: Int?) -> (inout APIConfiguration) -> Void {
        { configuration in
            let (store, clock) = (configuration.store, configuration.clock)
            configuration.testEndpoint = { endpoint, type in
                let event = try await store.appendTestEvent(
                    to: endpoint.id, in: endpoint.project, at: clock.now,
                    data: type.flatMap { EventExample.data(of: $0) })
                return event.map { event in
                    EndpointTrial(
                        event: event, startedAt: clock.now, latency: .milliseconds(12), status: status,
                        headers: [("x-one", "a"), ("set-cookie", "b"), ("x-one", "c")], body: [0x68, 0x69, 0xFF],
                        error: status == 200 ? nil : "it failed")
                }
            }
        }
    }

    @Test func aTestTellsWhatWasAnswered() async throws {
        try await withAPI(configure: answering(200)) { api in
            let answer = try await api.client.send("POST", "\(create(api).path)/test")
            #expect(answer.status == 200 && answer["status"].string == "succeeded" && answer["error"] == .null)
            #expect(answer["response", "status"].number?.int64 == 200 && answer["latency_ms"].number?.int64 == 12)
            #expect(answer["response", "headers", "x-one"].string == "a, c")
            #expect(answer["response", "body"].string == "hi\u{FFFD}")
            let logged = try await api.client.get("/v1/events?types=webhook.test")
            #expect(logged["data", "0", "id"] == answer["event_id"])
        }
    }

    @Test func aTestTellsThatNothingWasAnswered() async throws {
        try await withAPI(configure: answering(nil)) { api in
            let answer = try await api.client.post("\(create(api).path)/test", "{}")
            #expect(answer["status"].string == "failed" && answer["error"].string == "it failed")
            #expect(answer["response"] == .null)
        }
    }

    @Test func fewTestsOfAWebhookAreUnderWay() async throws {
        let gate = AsyncStream<Void>.makeStream(), started = Mutex(0)
        try await withAPI(configure: { configuration in
            configuration.testEndpoint = { _, _ in
                started.withLock { $0 += 1 }
                for await _ in gate.stream {}
                return nil
            }
        }) { api in
            let path = try await create(api).path, client = api.client
            try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 1...4 { group.addTask { try await client.send("POST", "\(path)/test").status } }
                await until { started.withLock(\.self) == 4 }
                #expect(try await client.send("POST", "\(path)/test").status == 409)
                gate.continuation.finish()
                for try await status in group { #expect(status == 404) }
            }
            #expect(try await client.send("POST", "\(path)/test").status == 404)
        }
    }

    /// The client holds each against the schema of events.
    @Test(arguments: EventType.allCases) func aTestLooksLikeAnEvent(type: EventType) async throws {
        try await withAPI(configure: answering(200)) { api in
            let answer = try await api.client.post("\(create(api).path)/test", #"{"type":"\#(type.rawValue)"}"#)
            #expect(answer.status == 200)
            let logged = try await api.client.get("/v1/events")["data", "0"]
            #expect(logged.object?["type"]?.string == "webhook.test")
            let event = try #require(try await api.store.events(in: .default, after: 0, types: [], limit: 1).first)
            let posted = try JSONValue(parsing: EventPayload.bytes(of: event))
            #expect(OpenAPIDocument.shared.schema("Event").violations(in: posted) == [])
            #expect(posted.object?["type"]?.string == type.rawValue)
        }
    }

    @Test(arguments: [
        (#"{"type":"message.lost"}"#, ["#/type invalid_value"]), (#"{"kind":"x"}"#, ["#/kind unknown_member"]),
    ])
    func refusesAWrongTest(body: String, errors: [String]) async throws {
        try await withAPI(configure: answering(200)) { api in
            let answer = try await api.client.post("\(create(api).path)/test", body)
            #expect(answer.errors == errors)
        }
    }

    @Test func deliveriesAreFiltered() async throws {
        try await withAPI { api in
            let (path, endpoint) = try await create(api)
            for _ in 0..<2 { _ = try await api.accept() }
            try await post(1, to: endpoint, api, status: 500)
            try await post(2, to: endpoint, api, status: 200)
            let id = try await api.client.get("/v1/events")["data", "0", "id"].string ?? ""
            for (query, statuses) in [
                ("", [200, 500]), ("?status=failed", [500]), ("?status=succeeded", [200]), ("?event_id=\(id)", [500]),
                ("?event_id=\(id)&status=succeeded", []), ("?event_id=\(EventID(at: api.clock.now))", []),
            ] {
                let listed = try await api.client.get("\(path)/deliveries\(query)")["data"].array ?? []
                #expect(listed.map { $0.object?["response_status"]?.number?.int64 ?? 0 } == statuses.map(Int64.init))
            }
            #expect(try await api.client.get("\(path)/deliveries?status=lost").errors == ["?status invalid_value"])
            #expect(try await api.client.get("\(path)/deliveries?event_id=1").errors == ["?event_id invalid_value"])
        }
    }

    @Test func aDeliveryIsMadeAgain() async throws {
        try await withAPI { api in
            let (path, endpoint) = try await create(api)
            _ = try await api.accept()
            let id = try await api.client.get("/v1/events")["data", "0", "id"].string ?? ""
            // Not posted yet.
            #expect(try await api.client.send("POST", "\(path)/deliveries/\(id)/retry").status == 404)
            try await post(1, to: endpoint, api, status: 500)
            let answer = try await api.client.send("POST", "\(path)/deliveries/\(id)/retry")
            #expect(answer.status == 202 && answer["events"].number?.int64 == 1)
            #expect(answer["webhook_id"].string == endpoint.id.description)
            #expect(
                try await api.store.dueRetries(of: endpoint.id, at: api.clock.now, excluding: [], limit: 9).count == 1)
            #expect(try await api.client.send("POST", "\(path)/deliveries/what/retry").status == 404)
        }
    }

    @Test func aSpanAndWhatFailedAreReplayed() async throws {
        try await withAPI { api in
            let (path, endpoint) = try await create(api)
            for _ in 0..<3 { _ = try await api.accept() }
            try await post(1, to: endpoint, api, status: 500)
            for (body, events) in [
                (#"{"since":"2026-09-21T14:13:20Z"}"#, 3), (#"{"since":"2026-09-21T14:13:20.001Z"}"#, 0),
                (#"{"since":"2026-09-21T14:00:00Z","until":"2026-09-21T14:13:20Z"}"#, 0),
                (#"{"since":"2026-09-21T14:00:00Z","types":["message.bounced"]}"#, 0), (#"{"failed":true}"#, 1),
                (#"{"failed":true,"since":"2026-09-21T15:00:00Z","until":"2026-09-21T16:00:00Z"}"#, 0),
            ] {
                let answer = try await api.client.post("\(path)/replay", body)
                #expect(answer.status == 202 && answer["events"].number?.int64 == Int64(events), "\(body)")
            }
        }
    }

    @Test(arguments: [
        ("{}", ["#/since required"]), (#"{"failed":false}"#, ["#/since required"]),
        (#"{"since":"yesterday"}"#, ["#/since invalid_value"]),
        (#"{"failed":1}"#, ["#/failed invalid_type", "#/since required"]),
        (#"{"since":"2026-01-02T00:00:00Z","until":"2026-01-01T00:00:00Z"}"#, ["#/until out_of_range"]),
        (#"{"since":"2026-01-02T00:00:00Z","types":["x"]}"#, ["#/types/0 invalid_value"]),
        (#"{"from":"2026-01-02T00:00:00Z"}"#, ["#/from unknown_member", "#/since required"]),
    ])
    func refusesAWrongReplay(body: String, errors: [String]) async throws {
        try await withAPI { api in
            let answer = try await api.client.post("\(create(api).path)/replay", body)
            #expect(answer.errors == errors)
        }
    }

    @Test func toADisabledEndpointNothingIsPostedAgain() async throws {
        try await withAPI(configure: answering(200)) { api in
            let (path, _) = try await create(api)
            _ = try await api.accept()
            try await api.disable()
            let id = try await api.client.get("/v1/events")["data", "0", "id"].string ?? ""
            #expect(try await api.client.post("\(path)/replay", #"{"failed":true}"#).status == 409)
            #expect(try await api.client.send("POST", "\(path)/deliveries/\(id)/retry").status == 409)
            #expect(try await api.client.send("POST", "\(path)/test").status == 200)
        }
    }

    @Test func replaysUnderWayAreFew() async throws {
        try await withAPI { api in
            let (path, _) = try await create(api)
            _ = try await api.accept()
            for number in 1...11 {
                let answer = try await api.client.post("\(path)/replay", #"{"since":"2026-01-01T00:00:00Z"}"#)
                #expect(answer.status == (number == 11 ? 409 : 202))
            }
        }
    }
}
