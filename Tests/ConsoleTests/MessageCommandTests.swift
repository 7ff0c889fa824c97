// MessageCommandTests.swift — `postrider message …` against scripted answers.

import TestSupport
import Testing

@testable import Console

@Suite(.timeLimit(.minutes(5)))
struct MessageCommandTests {
    private static func list(_ rows: String, next: String? = nil) -> ScriptedService.Answer {
        let cursor = next.map { #""\#($0)""# } ?? "null"
        return .json(#"{"object":"list","data":[\#(rows)],"has_more":\#(next != nil),"next_cursor":\#(cursor)}"#)
    }

    private static func row(_ id: Int) -> String {
        """
        {"id":"msg_\(id)","created_at":"2026-11-23T14:00:00.000Z","status":"delivered","from":"a@acme.example",\
        "subject":"Code \\u001b[2J","recipients":[{"address":"b@example.net"},{"address":"c@example.net"}]}
        """
    }

    @Test func aListIsATable() async throws {
        let service = try ScriptedService(Self.list(Self.row(1)))
        let run = await CommandRun.of(
            "message", "list", "--status", "delivered", "--to", "b+c@example.net", "--tag", "kind=a&b",
            "--external-id", "o 7", "--created-after", "2026-11-01T00:00:00Z", at: service)
        #expect(
            run.output == """
                ID     CREATED                   STATUS     FROM            TO                SUBJECT
                msg_1  2026-11-23T14:00:00.000Z  delivered  a@acme.example  b@example.net +1  Code \u{FFFD}[2J

                """)
        let query =
            "status=delivered&to=b%2Bc%40example.net&tag.kind=a%26b&external_id=o%207"
            + "&created_after=2026-11-01T00%3A00%3A00Z&limit=50"
        #expect(service.requests.map(\.line) == ["GET /v1/messages?\(query) HTTP/1.1"])
    }

    @Test func aLongListIsReadPageByPage() async throws {
        let page = (1...200).map(Self.row).joined(separator: ",")
        let service = try ScriptedService(Self.list(page, next: "c 1"), Self.list(Self.row(201), next: "c2"))
        let run = await CommandRun.of("message", "list", "--limit", "201", "--json", at: service)
        #expect(run.output.split(separator: "\n").count == 201 && run.output.hasPrefix(Self.row(1) + "\n"))
        #expect(
            service.requests.map(\.line) == [
                "GET /v1/messages?limit=200 HTTP/1.1", "GET /v1/messages?limit=1&cursor=c%201 HTTP/1.1",
            ])
        #expect(run.notes == "postrider: there are more; --limit shows them\n")
    }

    @Test func anEmptyListSaysSo() async throws {
        let service = try ScriptedService(Self.list(""), Self.list(""))
        #expect(await CommandRun.of("message", "list", at: service).output == "no messages\n")
        #expect(await CommandRun.of("message", "list", "--json", at: service).output.isEmpty)
    }

    private static let shown = """
        {"object":"message","id":"msg_1","status":"partially_delivered","subject":"Code","counts":{"delivered":1},"recipients":[
          {"id":"rcp_1","address":"b@example.net","kind":"to","status":"delivered","next_attempt_at":null},
          {"id":"rcp_2","address":"c@example.net","kind":"bcc","status":"queued",
           "next_attempt_at":"2026-11-23T14:05:00.000Z"}],"warnings":[]}
        """

    private static let attempts = """
        {"id":"att_2","started_at":"2026-11-23T14:00:00.300Z","duration_ms":20,"host":"mx2.example.net","ip":"192.0.2.2",
         "tls":"TLSv1.3 TLS_AES_256_GCM_SHA384","reply":"250 2.0.0 Ok\\r\\nqueued","recipients":[{"id":"rcp_1","outcome":"delivered"}]},
        {"id":"att_1","started_at":"2026-11-23T14:00:00.100Z","duration_ms":10,"host":"mx1.example.net","ip":"192.0.2.1",
         "tls":null,"reply":"452 4.2.2 Full, c","transcript":"+0.001 * connected to 192.0.2.1:25\\n+0.001 < 220 hi\\n\
        +0.001 > MAIL FROM:<a@acme.example>\\n+0.001 > RCPT TO:<b@example.net>\\n+0.001 > RCPT TO:<c@example.net>\\n\
        +0.001 > DATA\\n+0.002 < 250 Ok\\n+0.002 < 451 4.7.1 Later, b\\n+0.002 < 452 4.2.2 Full, c\\n","recipients":[{"id":"rcp_1","outcome":"deferred"},{"id":"rcp_2","outcome":"deferred"}]}
        """

    private static func event(_ id: Int, _ type: String, _ recipient: Int, _ milliseconds: String) -> String {
        """
        {"id":"evt_\(id)","type":"message.\(type)","timestamp":"2026-11-23T14:00:00.\(milliseconds)Z",\
        "data":{"recipient":{"id":"rcp_\(recipient)"},"attempt":{"id":"att_2"}}}
        """
    }

    private static let events = [
        event(1, "accepted", 1, "100"), event(2, "accepted", 2, "100"), event(3, "delivered", 1, "300"),
    ].joined(separator: ",")

