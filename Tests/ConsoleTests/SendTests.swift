// SendTests.swift — `postrider send`: what it asks for, how it waits, and how it ends.

import Foundation
import JSON
import TestSupport
import Testing

@testable import Console

@Suite(.timeLimit(.minutes(5)))
struct SendTests {
    private static func message(_ status: String, _ recipients: String = "", warnings: String = "") -> String {
        #"{"object":"message","id":"msg_1","status":"\#(status)","recipients":[\#(recipients)],"warnings":[\#(warnings)]}"#
    }

    private static let least = ["send", "--from", "a@acme.example", "--to", "b@example.net"]

    private func withFiles(_ texts: [String: String], _ body: (String) async throws -> Void) async throws {
        let directory = FileManager.default.temporaryDirectory.appending(path: "postrider-send-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: directory) }
        for (name, text) in texts {
            try text.write(to: directory.appending(path: name), atomically: false, encoding: .utf8)
        }
        try await body(directory.path)
    }

    @Test func theLeast() async throws {
        let service = try ScriptedService(.json(Self.message("queued"), status: 202))
        let run = await CommandRun.of(Self.least + ["--text", "Hello"], at: service)
        #expect(run.status == 0 && run.output == "msg_1  queued\n" && run.notes.isEmpty)
        let request = service.requests[0]
        #expect(request.line == "POST /v1/messages HTTP/1.1" && request.field("prefer") == nil)
        #expect(request.body == #"{"from":"a@acme.example","to":["b@example.net"],"text":"Hello"}"#)
        #expect(request.field("idempotency-key")?.utf8.count == 32)
        #expect(request.field("content-type") == "application/json")
    }

    @Test func everythingAtOnce() async throws {
        try await withFiles(["a.txt": "x", "b.html": "<p>", "c.pdf": "%PDF"]) { directory in
            let service = try ScriptedService(.json(Self.message("scheduled"), status: 202))
            let run = await CommandRun.of(
                [
                    "send", "--from", "A <a@acme.example>", "--to", "b@example.net", "c@example.net", "--to",
                    "d@example.net", "--cc", "e@example.net", "--bcc", "f@example.net", "--reply-to",
                    "g@acme.example", "--subject", "S", "--text-file", "\(directory)/a.txt", "--html-file",
                    "\(directory)/b.html", "--header", "X-A: b: c ", "--attach", "\(directory)/c.pdf", "--tag",
                    "kind=otp", "--metadata", "user=1=2", "--external-id", "o-7", "--send-at",
                    "2026-12-24T18:00:00Z", "--expires-after", "600", "--tls", "required", "--return-path",
                    "r@acme.example", "--ignore-suppressions", "--idempotency-key", "mine",
                ], at: service)
            #expect(run.status == 0)
            #expect(service.requests[0].field("idempotency-key") == "mine")
            #expect(
                service.requests[0].body
                    == #"{"from":"A <a@acme.example>","to":["b@example.net","c@example.net","d@example.net"],"#
                    + #""cc":["e@example.net"],"bcc":["f@example.net"],"reply_to":["g@acme.example"],"subject":"S","#
                    + #""text":"x","html":"<p>","headers":{"X-A":"b: c"},"#
                    + #""attachments":[{"filename":"c.pdf","content":"JVBERg=="}],"tags":{"kind":"otp"},"#
                    + #""metadata":{"user":"1=2"},"external_id":"o-7","send_at":"2026-12-24T18:00:00Z","#
                    + #""expires_after":"10m","tls":"required","return_path":"r@acme.example","suppressions":"ignore"}"#
            )
        }
    }

    @Test func aWholeMessage() async throws {
        try await withFiles(["m.eml": "From: a@acme.example\r\n\r\nHi\r\n"]) { directory in
            let service = try ScriptedService(.json(Self.message("queued"), status: 202))
            let run = await CommandRun.of(
                "send", "--raw", "\(directory)/m.eml", "--to", "b@example.net", at: service)
            #expect(run.status == 0)
            #expect(
                service.requests[0].body
                    == #"{"to":["b@example.net"],"raw":"RnJvbTogYUBhY21lLmV4YW1wbGUNCg0KSGkNCg=="}"#)
        }
    }

