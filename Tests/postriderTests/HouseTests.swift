// HouseTests.swift — the whole program: a message goes in by HTTP, through queue and SMTP into the sandbox, and is shown.

import APITestSupport
import Console
import JSON
import Testing

@testable import postrider

@Suite(.timeLimit(.minutes(5)))
struct HouseTests {
    @Test func aMessageIsDeliveredIntoTheSandboxAndShownThere() async throws {
        try await withHouse { house in
            let id = try await house.send(to: "Bob <bob@example.test>")
            #expect(try await house.outcome(of: id)["status"] == .string("delivered"))
            let list = try await house.client.get("/v1/sandbox/messages")
            #expect(list.status == 200 && list["data"].array?.count == 1)
            #expect(list["data", "0", "recipients", "0"] == .string("bob@example.test"))
            #expect(list["data", "0", "mail_from"] == .string("hello@acme.test"))
            #expect(list["data", "0", "raw"].string?.hasSuffix("\r\n\r\nIt is 4711.\r\n") == true)
            let caught = try #require(list["data", "0", "id"].string)
            let one = try await house.client.get("/v1/sandbox/messages/\(caught)")
            let latest = try await house.client.get("/v1/sandbox/messages/latest?to=BOB@example.test")
            #expect(one.status == 200 && one.json == list["data", "0"] && latest.json == one.json)
            let raw = try await house.client.get("/v1/messages/\(id)/raw")
            #expect(one["raw"].string?.hasSuffix(raw.text) == true)
        }
    }

