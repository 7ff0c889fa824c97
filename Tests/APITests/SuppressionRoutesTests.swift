// SuppressionRoutesTests.swift — /v1/suppressions as users see it, and what it does to what they send.

import APITestSupport
import JSON
import Queue
import Testing

@testable import API

@Suite struct SuppressionRoutesTests {
    private func addresses(_ answer: Answer) -> [String] {
        (answer["data"].array ?? answer["suppressions"].array ?? []).map { $0.object?["address"]?.string ?? "" }
    }

    private func add(_ api: APIFixture, _ body: String) async throws -> Answer {
        try await api.client.post("/v1/suppressions", body)
    }

    @Test func anAddressIsSuppressedShownAndFreedInAnyCase() async throws {
        try await withAPI { api in
            let added = try await add(api, #"{"address":"Bob+x@Example.test","reason":"complaint","note":"by phone"}"#)
            #expect(added.status == 201 && added.field("Location") == "/v1/suppressions/bob%2Bx@example.test")
            #expect(added["address"] == .string("bob+x@example.test") && added["reason"] == .string("complaint"))
            #expect(added["message_id"] == .null && added["expires_at"] == .null)
            for path in ["bob+x@example.test", "BOB%2Bx%40example.TEST", "%22bob+x%22@example.test"] {
                let shown = try await api.client.get("/v1/suppressions/\(path)")
                #expect(shown.status == 200 && shown.json == added.json, "\(path)")
            }
            let deleted = try await api.client.delete("/v1/suppressions/Bob+x@example.test")
            #expect(deleted.status == 200 && deleted["deleted"] == .bool(true))
            for path in ["bob+x@example.test", "nobody@example.test", "nobody"] {
                #expect(try await api.client.get("/v1/suppressions/\(path)").status == 404)
                #expect(try await api.client.delete("/v1/suppressions/\(path)").status == 404)
            }
        }
    }

    @Test func whatIsSaidAgainIsChanged() async throws {
        try await withAPI { api in
            let first = try await add(api, #"{"address":"bob@example.test","reason":"complaint"}"#)
            let again = try await add(api, #"{"address":"BOB@example.test","expires_after":"1h","note":"x"}"#)
            #expect(first.status == 201 && again.status == 200 && again.field("Location") == nil)
            #expect(again["reason"] == .string("complaint") && again["note"] == .string("x"))
            #expect(again["created_at"] == first["created_at"] && again["expires_at"] != .null)
            api.clock.advance(by: .seconds(3600))
            #expect(try await api.client.get("/v1/suppressions/bob@example.test").status == 404)
            let fresh = try await add(api, #"{"address":"bob@example.test"}"#)
            #expect(fresh.status == 201 && fresh["reason"] == .string("manual"))
        }
    }

    @Test(arguments: [
        ("{}", ["#/address required"]), (#"{"address":"bob"}"#, ["#/address invalid_address"]),
        (#"{"address":"Bob <bob@a.test>"}"#, ["#/address invalid_address"]),
        (#"{"address":"b@a.test","reason":"spite"}"#, ["#/reason invalid_value"]),
        (#"{"address":"b@a.test","resaon":"bounce"}"#, ["#/resaon unknown_member"]),
        (#"{"address":"b@a.test","expires_at":"2001-01-01T00:00:00Z"}"#, ["#/expires_at out_of_range"]),
        (#"{"address":"b@a.test","expires_at":"soon"}"#, ["#/expires_at invalid_value"]),
        (#"{"address":"b@a.test","expires_after":"0s"}"#, ["#/expires_after out_of_range"]),
        (
            #"{"address":"b@a.test","expires_after":"1h","expires_at":"2999-01-01T00:00:00Z"}"#,
            ["#/expires_after invalid_value"]
        ),
        (#"{"address":"b@a.test","note":"a\nb"}"#, ["#/note control_character"]),
    ])
    func refusesWhatIsWrong(body: String, errors: [String]) async throws {
        try await withAPI { api in
            let answer = try await add(api, body)
            #expect(answer.status == 422 && answer.errors == errors, "\(answer.text)")
        }
    }

    @Test func listsFilterAndPage() async throws {
        try await withAPI { api in
            for (address, reason) in [("a@x.test", "bounce"), ("ab@y.test", "manual"), ("b@x.test", "manual")] {
                _ = try await add(api, #"{"address":"\#(address)","reason":"\#(reason)"}"#)
            }
            let first = try await api.client.get("/v1/suppressions?limit=2")
            #expect(addresses(first) == ["b@x.test", "ab@y.test"] && first["has_more"] == .bool(true))
            let cursor = first["next_cursor"].string ?? ""
            #expect(try await addresses(api.client.get("/v1/suppressions?cursor=\(cursor)")) == ["a@x.test"])
            for (query, found) in [
                ("reason=bounce", ["a@x.test"]), ("domain=X.test", ["b@x.test", "a@x.test"]),
                ("prefix=A", ["ab@y.test", "a@x.test"]),
                ("created_before=2001-01-01T00:00:00Z", []),
            ] {
                #expect(try await addresses(api.client.get("/v1/suppressions?\(query)")) == found, "\(query)")
            }
            let wrong = try await api.client.get("/v1/suppressions?reason=x&domain=y&crusor=z&created_after=now")
            #expect(
                wrong.errors == [
                    "?crusor unknown_parameter", "?reason invalid_value", "?domain invalid_address",
                    "?created_after invalid_value",
                ])
        }
    }
}

/// Sending.
extension SuppressionRoutesTests {
    private static let toBoth =
        #"{"from":"hello@acme.test","to":["eve@example.test","Bob@example.test"],"cc":"carol@example.test","text":"Hi""#

    @Test func aSuppressedRecipientIsAcceptedAsSuch() async throws {
        try await withAPI { api in
            for name in ["bob", "carol"] { _ = try await add(api, #"{"address":"\#(name)@example.test"}"#) }
            let sent = try await api.client.post("/v1/messages", Self.toBoth + "}")
            #expect(sent.status == 202 && sent["status"] == .string("queued"))
            #expect(sent["counts", "suppressed"].number?.int64 == 2 && sent["counts", "queued"].number?.int64 == 1)
            #expect(sent["recipients", "1", "status"] == .string("suppressed"))
            let warnings = (sent["warnings"].array ?? []).compactMap(\.object).filter {
                $0["code"] == .string("suppressed_recipient")
            }
            #expect(warnings.map { $0["pointer"]?.string } == ["#/to/1", "#/cc"])
            #expect(warnings.first?["detail"]?.string?.contains("Bob@example.test") == true)
            let id = sent["id"].string ?? ""
            let shown = try await api.client.get("/v1/messages/\(id)")
            #expect(shown["recipients"] == sent["recipients"])
            let events = try await api.client.get("/v1/messages/\(id)/events")["data"].array ?? []
            let types = events.map { $0.object?["type"]?.string }
            #expect(types.filter { $0 == "message.accepted" }.count == 3)
            #expect(types.suffix(2) == ["message.suppressed", "message.suppressed"])
        }
    }

    @Test func aMessageToNobodyIsFinishedAtOnce() async throws {
        try await withAPI(ready: { Issue.record("\($0.count) to deliver") }) { api in
            _ = try await add(api, #"{"address":"bob@example.test"}"#)
            let sent = try await api.client.post("/v1/messages", APIFixture.message)
            #expect(sent["status"] == .string("undelivered"))
            #expect(sent["recipients", "0", "finished_at"] != .null)
            #expect(sent["recipients", "0", "next_attempt_at"] == .null)
        }
    }

    @Test func warningsPointIntoBatchesAndQueries() async throws {
        try await withAPI { api in
            _ = try await add(api, #"{"address":"bob@example.test"}"#)
            let batch = try await api.client.post("/v1/messages/batch", #"{"messages":[\#(APIFixture.message)]}"#)
            let warning = batch["data", "0", "message", "warnings", "0"].object
            #expect(warning?["pointer"] == .string("#/messages/0/to"))
            let raw = try await api.client.send(
                "POST", "/v1/messages?to=eve@example.test&to=bob@example.test", ["Content-Type": "message/rfc822"],
                "From: hello@acme.test\r\nSubject: x\r\n\r\nHi\r\n")
            #expect(raw["warnings", "0", "code"] == .string("suppressed_recipient"), "\(raw.text)")
            #expect(raw["warnings", "0", "pointer"] == .string("?to.1"))
            let dry = try await api.client.post("/v1/messages?dry_run=true", APIFixture.message)
            #expect(dry["recipients", "0", "outlook"] == .string("suppressed"))
        }
    }

    @Test func ignoringThemNeedsAScope() async throws {
        try await withAPI { api in
            _ = try await add(api, #"{"address":"bob@example.test"}"#)
            let body = Self.toBoth + #","suppressions":"ignore"}"#
            let refused = try await api.key([.messagesSend]).client.post("/v1/messages", body)
            #expect(refused.status == 403 && refused["detail"].string?.contains("suppressions") == true)
            let sent = try await api.key([.messagesSend, .suppressions]).client.post("/v1/messages", body)
            #expect(sent.status == 202 && sent["counts", "queued"].number?.int64 == 3)
            let wrong = try await api.client.post("/v1/messages", Self.toBoth + #","suppressions":"no"}"#)
            #expect(wrong.errors == ["#/suppressions invalid_value"])
        }
    }

    @Test func theirProjectAloneIsMeant() async throws {
        try await withAPI { api in
            let tenant = try await api.key(in: api.project()).client
            _ = try await tenant.post("/v1/suppressions", #"{"address":"bob@example.test"}"#)
            #expect(try await api.client.post("/v1/messages", APIFixture.message)["status"] == .string("queued"))
            #expect(try await tenant.post("/v1/messages", APIFixture.message)["status"] == .string("undelivered"))
            #expect(try await addresses(api.client.get("/v1/suppressions/export")) == [])
        }
    }

    @Test func whatASandboxKeySendsSaysSo() async throws {
        let ready: @Sendable ([ReadyMessage]) -> Void = { messages in
            if messages.contains(where: { !$0.isSandbox }) { Issue.record("not for the sandbox") }
        }
        try await withAPI(ready: ready) { api in
            let tester = try await api.key(Scope.allCases, in: nil, #","mode":"sandbox""#).client
            let sent = try await tester.post("/v1/messages", APIFixture.message)
            #expect(sent["sandbox"] == .bool(true))
            let id = sent["id"].string ?? ""
            #expect(try await tester.get("/v1/messages/\(id)")["sandbox"] == .bool(true))
            let event = try await tester.get("/v1/events")["data", "0", "data"].object
            #expect(event?["sandbox"] == .bool(true))
        }
    }
}
