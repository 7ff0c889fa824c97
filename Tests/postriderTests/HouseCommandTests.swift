// HouseCommandTests.swift — sending and following messages from the command line, through the whole house.

import JSON
import Testing

@testable import postrider

@Suite(.serialized, .timeLimit(.minutes(5)))
struct HouseCommandTests {
    @Test func aMessageIsSentListedAndShown() async throws {
        try await withHouse { house in
            let sent = await HouseCommand.run(
                "send", "--from", "hello@acme.test", "--to", "bob@example.test", "--subject", "Code", "--text", "4711",
                at: house)
            #expect(sent.status == 0 && sent.output.hasPrefix("msg_") && sent.output.hasSuffix("  queued\n"))
            let id = String(sent.output.prefix { $0 != " " })
            _ = try await house.outcome(of: id)
            let list = await HouseCommand.run("message", "list", "--to", "bob@example.test", at: house)
            let lines = list.output.split(separator: "\n")
            #expect(lines.count == 2 && lines[1].hasPrefix(id) && lines[1].hasSuffix("bob@example.test  Code"))
            let shown = await HouseCommand.run("message", "show", id, at: house)
            #expect(shown.status == 0 && shown.output.contains("\n\nbob@example.test (to)  delivered\n"))
            #expect(shown.output.contains("  delivered  attempt 1 at 127.0.0.1, in clear text, "))
            #expect(shown.output.contains("  accepted\n") && shown.output.hasSuffix(": 250 2.0.0 Caught\n"))
        }
    }

    /// The service may take its time for it: it is asked as often as it takes.
    @Test func waitingTellsWhatBecameOfEachRecipient() async throws {
        try await withHouse { house in
            let run = await HouseCommand.run(
                "send", "--from", "hello@acme.test", "--to", "bob@example.test", "--to", "bounced@example.test",
                "--subject", "Code", "--text", "4711", "--wait", at: house)
            #expect(run.status == 1 && run.output.contains("  partially_delivered\n  bob@example.test  delivered\n"))
            #expect(run.output.contains("  bounced@example.test  bounced  550 5.1.1"))
        }
    }

    @Test func whatIsWrongIsShownFieldByField() async throws {
        try await withHouse { house in
            let run = await HouseCommand.run(
                "send", "--from", "hello", "--to", "bob@", "--text", "4711", at: house)
            #expect(run.status == 1 && run.message.hasPrefix("Some fields are wrong: 2 fields are wrong.\n  #/from: "))
            #expect(run.message.contains("received \"bob@\""))
        }
    }

    @Test func aHealthyHouseSaysSo() async throws {
        try await withHouse { house in #expect(await HouseCommand.run("healthcheck", at: house).status == 0) }
    }

    @Test func aWebhookIsAddedListedAndRemoved() async throws {
        try await withHouse { house in
            let added = await HouseCommand.run(
                "webhook", "add", "http://127.0.0.1:9/h", "--types", "message.bounced", "--json", at: house)
            let webhook = try #require(try JSONValue(parsing: Array(added.output.utf8)).object)
            let id = webhook["id"]?.string ?? ""
            #expect(webhook["secret"]?.string?.hasPrefix("whsec_") == true)
            #expect(await HouseCommand.run("webhook", "list", at: house).output.contains("http://127.0.0.1:9/h"))
            #expect(await HouseCommand.run("webhook", "remove", id, at: house).output == "\(id) is removed\n")
        }
    }
}