    @Test(arguments: [
        ["--text", "a", "--text-file", "-"], ["--text-file", "-", "--html-file", "-"], ["--tag", "kind"],
        ["--header", "no colon"], ["--tag", "a=1", "--tag", "a=2"], ["--wait", "--dry-run"], ["--wait=soon"],
        ["--wait="],
        ["--no-such-flag"],
    ])
    func whatTheCommandLineGotWrong(arguments: [String]) async {
        #expect(await CommandRun.of(Self.least + arguments).status == 2)
    }

    @Test func aSenderAndARecipientAreNeeded() async {
        #expect(await CommandRun.of("send", "--from", "a@acme.example").message.contains("--to, --cc or --bcc"))
        #expect(await CommandRun.of("send", "--to", "a@acme.example").message.contains("--from is missing"))
    }

    @Test func anOptionThatThereIsNotComesBeforeWhatIsMissing() async {
        let run = await CommandRun.of("send", "--form", "a@acme.example", "--to", "b@example.net")
        #expect(run.status == 2 && run.message.contains("Did you mean '--from'?"))
    }

    @Test func aFileThatIsNotThereIsNamed() async {
        let run = await CommandRun.of(Self.least + ["--text-file", "/no/such"])
        #expect(run.status == 1 && run.message == #"cannot read "/no/such": No such file or directory"#)
    }

    @Test func aLostAnswerIsAskedForUnderTheSameKey() async throws {
        let running = #"{"title":"In progress","status":409,"code":"idempotency_in_progress","detail":"Wait."}"#
        let service = try ScriptedService(
            .hangUp, .json(running, status: 409, ["Retry-After: 1"]), .json(Self.message("queued"), status: 202))
        let run = await CommandRun.of(Self.least, at: service)
        #expect(run.status == 0 && run.output == "msg_1  queued\n")
        #expect(Set(service.requests.map { $0.field("idempotency-key") }).count == 1 && service.requests.count == 3)
        #expect(Set(service.requests.map(\.body)).count == 1)
    }

    @Test func warningsAreNoPartOfTheAnswer() async throws {
        let warning = ##"{"code":"unsigned","pointer":"#/from","detail":"No key."}"##
        let service = try ScriptedService(.json(Self.message("queued", warnings: warning), status: 202))
        let run = await CommandRun.of(Self.least, at: service)
        #expect(run.output == "msg_1  queued\n" && run.notes == "postrider: warning: #/from: No key.\n")
    }

    private static let delivered = #"{"id":"rcp_1","address":"b@example.net","status":"delivered"}"#
    private static let bounced = """
        {"id":"rcp_2","address":"c@example.net","status":"bounced","bounce":{"message":"550 5.1.1 \\u001b[5mNo"}}
        """

    @Test func waitingEndsWellIfAllAreDelivered() async throws {
        let service = try ScriptedService(
            .json(Self.message("queued"), status: 202, ["Preference-Applied: wait=30"]),
            .json(Self.message("delivered", Self.delivered), ["Preference-Applied: wait=30"]))
        let run = await CommandRun.of(Self.least + ["--wait", "30s"], at: service)
        #expect(run.status == 0 && run.pauses.isEmpty)
        #expect(run.output == "msg_1  queued\nmsg_1  delivered\n  b@example.net  delivered\n")
        #expect(service.requests[1].line == "GET /v1/messages/msg_1 HTTP/1.1")
        let seconds = try #require(service.requests[1].field("prefer").flatMap { Int($0.dropFirst("wait=".count)) })
        #expect((25...30).contains(seconds))
    }

    /// Also if nobody ever learns what becomes of it.
    @Test func theIDIsTheFirstThingThatIsSaid() async throws {
        let warning = ##"{"code":"unsigned","pointer":"#/from","detail":"No key."}"##
        let gone = #"{"title":"Not found","status":404,"code":"not_found"}"#
        let service = try ScriptedService(
            .json(Self.message("queued", warnings: warning), status: 202), .json(gone, status: 404))
        let run = await CommandRun.of(Self.least + ["--wait"], at: service)
        #expect(run.status == 1 && run.output == "msg_1  queued\n" && run.message == "Not found")
        #expect(run.notes == "postrider: warning: #/from: No key.\n")
        #expect(service.requests[0].field("prefer") == nil)
    }

    @Test func waitingInJSONIsOneDocument() async throws {
        let service = try ScriptedService(
            .json(Self.message("queued"), status: 202, ["Preference-Applied: wait=30"]),
            .json(Self.message("delivered", Self.delivered)))
        let run = await CommandRun.of(Self.least + ["--wait=30", "--json"], at: service)
        #expect(run.status == 0 && run.output == Self.message("delivered", Self.delivered) + "\n")
        #expect(service.requests.allSatisfy { $0.field("prefer")?.hasPrefix("wait=") == true })
    }

