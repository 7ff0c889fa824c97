// MessageRoutesTests.swift — sending messages and following them.

import APITestSupport
import JSON
import Queue
import Synchronization
import Testing

@testable import API

@Suite struct MessageRoutesTests {
    @Test func aMessageIsAcceptedAndReadsTheSameAfterwards() async throws {
        try await withAPI { api in
            let answer = try await api.client.post("/v1/messages", APIFixture.message)
            #expect(answer.status == 202)
            #expect(answer["status"] == .string("queued"))
            #expect(answer["expires_at"].string == "2026-09-26T14:13:20.000Z")
            #expect(answer["recipients", "0", "address"] == .string("bob@example.test"))
            #expect(answer["recipients", "0", "next_attempt_at"] == answer["created_at"])
            #expect(answer["counts", "queued"].number?.int64 == 1)
            let location = try #require(answer.field("Location"))
            #expect(location == "/v1/messages/\(answer["id"].string ?? "")")
            // Warnings are of the request, and told once.
            let accepted = answer.json.object?.members.filter { $0.name != "warnings" }
            let shown = try await api.client.get(location).json.object?.members.filter { $0.name != "warnings" }
            #expect(shown == accepted)
        }
    }

    @Test func aSenderWithoutAKeyIsWarnedOfIt() async throws {
        try await withAPI { api in
            let answer = try await api.client.post("/v1/messages", APIFixture.message)
            #expect(answer["warnings"].array?.count == 1)
            #expect(answer["warnings", "0", "code"] == .string("unsigned"))
            #expect(answer["warnings", "0", "pointer"] == .string("#/from"))
        }
    }