    /// What the store changes reaches delivery, and delivery's next hop the dry run.
    @Test func aScheduledMessageIsSentWhenItIsToldTo() async throws {
        try await withHouse { house in
            let id = try await house.send(to: "bob@example.test", more: #","send_at":"\#(house.tomorrow)""#)
            #expect(try await house.client.get("/v1/messages/\(id)")["status"] == .string("scheduled"))
            let moved = try await house.client.patch("/v1/messages/\(id)", #"{"send_at":null}"#)
            #expect(moved.status == 200)
            #expect(try await house.outcome(of: id)["status"] == .string("delivered"))
            let run = try await house.client.post(
                "/v1/messages?dry_run=true", #"{"from":"a@acme.test","to":"bob@example.test","text":"x"}"#)
            #expect(run["recipients", "0", "outlook"] == .string("deliverable"))
            #expect(run["recipients", "0", "mx", "0", "host"] == .string("127.0.0.1"))
        }
    }

    @Test func theSandboxKnowsWhatItHasNotCaughtAndForgets() async throws {
        try await withHouse { house in
            let client = house.client
            #expect(try await client.get("/v1/sandbox/messages/latest").status == 404)
            _ = try await house.outcome(of: house.send(to: "bob@example.test"))
            for path in ["latest?to=eve@example.test", "2", "x", "99999999999999999999"] {
                #expect(try await client.get("/v1/sandbox/messages/\(path)").status == 404, "\(path)")
            }
            #expect(try await client.get("/v1/sandbox/messages?limit=0").status == 422)
            let deleted = try await client.delete("/v1/sandbox/messages")
            #expect(deleted.status == 204 && deleted.body.isEmpty)
            #expect(try await client.get("/v1/sandbox/messages")["data"].array?.isEmpty == true)
        }
    }

    @Test func eachProjectSeesItsOwnInTheSandbox() async throws {
        try await withHouse { house in
            _ = try await house.outcome(of: house.send(to: "bob@example.test"))
            let tenant = try await house.tenant()
            #expect(try await tenant.client.get("/v1/sandbox/messages")["data"].array?.isEmpty == true)
            for id in ["1", "latest"] {
                #expect(try await tenant.client.get("/v1/sandbox/messages/\(id)").status == 404)
            }
            let id = try await tenant.send(to: "eve@example.test")
            _ = try await tenant.outcome(of: id)
            let own = try await tenant.client.get("/v1/sandbox/messages")
            #expect(own["data"].array?.count == 1 && own["data", "0", "message_id"] == .string(id))
            #expect(try await tenant.client.delete("/v1/sandbox/messages").status == 204)
            #expect(try await tenant.client.get("/v1/sandbox/messages/latest").status == 404)
            #expect(try await house.client.get("/v1/sandbox/messages")["data"].array?.count == 1)
        }
    }

    /// In development mode all mail is play: what bounced may be tried again.
    @Test func theSandboxSuppressesNobody() async throws {
        try await withHouse { house in
            for _ in 1...2 {
                let message = try await house.outcome(of: house.send(to: "bounced@example.test"))
                #expect(message["recipients", "0", "status"] == .string("bounced"))
                #expect(message["recipients", "0", "bounce", "type"] == .string("hard"))
            }
            #expect(try await house.client.get("/v1/suppressions")["data"].array?.isEmpty == true)
        }
    }

    @Test func aSuppressedRecipientIsNeverContacted() async throws {
        try await withHouse { house in
            _ = try await house.client.post("/v1/suppressions", #"{"address":"Bob@example.test"}"#)
            let id = try await house.send(to: "bob@EXAMPLE.test")
            let message = try await house.client.get("/v1/messages/\(id)")
            #expect(message["status"] == .string("undelivered"))
            #expect(message["recipients", "0", "status"] == .string("suppressed"))
            _ = try await house.outcome(of: house.send(to: "eve@example.test"))
            #expect(try await house.client.get("/v1/sandbox/messages")["data"].array?.count == 1)
        }
    }

    /// Without development mode there is a sandbox, too, for those who ask for it.
    @Test func aSandboxKeysMailStaysOnTheMachine() async throws {
        try await withHouse(["delivery.require_tls": "true"], isDev: false) { house in
            let made = try await house.client.post("/v1/api-keys", #"{"name":"x","mode":"sandbox"}"#)
            let tester = house.with(key: made["key"].string)
            let id = try await tester.send(to: "bob@example.test")
            let message = try await tester.outcome(of: id)
            #expect(message["status"] == .string("delivered") && message["sandbox"] == .bool(true))
            #expect(try await tester.client.get("/v1/sandbox/messages/latest")["message_id"] == .string(id))
            let event = try await tester.client.get("/v1/messages/\(id)/events")["data", "0", "data", "sandbox"]
            #expect(event == .bool(true))
            let bounced = try await tester.outcome(of: tester.send(to: "bounced@example.test"))
            #expect(bounced["recipients", "0", "bounce", "category"] == .string("invalid_recipient"))
            #expect(try await house.client.get("/v1/suppressions")["data"].array?.isEmpty == true)
        }
    }

    @Test func theSandboxSaysWhenItHasCaughtSomething() async throws {
        try await withHouse { house in
            let wait = ["Prefer": "wait=60"]
            async let waiting = house.client.get("/v1/sandbox/messages/latest?to=bob@example.test", wait)
            _ = try await house.outcome(of: house.send(to: "eve@example.test"))
            _ = try await house.send(to: "bob@example.test")
            let first = try await waiting
            #expect(first.status == 200 && first["recipients", "0"] == .string("bob@example.test"))
            #expect(first.field("Preference-Applied") == "wait=60")
            // Who has seen it waits for another.
            let known = ["If-None-Match": first.field("ETag") ?? ""]
            #expect(try await house.client.get("/v1/sandbox/messages/latest?to=bob@example.test", known).status == 304)
            async let next = house.client.get("/v1/sandbox/messages/latest", wait.merging(known) { $1 })
            _ = try await house.send(to: "carol@example.test")
            #expect(try await next["recipients", "0"] == .string("carol@example.test"))
            let nobody = try await house.client.get("/v1/sandbox/messages/latest?to=x@y.test", ["Prefer": "wait=1"])
            #expect(nobody.status == 404)
        }
    }

    @Test func aClientMayWaitForTheOutcome() async throws {
        try await withHouse { house in
            let body =
                #"{"from":"hello@acme.test","to":["bounced@example.test","bob@example.test"],"text":"It is 4711."}"#
            let sent = try await house.client.post("/v1/messages", body, ["Prefer": "wait=60"])
            #expect(sent.status == 202 && sent["status"] == .string("partially_delivered"))
        }
    }

    @Test func leavingEndsTheWaitOfItsClients() async throws {
        let waiting = try await withHouse { house in
            let body = #"{"from":"hello@acme.test","to":"delayed@example.test","text":"It is 4711."}"#
            let client = house.client
            let waiting = Task { try await client.post("/v1/messages", body, ["Prefer": "wait=60"]) }
            while try await client.get("/v1/messages")["data", "0", "recipients", "0", "attempts"].number?.int64 != 1 {}
            return waiting
        }
        let answer = try await waiting.value
        #expect(answer.status == 202 && answer["status"] == .string("queued"))
    }

    @Test func theSandboxListsPagesNewestFirst() async throws {
        try await withHouse { house in
            for name in ["a", "b", "c"] { _ = try await house.outcome(of: house.send(to: "\(name)@example.test")) }
            let first = try await house.client.get("/v1/sandbox/messages?limit=2")
            #expect(first["has_more"] == .bool(true))
            let cursor = try #require(first["next_cursor"].string)
            let second = try await house.client.get("/v1/sandbox/messages?limit=2&cursor=\(cursor)")
            #expect(second["has_more"] == .bool(false))
            let pages = ((first["data"].array ?? []) + (second["data"].array ?? []))
            #expect(pages.map { $0.object?["recipients"]?.array?.first?.string?.first } == ["c", "b", "a"])
        }
    }

    @Test(arguments: [
        ("bounced", "5.1.1", "550 5.1.1 No such user here"), ("550", "5.0.0", "550 5.0.0 As you asked"),
    ])
    func bounces(localPart: String, enhancedCode: String, reply: String) async throws {
        try await withHouse { house in
            let message = try await house.outcome(of: house.send(to: "\(localPart)@example.test"))
            #expect(message["status"] == .string("undelivered"))
            #expect(message["recipients", "0", "status"] == .string("bounced"))
            let bounce = message["recipients", "0", "bounce"].object
            #expect(bounce?["smtp_code"]?.number?.int64 == 550)
            #expect(bounce?["enhanced_code"] == .string(enhancedCode) && bounce?["message"] == .string(reply))
            #expect(try await house.client.get("/v1/sandbox/messages")["data"].array?.isEmpty == true)
        }
    }

    @Test(arguments: [("delayed", "451 4.7.1 Try again later"), ("451", "451 4.0.0 As you asked")])
    func delaysUntilTheLifetimeEnds(localPart: String, reply: String) async throws {
        try await withHouse(["delivery.retry_schedule": "200ms", "delivery.delay_notice_after": "300ms"]) { house in
            let id = try await house.send(to: "\(localPart)@example.test", more: #","expires_after":"12s""#)
            let message = try await house.outcome(of: id)
            #expect(message["recipients", "0", "status"] == .string("failed"))
            let failure = message["recipients", "0", "failure"].object
            #expect(failure?["reason"] == .string("expired") && failure?["last_reply"] == .string(reply))
            let attempts = try await house.client.get("/v1/messages/\(id)/attempts?limit=200")["data"].array ?? []
            #expect(attempts.count > 1)
            #expect(message["recipients", "0", "attempts"].number?.int64 == Int64(attempts.count))
            let events = try await house.client.get("/v1/messages/\(id)/events")["data"].array ?? []
            let types = events.map { $0.object?["type"]?.string }
            #expect(types == ["message.accepted", "message.delayed", "message.failed"])
        }
    }

    @Test func disconnectsOnceAfterTheFinalDot() async throws {
        try await withHouse(["delivery.retry_schedule": "100ms"]) { house in
            let message = try await house.outcome(of: house.send(to: "disconnect@example.test"))
            #expect(message["status"] == .string("delivered"))
            #expect(message["recipients", "0", "attempts"].number?.int64 == 2)
            #expect(try await house.client.get("/v1/sandbox/messages")["data"].array?.count == 1)
        }
    }

    @Test func isSlowAsAsked() async throws {
        try await withHouse { house in
            let id = try await house.send(to: "slow-1s@example.test")
            #expect(try await house.outcome(of: id)["status"] == .string("delivered"))
            let attempts = try await house.client.get("/v1/messages/\(id)/attempts")
            #expect(attempts["data"].array?.count == 1)
            #expect(attempts["data", "0", "duration_ms"].number?.int64 ?? 0 >= 1000)
        }
    }

    @Test func aStoreThatFailsAnswers5xxAndEndsTheHouseInFailure() async throws {
        let failure = await #expect(throws: CommandFailure.self) {
            try await withHouse { house in
                house.disk.failSyncs()
                let body = #"{"from":"hello@acme.test","to":"bob@example.test","text":"It is 4711."}"#
                let answer = try await house.client.post("/v1/messages", body)
                #expect(answer.status == 503 && answer["code"] == .string("unavailable"))
            }
        }
        #expect(failure?.description.hasPrefix("the store has failed: ") == true)
    }
}