    @Test func whatIsSentLaterIsWaitedForLikewise() async throws {
        let service = try ScriptedService(
            .json(Self.message("scheduled"), status: 202), .json(Self.message("scheduled")),
            .json(Self.message("queued")), .json(Self.message("delivered", Self.delivered)))
        let run = await CommandRun.of(Self.least + ["--send-at", "2026-12-24T18:00:00Z", "--wait"], at: service)
        #expect(run.status == 0 && run.output.hasPrefix("msg_1  scheduled\nmsg_1  delivered\n"))
    }

    @Test(arguments: [["--wait"], ["--wait=60"], ["--wait", "1m"]])
    func waitingIsSpelledInThreeWays(arguments: [String]) async throws {
        let service = try ScriptedService(.json(Self.message("delivered"), status: 202))
        #expect(await CommandRun.of(Self.least + arguments + ["--json"], at: service).status == 0)
        let seconds = service.requests[0].field("prefer").flatMap { Int($0.dropFirst("wait=".count)) } ?? 0
        #expect((55...60).contains(seconds))
    }

    @Test func waitingEndsBadlyIfOneIsNot() async throws {
        let both = Self.message("partially_delivered", Self.delivered + "," + Self.bounced)
        let service = try ScriptedService(.json(both, status: 202))
        let run = await CommandRun.of(Self.least + ["--wait"], at: service)
        #expect(run.status == 1 && run.message.isEmpty)
        #expect(run.output.hasSuffix("  c@example.net  bounced  550 5.1.1 \u{FFFD}[5mNo\n"))
    }

    @Test func waitingComesToAnEnd() async throws {
        let service = try ScriptedService(.json(Self.message("queued"), status: 202))
        let run = await CommandRun.of(Self.least + ["--wait=0", "--json"], at: service)
        #expect(run.status == 1 && run.output == Self.message("queued") + "\n")
        #expect(run.notes == "postrider: not final after 0s\n")
    }

    /// It is asked once a second then, not as often as it can answer.
    @Test func aServiceThatDoesNotWaitIsNotAskedWithoutEnd() async throws {
        let service = try ScriptedService(
            .json(Self.message("queued"), status: 202), .json(Self.message("queued")),
            .json(Self.message("delivered")))
        let run = await CommandRun.of(Self.least + ["--wait"], at: service)
        #expect(run.status == 0 && run.pauses == [.seconds(1)])
    }

    @Test func aDryRunSendsNothing() async throws {
        let answer = """
            {"object":"dry_run","from":"a@acme.example","header":[{"name":"Subject","value":"S"}],
             "signatures":[{"domain":"acme.example","selector":"s1","algorithm":"rsa-sha256"}],
             "recipients":[
              {"address":"b@example.net","kind":"to","outlook":"deliverable","mx":[{"host":"mx.example.net"}],"problem":null},
              {"address":"c@no.test","kind":"cc","outlook":"undeliverable","mx":[],
               "problem":{"reason":"no_such_domain","detail":"It has no \\u001b."}}],
             "warnings":[{"pointer":"#/to","detail":"Careful."}]}
            """
        let service = try ScriptedService(.json(answer))
        let run = await CommandRun.of(Self.least + ["--dry-run"], at: service)
        #expect(run.status == 0 && run.notes == "postrider: warning: #/to: Careful.\n")
        #expect(
            run.output == """
                from  a@acme.example
                header
                  Subject: S
                signatures
                  s1._domainkey.acme.example (rsa-sha256)
                recipients
                  b@example.net (to)  deliverable  mx.example.net
                  c@no.test (cc)  undeliverable  no_such_domain: It has no \u{FFFD}.

                """)
        #expect(service.requests[0].line == "POST /v1/messages?dry_run=true HTTP/1.1")
        #expect(service.requests[0].field("idempotency-key") == nil)
    }

    @Test func colourIsForStatusesOnTerminals() async throws {
        let service = try ScriptedService(.json(Self.message("queued")), .json(Self.message("queued")))
        #expect(
            await CommandRun.of(Self.least, at: service, coloured: true).output == "msg_1  \u{1B}[33mqueued\u{1B}[0m\n")
        let json = await CommandRun.of(Self.least + ["--json"], at: service, coloured: true)
        #expect(json.output == Self.message("queued") + "\n")
    }
}
