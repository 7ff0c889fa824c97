// AdministrationTests.swift — `postrider webhook`, `key` and `suppress`: what each command asks for and prints.

import Foundation
import TestSupport
import Testing

@testable import Console

@Suite(.timeLimit(.minutes(5)))
struct AdministrationTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let command: [String]
        let request: String
        let body: String

        init(_ command: String, _ request: String, _ body: String = "") {
            (self.command, self.request, self.body) = (command.split(separator: " ").map(String.init), request, body)
        }

        var testDescription: String { command.joined(separator: " ") }
    }

    @Test(arguments: [
        Case("webhook add https://a.example/h", "POST /v1/webhooks", #"{"url":"https://a.example/h"}"#),
        Case(
            "webhook add https://a.example/h --types message.bounced,message.failed message.delayed --tag kind=otp"
                + " --header X-A:b --timeout-seconds 5 --max-concurrency 2 --description d", "POST /v1/webhooks",
            #"{"url":"https://a.example/h","types":["message.bounced","message.failed","message.delayed"],"#
                + #""tags":{"kind":"otp"},"headers":{"X-A":"b"},"timeout_seconds":5,"max_concurrency":2,"description":"d"}"#
        ),
        Case("webhook show whk_1", "GET /v1/webhooks/whk_1"),
        Case(
            "webhook change whk_1 --url https://b.example", "PATCH /v1/webhooks/whk_1", #"{"url":"https://b.example"}"#),
        Case(
            "webhook change whk_1 --types all --tag kind= --tag a=b --header X-A:", "PATCH /v1/webhooks/whk_1",
            #"{"types":null,"tags":{"kind":null,"a":"b"},"headers":{"X-A":null}}"#),
        Case("webhook pause whk_1", "POST /v1/webhooks/whk_1/pause"),
        Case("webhook resume whk_1", "POST /v1/webhooks/whk_1/resume"),
        Case("webhook rotate-secret whk_1", "POST /v1/webhooks/whk_1/rotate-secret"),
        Case(
            "webhook rotate-secret whk_1 --grace 24h", "POST /v1/webhooks/whk_1/rotate-secret",
            #"{"grace_seconds":86400}"#),
        Case("webhook retry whk_1 evt_1", "POST /v1/webhooks/whk_1/deliveries/evt_1/retry"),
        Case(
            "webhook replay whk_1 --since 2026-11-01T00:00:00Z --until 2026-11-02T00:00:00Z --types message.bounced",
            "POST /v1/webhooks/whk_1/replay",
            #"{"since":"2026-11-01T00:00:00Z","until":"2026-11-02T00:00:00Z","types":["message.bounced"]}"#),
        Case("webhook replay whk_1 --failed", "POST /v1/webhooks/whk_1/replay", #"{"failed":true}"#),
        Case("webhook remove whk_1", "DELETE /v1/webhooks/whk_1"),
        Case("key add billing", "POST /v1/api-keys", #"{"name":"billing"}"#),
        Case(
            "key add b --scopes messages:send events:read --from-domains acme.example --allowed-ips 10.0.0.0/8"
                + " --expires-at 2027-01-01T00:00:00Z --mode sandbox --rate-limit 10 --project prj_1",
            "POST /v1/api-keys",
            #"{"name":"b","mode":"sandbox","project":"prj_1","scopes":["messages:send","events:read"],"#
                + #""from_domains":["acme.example"],"allowed_ips":["10.0.0.0/8"],"#
                + #""expires_at":"2027-01-01T00:00:00Z","rate_limit":10}"#),
        Case("key show key_1", "GET /v1/api-keys/key_1"),
        Case(
            "key change key_1 --name n --rate-limit 5 --from-domains any", "PATCH /v1/api-keys/key_1",
            #"{"name":"n","from_domains":null,"rate_limit":5}"#),
        Case("key roll key_1 --grace 0", "POST /v1/api-keys/key_1/roll", #"{"grace_seconds":0}"#),
        Case("key revoke key_1", "DELETE /v1/api-keys/key_1"),
        Case("suppress add b@example.net", "POST /v1/suppressions", #"{"address":"b@example.net"}"#),
        Case(
            "suppress add b@example.net --reason manual --expires-after 30d --note asked", "POST /v1/suppressions",
            #"{"address":"b@example.net","reason":"manual","expires_after":"30d","note":"asked"}"#),
        Case("suppress check b+1@example.net", "GET /v1/suppressions/b%2B1%40example.net"),
        Case("suppress remove b@example.net", "DELETE /v1/suppressions/b%40example.net"),
    ])
    func oneRequest(of test: Case) async throws {
        let service = try ScriptedService(.json(#"{"object":"x","id":"x_1"}"#), .json(#"{"object":"x","id":"x_1"}"#))
        let run = await CommandRun.of(test.command, at: service)
        #expect(run.status == 0 && run.output.contains("x_1") || test.command[1] == "remove", "\(run.message)")
        #expect(service.requests[0].line == test.request + " HTTP/1.1" && service.requests[0].body == test.body)
        let json = await CommandRun.of(test.command + ["--json"], at: service)
        #expect(json.output == #"{"object":"x","id":"x_1"}"# + "\n")
    }

    @Test func anEmptyIDIsNotTheWholeList() async throws {
        let missing = #"{"title":"Not found","status":404,"code":"not_found"}"#
        let service = try ScriptedService(.json(missing, status: 404))
        #expect(await CommandRun.of("key", "show", "", at: service).status == 1)
        #expect(service.requests[0].line == "GET /v1/api-keys/ HTTP/1.1")
    }

    @Test(arguments: [
        Case("webhook list", "GET /v1/webhooks?limit=50"), Case("key list --limit 3", "GET /v1/api-keys?limit=3"),
        Case(
            "webhook deliveries whk_1 --status failed --event-id evt_1",
            "GET /v1/webhooks/whk_1/deliveries?status=failed&event_id=evt_1&limit=50"),
        Case(
            "suppress list --reason bounce --domain example.net --prefix b --created-after 2026-11-01T00:00:00Z",
            "GET /v1/suppressions?reason=bounce&domain=example.net&prefix=b&created_after=2026-11-01T00%3A00%3A00Z&limit=50"
        ),
        Case("domain list", "GET /v1/domains?limit=200"),
    ])
    func oneList(of test: Case) async throws {
        let rows = #"{"id":"x_1","address":"b@example.net","event_id":"x_1","name":"n"}"#
        let service = try ScriptedService(
            .json(#"{"object":"list","data":[\#(rows)],"has_more":false,"next_cursor":null}"#))
        let run = await CommandRun.of(test.command, at: service)
        #expect(run.status == 0 && run.output.split(separator: "\n").count == 2, "\(run.message)")
        #expect(service.requests[0].line == test.request + " HTTP/1.1")
    }

    @Test(arguments: [
        "webhook add", "webhook replay whk_1", "webhook replay whk_1 --until 2026-11-01T00:00:00Z",
        "webhook add http://a --tag x", "message edit msg_1 --expires-after soon", "key list --limit 0",
        "key roll key_1 --grace soon",
        "suppress add a@b --expires-after 1d --expires-at 2027-01-01T00:00:00Z", "suppress export --format xml",
        "message", "no-such-command",
    ])
    func whatTheCommandLineGotWrong(command: String) async {
        let run = await CommandRun.of(command.split(separator: " ").map(String.init))
        // A command that only groups others shows its help, which is no failure.
        #expect(run.status == (command == "message" ? 0 : 2))
    }

    @Test(arguments: [("succeeded", Int32(0)), ("failed", 1)])
    func aTestEndsAsTheReceiverAnswers(status: String, exit: Int32) async throws {
        let service = try ScriptedService(
            .json(#"{"object":"webhook_test","status":"\#(status)","response":{"status":204,"body":"a\u001bb"}}"#))
        let run = await CommandRun.of("webhook", "test", "whk_1", at: service)
        #expect(run.status == exit && run.output.hasPrefix("status  \(status)\nresponse\n  status  204\n"))
        #expect(!run.output.contains("\u{1B}"))
    }

    @Test func whoIsNotSuppressedIsAStatusOfOne() async throws {
        let missing = #"{"title":"Not found","status":404,"code":"not_found","detail":"There is no such suppression."}"#
        let service = try ScriptedService(.json(missing, status: 404))
        let run = await CommandRun.of("suppress", "check", "b@example.net", at: service)
        #expect(run.status == 1 && run.output == "b@example.net is not suppressed\n" && run.message.isEmpty)
    }

    @Test(arguments: [("list.csv", "text/csv"), ("list.JSON", "application/json"), ("list", "text/csv")])
    func aFileIsImported(name: String, type: String) async throws {
        let path = FileManager.default.temporaryDirectory.appending(path: "\(UUID().uuidString)-\(name)").path
        try "address\nb@example.net\n".write(toFile: path, atomically: false, encoding: .utf8)
        defer { try? FileManager.default.removeItem(atPath: path) }
        let service = try ScriptedService(
            .json(#"{"imported":1,"errors":[]}"#), .json(#"{"imported":0,"errors":[{"line":2,"detail":"No @."}]}"#))
        let run = await CommandRun.of("suppress", "import", path, at: service)
        #expect(run.status == 0 && run.output == "imported  1\nerrors    -\n")
        #expect(service.requests[0].line == "POST /v1/suppressions/import HTTP/1.1")
        #expect(service.requests[0].field("content-type") == type)
        #expect(service.requests[0].body == "address\nb@example.net\n")
        #expect(await CommandRun.of("suppress", "import", path, at: service).status == 1)
    }

    @Test func theListIsExportedAsItIs() async throws {
        let csv = "address,reason\r\nb@example.net,bounce\r\n"
        let service = try ScriptedService(.whole(csv), .json(#"{"suppressions":[]}"#))
        #expect(await CommandRun.of("suppress", "export", at: service).output == csv)
        #expect(
            await CommandRun.of("suppress", "export", "--json", at: service).output == #"{"suppressions":[]}"# + "\n")
        #expect(
            service.requests.map(\.line) == [
                "GET /v1/suppressions/export?format=csv HTTP/1.1", "GET /v1/suppressions/export?format=json HTTP/1.1",
            ])
    }
}
