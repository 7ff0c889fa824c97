// ChangeRoutesTests.swift — rescheduling, cancelling, retrying and erasing over HTTP.

import APITestSupport
import JSON
import Queue
import Testing

@testable import API

/// Scheduling, and what can be changed of a message afterwards.
@Suite struct ChangeRoutesTests {
    /// The clock of the tests stands at 2026-09-21T14:13:20Z.
    private static let later = #""send_at":"2026-09-22T16:13:20+02:00""#

    private func message(_ more: String = "", to: String = #""bob@example.test""#) -> String {
        #"{"from":"hello@acme.test","to":\#(to),"subject":"Hi","text":"x"\#(more.isEmpty ? "" : ",")\#(more)}"#
    }

    @Test func aScheduledMessageSaysWhen() async throws {
        try await withAPI { api in
            let answer = try await api.client.post("/v1/messages", message(Self.later + #","expires_after":"1h""#))
            #expect(answer.status == 202)
            #expect(answer["status"] == .string("scheduled"))
            #expect(answer["send_at"] == .string("2026-09-22T14:13:20.000Z"))
            #expect(answer["expires_at"] == .string("2026-09-22T15:13:20.000Z"))
            #expect(answer["recipients", "0", "status"] == .string("scheduled"))
            #expect(answer["recipients", "0", "next_attempt_at"] == answer["send_at"])
            let id = answer["id"].string ?? ""
            let raw = try await api.client.get("/v1/messages/\(id)/raw")
            #expect(raw.text.contains("Date: Tue, 22 Sep 2026 14:13:20 +0000\r\n"))
            #expect(try await api.client.get("/v1/messages?status=scheduled")["data"].array?.count == 1)
            api.clock.advance(by: .seconds(86_400))
            #expect(try await api.client.get("/v1/messages/\(id)")["status"] == .string("queued"))
            #expect(try await api.client.get("/v1/messages?status=scheduled")["data"] == .array([]))
        }
    }

    @Test(arguments: ["2026-09-21T14:12:20Z", "2026-09-21T14:13:20Z"]) func whatHasJustPassedIsNow(time: String)
        async throws
    {
        try await withAPI { api in
            let answer = try await api.client.post("/v1/messages", message(#""send_at":"\#(time)""#))
            #expect(answer["send_at"] == .null && answer["status"] == .string("queued"))
        }
    }

    @Test(arguments: [
        ("2026-09-21T14:12:19.999Z", 422), ("2026-11-20T14:13:20Z", 202), ("2026-11-20T14:13:20.001Z", 422),
    ])
    func sixtyDaysAreTheMost(time: String, status: Int) async throws {
        try await withAPI { api in
            let answer = try await api.client.post("/v1/messages", message(#""send_at":"\#(time)""#))
            #expect(answer.status == status)
        }
    }

    // MARK: PATCH

    @Test func aScheduledMessageGetsOtherTimes() async throws {
        try await withAPI { api in
            let id = try await api.accept(message(Self.later))
            let path = "/v1/messages/\(id)"
            let moved = try await api.client.patch(path, #"{"send_at":"2026-09-23T14:13:20Z","expires_after":600}"#)
            #expect(moved.status == 200)
            #expect(moved["send_at"] == .string("2026-09-23T14:13:20.000Z"))
            #expect(moved["expires_at"] == .string("2026-09-23T14:23:20.000Z"))
            let raw = try await api.client.get(path + "/raw")
            #expect(raw.text.contains("Date: Wed, 23 Sep 2026 14:13:20 +0000\r\n"))
            let now = try await api.client.patch(path, #"{"send_at":null}"#)
            #expect(now["status"] == .string("queued"))
            let again = try await api.client.patch(path, #"{"send_at":null}"#)
            #expect(again.status == 409 && again["code"] == .string("conflict"))
        }
    }

    @Test(arguments: [
        ("{}", "#/send_at required"), (#"{"send_at":"2020-01-01T00:00:00Z"}"#, "#/send_at out_of_range"),
        (#"{"expires_after":"6d"}"#, "#/expires_after out_of_range"), (#"{"sendat":null}"#, "#/sendat unknown_member"),
    ])
    func refusesWrongTimes(body: String, error: String) async throws {
        try await withAPI { api in
            let id = try await api.accept(message(Self.later))
            let answer = try await api.client.patch("/v1/messages/\(id)", body)
            #expect(answer.status == 422 && answer.errors == [error])
        }
    }

    // MARK: Cancel and retry

    @Test func cancelingSaysWhoCouldNotBe() async throws {
        try await withAPI { api in
            let id = try await api.accept(message(to: #"["a@x.test","b@x.test"]"#))
            try await api.record([.delivered], of: id)
            let answer = try await api.client.send("POST", "/v1/messages/\(id)/cancel")
            #expect(answer.status == 200)
            #expect(answer["status"] == .string("partially_delivered"))
            #expect(answer["counts", "canceled"] == .number(JSONNumber(1)))
            #expect(answer["skipped", "0", "address"] == .string("a@x.test"))
            #expect(answer["skipped", "0", "reason"] == .string("already_final"))
            #expect(answer["skipped"].array?.count == 1)
            let again = try await api.client.send("POST", "/v1/messages/\(id)/cancel")
            #expect(again.status == 409)
            #expect(again.errors == ["# already_final", "# already_final"])
            let named = try await api.client.post(
                "/v1/messages/\(id)/cancel", #"{"recipients":["b@x.test","a@x.test"]}"#)
            #expect(named.status == 409)
            #expect(
                named["errors"].array?.map { $0.object?["pointer"] } == [
                    .string("#/recipients/1"), .string("#/recipients/0"),
                ])
        }
    }

    @Test func cancelingTwiceIsAsGoodAsOnce() async throws {
        try await withAPI { api in
            let id = try await api.accept(message(Self.later))
            for skipped in [0, 1] {
                let answer = try await api.client.post("/v1/messages/\(id)/cancel", "{}")
                #expect(answer.status == 200 && answer["status"] == .string("canceled"))
                #expect(answer["skipped"].array?.count == skipped)
            }
        }
    }

    @Test func whoIsInATransactionIsNamed() async throws {
        try await withAPI { api in
            let id = try await api.accept(message())
            let message = try #require(try await api.store.message(id, in: .default))
            let recipient = message.recipients[0]
            let key = RecipientKey(message: message.key, position: 0)
            let ready = [ReadyRecipient(key: key, id: recipient.id, mailbox: recipient.mailbox, attempts: 0)]
            #expect(api.store.transactions.enter(ready).isEmpty)
            for verb in ["cancel", "retry"] {
                let answer = try await api.client.send("POST", "/v1/messages/\(id)/\(verb)")
                #expect(answer.status == 409 && answer.errors == ["# in_transaction"])
                #expect(answer["errors", "0", "received"] == .string("bob@example.test"))
            }
        }
    }

    @Test(arguments: [
        (#"{"recipients":["x@x.test"]}"#, "#/recipients/0 invalid_value"),
        (#"{"recipients":["bob@example.test","nobody"]}"#, "#/recipients/1 invalid_value"),
        (#"{"recipients":[]}"#, "#/recipients required"), (#"{"recipient":"x"}"#, "#/recipient unknown_member"),
        (#"{"recipients":["rcp_01KB0Q5S7ZB3QZ6Y0J4H8P2C5D"]}"#, "#/recipients/0 invalid_value"),
        (#"{"recipients":"x@x.test"}"#, "#/recipients invalid_value"),
    ])
    func refusesWrongRecipients(body: String, error: String) async throws {
        try await withAPI { api in
            let id = try await api.accept(message())
            for verb in ["cancel", "retry"] {
                let answer = try await api.client.post("/v1/messages/\(id)/\(verb)", body)
                #expect(answer.status == 422 && answer.errors == [error])
            }
            #expect(try await api.client.get("/v1/messages/\(id)")["status"] == .string("queued"))
        }
    }

    @Test func aDeferredRecipientIsRetriedByItsName() async throws {
        try await withAPI { api in
            let id = try await api.accept(message(to: #"["a@x.test","b@x.test"]"#))
            let later = api.clock.now + .seconds(3600)
            try await api.record([.deferred(until: later), .deferred(until: later)], of: id)
            let answer = try await api.client.post("/v1/messages/\(id)/retry", #"{"recipients":["a@x.test"]}"#)
            #expect(answer.status == 200 && answer["skipped"] == .array([]))
            #expect(answer["recipients", "0", "next_attempt_at"] == .string("2026-09-21T14:13:20.000Z"))
            #expect(answer["recipients", "1", "next_attempt_at"] == .string("2026-09-21T15:13:20.000Z"))
        }
    }

    @Test func aKeyChangesWhatItCouldHaveSent() async throws {
        try await withAPI { api in
            let scopes: [Scope] = [.messagesSend, .messagesContent]
            let bound = try await api.key(scopes, #","from_domains":["acme.test"]"#)
            let sandbox = try await api.key(scopes, #","mode":"sandbox""#)
            let own = try await api.accept(message(Self.later))
            let other = try await api.accept(message(Self.later).replacing("acme", with: "other"))
            let caught = try await sandbox.client.post("/v1/messages", message(Self.later).replacing("acme", with: "c"))
            let foreign = [(bound, other), (sandbox, own), (bound, MessageID(caught["id"].string ?? "") ?? other)]
            for (key, id) in foreign {
                for (method, path) in [("PATCH", ""), ("POST", "/cancel"), ("POST", "/retry"), ("DELETE", "/content")] {
                    let body = method == "PATCH" ? #"{"send_at":null}"# : ""
                    let fields = ["Content-Type": "application/json"]
                    let answer = try await key.client.send(method, "/v1/messages/\(id)\(path)", fields, body)
                    #expect(answer.status == 404, "\(method) \(path)")
                }
            }
            #expect(try await bound.client.post("/v1/messages/\(own)/cancel", "{}").status == 200)
            let path = "/v1/messages/\(caught["id"].string ?? "")/cancel"
            #expect(try await sandbox.client.post(path, "{}").status == 200)
        }
    }

    @Test func whoMayNotReadIsToldTheStatusOnly() async throws {
        try await withAPI { api in
            let sender = try await api.key([.messagesSend]).client
            let id = try await api.accept(message(Self.later, to: #"["a@x.test","b@x.test"]"#))
            let path = "/v1/messages/\(id)"
            let moved = try await sender.patch(path, #"{"expires_after":"1h"}"#)
            #expect(moved.text == #"{"object":"message","id":"\#(id)","status":"scheduled"}"#)
            let refused = try await sender.post(path + "/retry", "{}")
            #expect(refused.status == 409 && !refused.text.contains("x.test"))
            #expect(refused["errors", "0", "received"].string?.hasPrefix("rcp_") == true)
            #expect(
                try await sender.post(path + "/cancel", "{}").text
                    == #"{"object":"message","id":"\#(id)","status":"canceled","skipped":[]}"#)
            let again = try await sender.post(path + "/cancel", "{}")
            #expect(again["skipped", "1"].object?.count == 1 && again["skipped", "1", "id"].string != nil)
        }
    }

    @Test func nothingCanBeDoneForWhatIsNotThere() async throws {
        try await withAPI { api in
            for (method, path) in [
                ("PATCH", ""), ("POST", "/cancel"), ("POST", "/retry"), ("DELETE", "/content"), ("GET", "/raw"),
            ] {
                for id in [MessageID(at: api.clock.now).description, "external:none", "x@y.test", "zz"] {
                    let body = method == "PATCH" ? #"{"send_at":null}"# : ""
                    let answer = try await api.client.send(
                        method, "/v1/messages/\(id)\(path)", ["Content-Type": "application/json"], body)
                    #expect(answer.status == 404, "\(method) \(id)\(path)")
                }
            }
        }
    }

    // MARK: Erasing

    @Test func contentIsErasedOnceAllAreFinal() async throws {
        try await withAPI { api in
            let id = try await api.accept(message())
            let path = "/v1/messages/\(id)"
            #expect(try await api.client.delete(path + "/content").status == 409)
            try await api.record([.delivered], of: id)
            for _ in 1...2 {
                let erased = try await api.client.delete(path + "/content")
                #expect(erased.status == 200 && erased["content_available"] == .bool(false))
            }
            let raw = try await api.client.get(path + "/raw")
            #expect(raw.status == 404 && raw["detail"].string?.contains("erased") == true)
            #expect(try await api.client.get(path)["subject"] == .string("Hi"))
        }
    }

    // MARK: Names

    @Test func aMessageIsFoundByItsOtherNames() async throws {
        try await withAPI { api in
            let sent = try await api.client.post("/v1/messages", message(#""external_id":"order/77 ü""#))
            let rfc = (sent["message_id"].string ?? "").dropFirst().dropLast()
            for name in ["external:order%2F77%20%C3%BC", "%3C\(rfc)%3E", String(rfc)] {
                for path in ["", "/attempts", "/events", "/raw"] {
                    #expect(try await api.client.get("/v1/messages/\(name)\(path)").status == 200, "\(name)\(path)")
                }
                #expect(try await api.client.get("/v1/messages/\(name)")["id"] == sent["id"])
            }
            #expect(try await api.client.send("POST", "/v1/messages/\(rfc)/cancel").status == 200)
        }
    }
}