    @Test func everyMemberComesBack() async throws {
        try await withAPI { api in
            let answer = try await api.client.post(
                "/v1/messages",
                #"""
                {"from":{"email":"hello@acme.test","name":"Acme"},"to":["Bob <bob@example.test>","bob@example.test"],
                 "cc":{"email":"carol@bücher.test"},"bcc":"audit@acme.test","subject":"Grüße","html":"<p>4711</p>","tags":{"kind":"otp"},
                 "metadata":{"user_id":"8421"},"external_id":"order-77","expires_after":"10m","tls":"required"}
                """#)
            #expect(answer.status == 202)
            #expect(answer["from"] == .string("Acme <hello@acme.test>"))
            #expect(answer["subject"] == .string("Grüße"))
            #expect(answer["expires_at"].string == "2026-09-21T14:23:20.000Z")
            #expect(answer["tags", "kind"] == .string("otp"))
            #expect(answer["metadata", "user_id"] == .string("8421"))
            #expect(answer["external_id"] == .string("order-77"))
            #expect(answer["message_id"].string?.hasSuffix("@acme.test>") == true)
            let recipients = answer["recipients"].array?.map {
                "\($0.object?["kind"]?.string ?? "") \($0.object?["address"]?.string ?? "")"
            }
            #expect(recipients == ["to bob@example.test", "cc carol@bücher.test", "bcc audit@acme.test"])
            #expect(answer["warnings", "0", "pointer"] == .string("#/to/1"))
        }
    }

    @Test func deliveryGetsTheMessageThatWasAskedFor() async throws {
        let ready = Mutex<[ReadyMessage]>([])
        try await withAPI(ready: { messages in ready.withLock { $0 += messages } }) { api in
            let id = try await api.accept(
                #"{"from":"a@acme.test","to":"b@example.test","text":"x","tls":"required","expires_after":60}"#)
            let message = try #require(ready.withLock { $0 }.first)
            #expect(message.id == id)
            #expect(message.tls == .required)
            #expect(message.expiresAt == api.clock.now + .seconds(60))
            #expect(message.recipients.map(\.mailbox.description) == ["b@example.test"])
        }
    }

    @Test func theBytesAreThoseThatAreSent() async throws {
        try await withAPI { api in
            let id = try await api.accept(
                #"{"from":"a@acme.test","to":"b@example.test","bcc":"secret@example.test","subject":"Hi","text":"Hello"}"#
            )
            let raw = try await api.client.get("/v1/messages/\(id)/raw")
            #expect(raw.status == 200)
            #expect(raw.field("Content-Type") == "message/rfc822")
            #expect(raw.text.contains("\r\nSubject: Hi\r\n"))
            #expect(raw.text.contains("\r\n\r\nHello"))
            #expect(!raw.text.contains("secret"), "blind copies stay blind")
            let message = try await api.client.get("/v1/messages/\(id)")
            #expect(message["size_bytes"].number?.int64 == Int64(raw.body.count))
            #expect(raw.text.contains("Message-ID: \(message["message_id"].string ?? "?")\r\n"))
        }
    }

    @Test func wrongFieldsAreReportedTogether() async throws {
        try await withAPI { api in
            let answer = try await api.client.post(
                "/v1/messages", #"{"from":"x","to":["y"],"replyTo":"z","subject":""}"#)
            #expect(answer.status == 422)
            #expect(answer["code"] == .string("validation_failed"))
            #expect(
                answer.errors == [
                    "#/replyTo unknown_member", "#/from invalid_address", "#/to/0 invalid_address", "#/text required",
                ])
            #expect(answer["errors", "0", "detail"].string?.contains("reply_to") == true)
            #expect(answer["request_id"].string == answer.field("Request-Id"))
        }
    }

    @Test(arguments: ["", "{", #"{"a":1,"a":2}"#, "{\"from\":\"\u{1}\"}"])
    func whatIsNoJSONIsRefusedWithItsPlace(body: String) async throws {
        try await withAPI { api in
            let answer = try await api.client.post("/v1/messages", body)
            #expect(answer.status == 400)
            #expect(answer["code"] == .string("invalid_json"))
            #expect(answer["detail"].string?.contains("line 1, column ") == true)
        }
    }

    @Test func brokenJSONIsNamedWithItsMember() async throws {
        try await withAPI { api in
            let answer = try await api.client.post("/v1/messages", "{\"to\":[\"b@example.test\",\"\u{1}\"]}")
            #expect(answer["code"] == .string("invalid_json"))
            #expect(answer["detail"].string?.hasPrefix("#/to/1: A control character") == true)
        }
    }

    @Test(arguments: [
        (#"{"from":"a@acme.test","to":["b@example.test",{"email":"\ud800"}]}"#, "#/to/1/email"),
        (#"{"text":"\udc00"}"#, "#/text"), (#"{"\udc00":1}"#, "#"), (#"{"tags":{"a b":"\ud800x"}}"#, "#/tags/a%20b"),
    ])
    func halfACharacterIsAFaultOfItsField(body: String, pointer: String) async throws {
        try await withAPI { api in
            let answer = try await api.client.post("/v1/messages", body)
            #expect(answer.status == 422)
            #expect(answer.errors == ["\(pointer) invalid_value"])
        }
    }

    @Test(arguments: [
        ["Content-Type": "text/plain"], ["Content-Type": "application/x-www-form-urlencoded"],
        ["Content-Type": ""], ["Content-Encoding": "gzip"],
        ["Content-Type": "message/rfc822", "Content-Encoding": "gzip"],
        ["Content-Type": "multipart/form-data; boundary=a", "Content-Encoding": "br"],
    ])
    func otherMediaTypesAndCodingsAreRefused(fields: [String: String]) async throws {
        try await withAPI { api in
            let answer = try await api.client.post("/v1/messages", APIFixture.message, fields)
            #expect(answer.status == 415)
            #expect(answer["code"] == .string("unsupported_media_type"))
        }
    }

    @Test func theMediaTypeMayHaveACharset() async throws {
        try await withAPI { api in
            let type = ["Content-Type": "Application/JSON; charset=utf-8"]
            let answer = try await api.client.post("/v1/messages", APIFixture.message, type)
            #expect(answer.status == 202)
        }
    }

    @Test func aStoppedStoreIsUnavailable() async throws {
        try await withAPI { api in
            await api.store.close()
            let answer = try await api.client.post("/v1/messages", APIFixture.message)
            #expect(answer.status == 503)
            #expect(answer["code"] == .string("unavailable"))
        }
    }

    @Test(arguments: ["", "/attempts", "/events", "/raw"]) func unknownMessagesAreNotFound(rest: String) async throws {
        try await withAPI { api in
            for id in ["msg_01KB0Q5S7ZEQ0V3M8F4W2N6T9A", "msg_1", "rcp_01KB0Q5S7ZEQ0V3M8F4W2N6T9A"] {
                let answer = try await api.client.get("/v1/messages/\(id)\(rest)")
                #expect(answer.status == 404)
                #expect(answer["code"] == .string("not_found"))
            }
        }
    }

    @Test func attemptsAndOutcomesShow() async throws {
        try await withAPI { api in
            let id = try await api.accept(
                #"{"from":"a@acme.test","to":["b@example.test","c@example.test","d@example.test"],"text":"x"}"#)
            let bounce = Bounce(
                kind: .hard, category: "invalid_recipient", replyCode: 550, enhancedCode: "5.1.1",
                message: "550 5.1.1 No such user", host: "mx1.example.test")
            let failure = Failure(reason: .expired, detail: "Too old.", lastReply: "451 Later")
            try await api.record([.delivered, .bounced(bounce), .failed(failure)], of: id)
            let message = try await api.client.get("/v1/messages/\(id)")
            #expect(message["status"] == .string("partially_delivered"))
            #expect(message["recipients", "1", "bounce", "smtp_code"].number?.int64 == 550)
            #expect(message["recipients", "2", "failure", "reason"] == .string("expired"))
            let attempts = try await api.client.get("/v1/messages/\(id)/attempts")
            #expect(attempts["data", "0", "host"] == .string("mx1.example.test"))
            #expect(attempts["data", "0", "duration_ms"].number?.int64 == 1500)
            #expect(attempts["data", "0", "recipients", "1", "outcome"] == .string("bounced"))
        }
    }

    @Test func attemptsComeNewestFirstAndInPages() async throws {
        try await withAPI { api in
            let id = try await api.accept()
            for _ in 1...3 {
                try await api.record([.deferred(until: api.clock.now + .seconds(300))], of: id)
                api.clock.advance(by: .seconds(300))
            }
            let all = try await api.client.get("/v1/messages/\(id)/attempts")
            let starts = (all["data"].array ?? []).compactMap { $0.object?["started_at"]?.string }
            #expect(starts.count == 3 && starts == starts.sorted(by: >))
            let first = try await api.client.get("/v1/messages/\(id)/attempts?limit=2")
            #expect(first["has_more"] == .bool(true))
            let cursor = first["next_cursor"].string ?? ""
            let last = try await api.client.get("/v1/messages/\(id)/attempts?limit=2&cursor=\(cursor)")
            #expect((first["data"].array ?? []) + (last["data"].array ?? []) == all["data"].array)
            #expect(last["has_more"] == .bool(false))
        }
    }
}

extension APIFixture {
    /// One attempt with these outcomes, by position, that took a second and a half.
    func record(_ outcomes: [RecipientOutcome], of id: MessageID) async throws {
        let message = try #require(try await store.message(id, in: .default))
        let results = outcomes.enumerated().map { RecipientResult(position: Int32($0), outcome: $1) }
        try await store.record([
            AttemptRecord(
                id: AttemptID(at: clock.now), message: message.key, startedAt: clock.now,
                finishedAt: clock.now + .milliseconds(1500), host: "mx1.example.test", address: "192.0.2.25",
                tls: "TLSv1.3 TLS_AES_256_GCM_SHA384", reply: "250 OK", transcript: "+0.000 < 220 mx1", results: results
            )
        ])
    }
}
