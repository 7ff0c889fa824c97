// IdempotencyTests.swift — repeated requests under one key.

import APITestSupport
import Dispatch
import HTTPTypes
import JSON
import Queue
import Synchronization
import Testing

@testable import API

@Suite struct IdempotencyTests {
    private let key = ["Idempotency-Key": "order-77"]

    @Test func theSameRequestGetsTheSameAnswerAndSendsNothing() async throws {
        try await withAPI { api in
            let first = try await api.client.post("/v1/messages", APIFixture.message, key)
            #expect(first.field("Idempotent-Replayed") == nil)
            let second = try await api.client.post(
                "/v1/messages", APIFixture.message, ["Idempotency-Key": "\"order-77\""])
            #expect(second.status == 202)
            #expect(second.field("Idempotent-Replayed") == "true")
            #expect(second.text == first.text)
            #expect(second.field("Location") == first.field("Location"))
            #expect(try await api.client.get("/v1/messages")["data"].array?.count == 1)
        }
    }

    @Test func anotherRequestWithTheKeyIsRefused() async throws {
        try await withAPI { api in
            _ = try await api.client.post("/v1/messages", APIFixture.message, key)
            let other = try await api.client.post("/v1/messages", APIFixture.message + " ", key)
            #expect(other.status == 422)
            #expect(other["code"] == .string("idempotency_key_reused"))
            #expect(try await api.client.get("/v1/messages")["data"].array?.count == 1)
        }
    }

    /// What was tried out must not keep from sending, nor what was sent from trying.
    @Test(arguments: ["/v1/messages", "/v1/messages/batch"])
    func sandboxAndLiveDoNotAnswerEachOther(path: String) async throws {
        try await withAPI { api in
            let body = path.hasSuffix("batch") ? #"{"messages":[\#(APIFixture.message)]}"# : APIFixture.message
            let clients = [try await api.key(Scope.allCases, #","mode":"sandbox""#), try await api.key()].map(\.client)
            var texts = Set<String>()
            for client in clients {
                let first = try await client.post(path, body, key), again = try await client.post(path, body, key)
                #expect(first.status == 202 && again.text == first.text)
                #expect(again.field("Idempotent-Replayed") == "true")
                texts.insert(first.text)
            }
            #expect(texts.count == 2)
        }
    }

    @Test func aRefusedRequestLeavesItsKeyFree() async throws {
        try await withAPI { api in
            let refused = try await api.client.post("/v1/messages", "{}", key)
            let accepted = try await api.client.post("/v1/messages", APIFixture.message, key)
            #expect([refused.status, accepted.status] == [422, 202])
        }
    }

    @Test func withoutAKeyEachRequestIsAMessage() async throws {
        try await withAPI { api in
            let first = try await api.accept()
            #expect(try await api.accept() != first)
        }
    }

    /// The store's writer stands still, in its announcement, until the twin has had its answer.
    @Test func aRunningTwinIsAConflict() async throws {
        let (announced, release) = (DispatchSemaphore(value: 0), DispatchSemaphore(value: 0))
        try await withAPI(ready: { _ in
            announced.signal()
            release.wait()
        }) { api in
            async let first = api.client.post("/v1/messages", APIFixture.message, key)
            await withCheckedContinuation { continuation in
                DispatchQueue.global().async {
                    announced.wait()
                    continuation.resume()
                }
            }
            let twin = try await api.client.post("/v1/messages", APIFixture.message, key)
            release.signal()
            #expect(twin.status == 409)
            #expect(twin["code"] == .string("idempotency_in_progress"))
            #expect(try await first.status == 202)
            #expect(
                try await api.client.post("/v1/messages", APIFixture.message, key).field("Idempotent-Replayed")
                    == "true")
        }
    }

    @Test(arguments: [
        ("abc", "abc"), ("\"abc\"", "abc"), ("a b", "a b"), ("\"a\\\"b\\\\\"", "a\"b\\"), ("a\"b", "a\"b"),
        (String(repeating: "k", count: 256), String(repeating: "k", count: 256)),
    ])
    func readsKeys(field: String, key: String) {
        #expect(IdempotencyKey(field: field)?.text == key)
    }

    @Test(arguments: [
        "", "\"", "\"\"", "\"a", "\"a\"b\"", "\"a\\x\"", "\"a\\\"", "é", String(repeating: "k", count: 257),
    ])
    func refusesWhatIsNoKey(field: String) {
        #expect(IdempotencyKey(field: field) == nil)
    }

    @Test func aWrongKeyIsAWrongField() async throws {
        try await withAPI { api in
            let answer = try await api.client.post("/v1/messages", APIFixture.message, ["Idempotency-Key": "\"a"])
            #expect(answer.status == 422)
            #expect(answer.errors == ["Idempotency-Key invalid_value"])
        }
    }
}