    @Test func eachRecipientHasItsHistory() async throws {
        let post = """
            {"attempted_at":"2026-11-23T14:00:00.350Z","event_type":"message.delivered","status":"failed",
             "response_status":500,"error":"oops","latency_ms":12,"next_attempt_at":"2026-11-23T14:00:05.000Z"}
            """
        let service = try ScriptedService(
            .json(Self.shown), Self.list(Self.attempts), Self.list(Self.events),
            Self.list(#"{"id":"whk_1","url":"https://app.example/h"}"#), Self.list(""), Self.list(""), Self.list(post))
        let run = await CommandRun.of("message", "show", "external:order 77", at: service)
        #expect(
            run.output == """
                msg_1  partially_delivered
                  subject  Code

                b@example.net (to)  delivered
                  2026-11-23T14:00:00.100Z  accepted
                  2026-11-23T14:00:00.100Z  deferred   attempt 1 at mx1.example.net [192.0.2.1], in clear text, 10 ms: 451 4.7.1 Later, b
                  2026-11-23T14:00:00.300Z  delivered  attempt 2 at mx2.example.net [192.0.2.2], TLSv1.3 TLS_AES_256_GCM_SHA384, 20 ms: 250 2.0.0 Ok queued
                  2026-11-23T14:00:00.350Z  posted     message.delivered to https://app.example/h: 500, oops in 12 ms, again at 2026-11-23T14:00:05.000Z

                c@example.net (bcc)  queued
                  2026-11-23T14:00:00.100Z  accepted
                  2026-11-23T14:00:00.100Z  deferred  attempt 1 at mx1.example.net [192.0.2.1], in clear text, 10 ms: 452 4.2.2 Full, c
                  next attempt at 2026-11-23T14:05:00.000Z

                """)
        #expect(service.requests[0].line == "GET /v1/messages/external%3Aorder%2077 HTTP/1.1")
        #expect(service.requests[6].line == "GET /v1/webhooks/whk_1/deliveries?event_id=evt_3&limit=200 HTTP/1.1")
    }

    @Test func whoMayNotSeeWebhooksSeesTheRest() async throws {
        let forbidden = #"{"title":"No","status":403,"code":"forbidden","detail":"Scope webhooks."}"#
        let service = try ScriptedService(
            .json(Self.shown), Self.list(Self.attempts), Self.list(Self.events), .json(forbidden, status: 403))
        let run = await CommandRun.of("message", "show", "msg_1", at: service)
        #expect(run.status == 0 && run.output.contains("b@example.net (to)  delivered\n"))
        #expect(run.notes == "postrider: posts to webhooks are not shown: the key may not see them\n")
    }

    @Test func jsonIsTheMessageAsItCame() async throws {
        let service = try ScriptedService(.json(Self.shown + "\n"))
        #expect(await CommandRun.of("message", "show", "msg_1", "--json", at: service).output == Self.shown + "\n")
    }

    private static func changed(_ skipped: String) -> ScriptedService.Answer {
        .json(
            #"{"id":"msg_1","status":"canceled","recipients":[{"id":"rcp_1","address":"b@example.net","status":"canceled"}],"skipped":[\#(skipped)]}"#
        )
    }

    @Test func cancelingAll() async throws {
        let service = try ScriptedService(Self.changed(#"{"address":"c@example.net","reason":"already_final"}"#))
        let run = await CommandRun.of("message", "cancel", "msg_1", at: service)
        #expect(run.status == 0 && run.output == "msg_1  canceled\n  b@example.net  canceled\n")
        #expect(
            service.requests[0].line == "POST /v1/messages/msg_1/cancel HTTP/1.1" && service.requests[0].body.isEmpty)
    }

    @Test(arguments: [("in_transaction", [String]()), ("already_final", ["c@example.net"])])
    func whatCouldNotBeDoneIsAFailure(reason: String, named: [String]) async throws {
        let skipped = #"{"address":"c@example.net","reason":"\#(reason)","detail":"Too late."}"#
        let service = try ScriptedService(Self.changed(skipped))
        let run = await CommandRun.of(["message", "cancel", "msg_1"] + named, at: service)
        #expect(run.status == 1 && run.notes == "postrider: c@example.net: \(reason): Too late.\n")
    }

    @Test func cancelingTwiceIsNoFailure() async throws {
        let skipped = #"{"id":"rcp_1","address":"b@example.net","reason":"already_final"}"#
        let service = try ScriptedService(Self.changed(skipped))
        let run = await CommandRun.of("message", "cancel", "msg_1", "b@example.net", at: service)
        #expect(run.status == 0 && run.notes.isEmpty)
    }

    @Test func retryingSome() async throws {
        let service = try ScriptedService(Self.changed(""))
        let run = await CommandRun.of("message", "retry", "<a@b>", "rcp_1", "b@example.net", at: service)
        #expect(run.status == 0)
        #expect(service.requests[0].line == "POST /v1/messages/%3Ca%40b%3E/retry HTTP/1.1")
        #expect(service.requests[0].body == #"{"recipients":["rcp_1","b@example.net"]}"#)
    }
}
