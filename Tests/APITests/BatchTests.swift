// BatchTests.swift — many messages in one request, each judged by itself.

import APITestSupport
import JSON
import Testing

@testable import API
@testable import Queue

/// Many messages in one request.
@Suite struct BatchTests {
    private static let good = APIFixture.message
    private func batch(_ messages: [String]) -> String { #"{"messages":[\#(messages.joined(separator: ","))]}"# }

    @Test func eachIsJudgedByItself() async throws {
        try await withAPI { api in
            let wrong = #"{"from":"hello@acme.test","to":["a@b.test","x"],"text":"x","colour":1}"#
            let twice = #"{"from":"hello@acme.test","to":["a@b.test","a@b.test"],"text":"x"}"#
            let answer = try await api.client.post("/v1/messages/batch", batch([Self.good, wrong, "7", twice]))
            #expect(answer.status == 202)
            let items = try #require(answer["data"].array)
            #expect(items.map { $0.object?["message"] != nil } == [true, false, false, true])
            let pointers = items[1...2].map { item in
                (item.object?["error"]?.object?["errors"]?.array ?? []).map { $0.object?["pointer"]?.string ?? "" }
            }
            #expect(pointers == [["#/messages/1/colour", "#/messages/1/to/1"], ["#/messages/2"]])
            #expect(answer["data", "1", "error", "code"] == .string("validation_failed"))
            let warnings = answer["data", "3", "message", "warnings"].array ?? []
            #expect(warnings.map { $0.object?["pointer"]?.string } == ["#/messages/3/to/1", "#/messages/3/from"])
            let ids = items.compactMap { $0.object?["message"]?.object?["id"]?.string }
            let list = try await api.client.get("/v1/messages")
            #expect(list["data"].array?.compactMap { $0.object?["id"]?.string } == ids.reversed())
        }
    }

    @Test(.timeLimit(.minutes(5))) func itWaitsForItsClientToo() async throws {
        try await withAPI { api in
            async let waiting = api.client.post("/v1/messages/batch", batch([Self.good, "7"]), ["Prefer": "wait=30"])
            await until { api.store.commits.watchedMessages == 1 }
            let id = try await api.client.get("/v1/messages")["data", "0", "id"].string ?? ""
            try await api.record([.delivered], of: try #require(MessageID(id)))
            let answer = try await waiting
            #expect(answer.status == 202 && answer.field("Preference-Applied") == "wait=30")
            #expect(answer["data", "0", "message", "status"] == .string("delivered"))
            #expect(answer["data", "1", "error", "code"] == .string("validation_failed"))
        }
    }

    @Test(arguments: [
        ("{}", "#/messages required"), (#"{"messages":[]}"#, "#/messages required"),
        (#"{"messages":{}}"#, "#/messages invalid_type"), (#"{"mesages":[{}]}"#, "#/mesages unknown_member"),
        ("[]", "# invalid_type"),
        (#"{"messages":[\#(Array(repeating: "{}", count: 501).joined(separator: ","))]}"#, "#/messages too_many"),
    ])
    func refusesAWrongEnvelope(body: String, error: String) async throws {
        try await withAPI { api in
            let answer = try await api.client.post("/v1/messages/batch", body)
            #expect(answer.status == 422)
            #expect(answer.errors.first == error)
        }
    }

    @Test func tenThousandRecipientsAreTheMost() async throws {
        try await withAPI { api in
            let recipients = (0..<1000).map { "\"r\($0)@example.test\"" }.joined(separator: ",")
            let message = #"{"from":"hello@acme.test","to":[\#(recipients)],"text":"x"}"#
            let answer = try await api.client.post(
                "/v1/messages/batch", batch(Array(repeating: message, count: 10) + [Self.good]))
            #expect(answer.status == 422 && answer.errors == ["#/messages too_many"])
            #expect(try await api.client.get("/v1/messages")["data"] == .array([]))
        }
    }

    @Test func itTakesJSONOnlyAndNoParameters() async throws {
        try await withAPI { api in
            let text = try await api.client.post(
                "/v1/messages/batch", batch([Self.good]), ["Content-Type": "text/plain"])
            #expect(text.status == 415)
            let dry = try await api.client.post("/v1/messages/batch?dry_run=true", batch([Self.good]))
            #expect(dry.errors == ["?dry_run unknown_parameter"])
        }
    }

    @Test func aKeyIsThatOfTheWholeBatch() async throws {
        try await withAPI { api in
            let key = ["Idempotency-Key": "batch-1"]
            let body = batch([Self.good, "{}", Self.good])
            let first = try await api.client.post("/v1/messages/batch", body, key)
            let second = try await api.client.post("/v1/messages/batch", body, key)
            #expect(second.status == 202 && second.text == first.text)
            #expect(second.field("Idempotent-Replayed") == "true" && first.field("Idempotent-Replayed") == nil)
            #expect(try await api.client.get("/v1/messages")["data"].array?.count == 2)
            let other = try await api.client.post("/v1/messages/batch", batch([Self.good]), key)
            #expect(other["code"] == .string("idempotency_key_reused"))
            let single = try await api.client.post("/v1/messages", Self.good, key)
            #expect(single["code"] == .string("idempotency_key_reused"))
        }
    }

    @Test func onAFullDiskItIsRefusedAndARepetitionAnswered() async throws {
        try await withAPI { api in
            let key = ["Idempotency-Key": "batch-1"]
            let first = try await api.client.post("/v1/messages/batch", batch([Self.good]), key)
            api.disk.fill(butFor: api.directory + "/reserve")
            #expect(try await api.client.post("/v1/messages/batch", batch([Self.good])).status == 507)
            #expect(try await api.client.post("/v1/messages/batch", batch([Self.good]), key).text == first.text)
        }
    }
}
