// MessageWaitTests.swift — clients that wait for what becomes of a message.

import APITestSupport
import HTTP
import HTTPTypes
import JSON
import Testing

@testable import API
@testable import Queue

/// `Prefer: wait`, `ETag` and `If-None-Match` on messages.
@Suite(.timeLimit(.minutes(5)))
struct MessageWaitTests {
    private static let wait = ["Prefer": "wait=30"]

    private func status(_ answer: Answer) -> String? { answer["status"].string }

    @Test func aMessageHasATagThatChangesWithIt() async throws {
        try await withAPI { api in
            let id = try await api.accept()
            let path = "/v1/messages/\(id)"
            let first = try await api.client.get(path)
            let tag = try #require(first.field("ETag"))
            #expect(try await api.client.get(path).field("ETag") == tag)
            let known = try await api.client.get(path, ["If-None-Match": tag])
            #expect(known.status == 304 && known.body.isEmpty && known.field("ETag") == tag)
            try await api.record([.deferred(until: api.clock.now + .seconds(300))], of: id)
            let changed = try await api.client.get(path, ["If-None-Match": tag])
            #expect(changed.status == 200 && changed.field("ETag") != tag)
            #expect(changed["recipients", "0", "attempts"].number?.int64 == 1)
        }
    }

    @Test func waitsUntilEveryRecipientIsFinal() async throws {
        try await withAPI { api in
            let id = try await api.accept(
                #"{"from":"a@acme.test","to":["b@example.test","c@example.test"],"text":"x"}"#)
            async let waiting = api.client.get("/v1/messages/\(id)", Self.wait)
            await until { api.store.commits.watchedMessages == 1 }
            try await api.record([.delivered, .deferred(until: api.clock.now + .seconds(5))], of: id)
            try await api.record([.delivered, .bounced(.ofTheTests)], of: id)
            let answer = try await waiting
            #expect(answer.status == 200 && status(answer) == "partially_delivered")
            #expect(answer.field("Preference-Applied") == "wait=30")
            #expect(api.store.commits.watchedMessages == 0 && api.clock.nextAlarm == nil)
            // There is nothing to wait for any more.
            #expect(status(try await api.client.get("/v1/messages/\(id)", Self.wait)) == "partially_delivered")
        }
    }

    @Test func isShownAsItIsWhenTheTimeIsOver() async throws {
        try await withAPI { api in
            let id = try await api.accept()
            async let waiting = api.client.get("/v1/messages/\(id)", Self.wait)
            await until { api.clock.nextAlarm == api.clock.now + .seconds(30) }
            api.clock.advance(by: .seconds(30))
            #expect(status(try await waiting) == "queued")
        }
    }

    @Test func whoHasSeenItWaitsForAChange() async throws {
        try await withAPI { api in
            let id = try await api.accept()
            let tag = try await api.client.get("/v1/messages/\(id)").field("ETag") ?? ""
            let fields = Self.wait.merging(["If-None-Match": tag]) { $1 }
            async let first = api.client.get("/v1/messages/\(id)", fields)
            await until { api.store.commits.watchedMessages == 1 }
            _ = try await api.accept()  // Not a change of this one.
            try await api.record([.deferred(until: api.clock.now + .seconds(300))], of: id)
            let changed = try await first
            #expect(changed.status == 200 && changed["recipients", "0", "attempts"].number?.int64 == 1)

            let newer = Self.wait.merging(["If-None-Match": changed.field("ETag") ?? ""]) { $1 }
            async let second = api.client.get("/v1/messages/\(id)", newer)
            await until { api.clock.nextAlarm == api.clock.now + .seconds(30) }
            api.clock.advance(by: .seconds(30))
            let same = try await second
            #expect(same.status == 304 && same.field("Preference-Applied") == "wait=30")
        }
    }

    @Test func whoHasSeenAnOlderStateNeedNotWait() async throws {
        try await withAPI { api in
            let id = try await api.accept()
            let fields = Self.wait.merging(["If-None-Match": "\"older\""]) { $1 }
            #expect(status(try await api.client.get("/v1/messages/\(id)", fields)) == "queued")
        }
    }

    /// Also at the very moment when the wait is over.
    @Test(arguments: [Duration.seconds(10), .seconds(30)])
    func timeAloneChangesAScheduledMessage(after time: Duration) async throws {
        try await withAPI { api in
            let id = try await api.schedule(in: time)
            let before = try await api.client.get("/v1/messages/\(id)")
            #expect(status(before) == "scheduled")
            let fields = Self.wait.merging(["If-None-Match": before.field("ETag") ?? ""]) { $1 }
            async let waiting = api.client.get("/v1/messages/\(id)", fields)
            await until { api.clock.nextAlarm == api.clock.now + time }
            api.clock.advance(by: time)
            let answer = try await waiting
            #expect(answer.status == 200 && status(answer) == "queued")
        }
    }

    @Test func whatIsNotThereIsNotWaitedFor() async throws {
        try await withAPI { api in
            let answer = try await api.client.get("/v1/messages/\(MessageID(at: api.clock.now))", Self.wait)
            #expect(answer.status == 404)
        }
    }

    @Test func sendingMayWaitForTheOutcome() async throws {
        try await withAPI { api in
            async let waiting = api.client.post("/v1/messages", APIFixture.message, Self.wait)
            await until { api.store.commits.watchedMessages == 1 }
            let id = try #require(try await api.onlyMessage())
            try await api.record([.bounced(.ofTheTests)], of: id)
            let answer = try await waiting
            #expect(answer.status == 202 && status(answer) == "undelivered")
            #expect(answer["recipients", "0", "bounce", "smtp_code"].number?.int64 == 550)
            #expect(answer["warnings", "0", "code"] == .string("unsigned"), "the request's warnings stay")
            #expect(answer.field("Location") == "/v1/messages/\(id)")
            #expect(answer.field("Preference-Applied") == "wait=30")
        }
    }

    @Test func sendingIsAcceptedWhateverComesOfTheWait() async throws {
        try await withAPI { api in
            async let waiting = api.client.post("/v1/messages", APIFixture.message, Self.wait)
            await until { api.clock.nextAlarm != nil }
            await api.store.close()
            api.clock.advance(by: .seconds(30))
            let answer = try await waiting
            #expect(answer.status == 202 && status(answer) == "queued")
        }
    }

    @Test func aRepetitionIsNotInTheWayOfOneThatWaits() async throws {
        try await withAPI { api in
            let fields = Self.wait.merging(["Idempotency-Key": "k"]) { $1 }
            async let first = api.client.post("/v1/messages", APIFixture.message, fields)
            await until { api.store.commits.watchedMessages == 1 }
            let replayed = try await api.client.post("/v1/messages", APIFixture.message, ["Idempotency-Key": "k"])
            #expect(replayed.status == 202 && status(replayed) == "queued")
            let id = try #require(MessageID(replayed["id"].string ?? ""))
            try await api.record([.delivered], of: id)
            #expect(status(try await first) == "delivered")
            // A repetition that waits is told of the message as it is, one that does not gets the first answer.
            let again = try await api.client.post("/v1/messages", APIFixture.message, fields)
            #expect(status(again) == "delivered" && again.field("Idempotent-Replayed") == "true")
            let plain = try await api.client.post("/v1/messages", APIFixture.message, ["Idempotency-Key": "k"])
            #expect(plain.body == replayed.body)
        }
    }

    @Test func aRefusalNeedsNoWaiting() async throws {
        try await withAPI { api in
            let answer = try await api.client.post("/v1/messages", "{}", Self.wait)
            #expect(answer.status == 422 && answer.field("Preference-Applied") == nil)
        }
    }

    @Test func allOfABatchAreWaitedFor() async throws {
        try await withAPI { api in
            let ids = [try await api.accept(), try await api.accept()]
            let items = ids.map { #"{"message":{"id":"\#($0)","warnings":[]}}"# }
            let body = #"{"object":"list","data":[\#(items[0]),{"error":{"code":"validation_failed"}},\#(items[1])]}"#
            try await api.record([.delivered], of: ids[1])
            async let waiting = MessageWait(store: api.store, clock: api.clock).outcome(
                of: .json(.accepted, body: Array(body.utf8)), for: .waiting(in: api))
            await until { api.store.commits.watchedMessages == 1 }
            try await api.record([.bounced(.ofTheTests)], of: ids[0])
            let answer = await waiting
            let data = try JSONValue(parsing: answer.bytes ?? []).object?["data"]?.array ?? []
            #expect(data.map { $0.object?["message"]?.object?["status"]?.string } == ["undelivered", nil, "delivered"])
            #expect(data[1].object?["error"]?.object?["code"] == .string("validation_failed"))
        }
    }

    @Test func theDocumentHasATagToo() async throws {
        try await withAPI { api in
            let tag = try #require(try await api.client.get("/openapi.yaml").field("ETag"))
            #expect(try await api.client.get("/openapi.yaml", ["If-None-Match": tag]).status == 304)
        }
    }
}

extension APICall {
    fileprivate static func waiting(in api: APIFixture) -> APICall {
        let head = HTTPRequest(
            method: .post, scheme: nil, authority: nil, path: "/v1/messages/batch", headerFields: [.prefer: "wait=30"])
        return APICall(
            RouteRequest(request: HTTPServerRequest(head: head, remoteAddress: "127.0.0.1", id: "req_1")),
            to: APIRoute(.post, "/v1/messages/batch", .anyKey) { _ in .json(.ok, body: []) }, by: .root,
            through: Gate(api.configuration))
    }
}

extension APIFixture {
    fileprivate func onlyMessage() async throws -> MessageID? {
        let found = try await store.messages(
            in: .default, matching: MessageFilter(), before: nil, at: clock.now, limit: 2
        ).messages
        return found.count == 1 ? found[0].id : nil
    }
}
