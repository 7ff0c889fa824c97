// HouseMessageCommandTests.swift — looking at messages and changing them from the command line, through the whole house.

import JSON
import TestSupport
import Testing

@testable import Console
@testable import postrider

@Suite(.serialized, .timeLimit(.minutes(5)))
struct HouseMessageCommandTests {
    private func send(_ more: String..., at house: OpenHouse) async -> HouseCommand {
        await HouseCommand.run(
            ["send", "--from", "hello@acme.test", "--subject", "Code", "--text", "4711"] + more, at: house)
    }

    /// One attempt for three, each with a reply of its own.
    @Test func eachRecipientIsShownWithItsOwnReply() async throws {
        try await withHouse { house in
            _ = await send(
                "--to", "bob@example.test", "bounced@example.test", "--cc", "delayed@example.test", "--external-id",
                "order-7", at: house)
            try await house.attempts(1, of: "external:order-7")
            let shown = await HouseCommand.run("message", "show", "external:order-7", at: house)
            #expect(shown.status == 0 && shown.output.contains("\n  external_id        order-7\n"))
            let parts = shown.output.components(separatedBy: "\n\n")
            #expect(parts.count == 4 && parts[0].hasPrefix("msg_") && parts[0].contains("  queued\n"))
            for (part, head, reply) in [
                (1, "bob@example.test (to)  delivered", ": 250 2.0.0 Caught"),
                (2, "bounced@example.test (to)  bounced", ": 550 5.1.1 No such user here"),
                (3, "delayed@example.test (cc)  queued", ": 451 4.7.1 Try again later"),
            ] {
                let lines = parts[min(part, parts.count - 1)].split(separator: "\n")
                #expect(lines[0] == head && lines[1].hasSuffix("  accepted"))
                #expect(lines[2].contains("  attempt 1 at 127.0.0.1, in clear text, ") && lines[2].hasSuffix(reply))
                #expect(part == 3 ? lines[3].hasPrefix("  next attempt at ") : lines.count == 3)
            }
        }
    }

    @Test func postsAreInTheHistory() async throws {
        let receiver = try ScriptedService(.whole("", status: 204))
        try await withHouse { house in
            let url = "http://\(receiver.address)/hook"
            let added = await HouseCommand.run(
                "webhook", "add", url, "--types", "message.delivered", "--json", at: house)
            _ = await send("--to", "bob@example.test", "--external-id", "a", "--wait", at: house)
            let webhook = added.json.text("id")
            while await HouseCommand.run("webhook", "deliveries", webhook, at: house).output == "no deliveries\n" {}
            let shown = await HouseCommand.run("message", "show", "external:a", at: house)
            let line = shown.output.split(separator: "\n").last ?? ""
            #expect(line.contains("  posted     message.delivered to \(url): 204 in ") && line.hasSuffix(" ms"))
        }
    }

    @Test func whatWouldBeSentIsShownAndNotSent() async throws {
        try await withHouse { house in
            let run = await send("--to", "bob@example.test", "--dry-run", at: house)
            #expect(
                run.status == 0 && run.output.contains("header\n  Date: ") && run.output.contains("  Subject: Code\n"))
            #expect(run.output.hasSuffix("recipients\n  bob@example.test (to)  deliverable  127.0.0.1\n"))
            #expect(run.notes.contains("warning: #/from: acme.test has no active DKIM key"))
            #expect(await HouseCommand.run("message", "list", at: house).output == "no messages\n")
        }
    }

    @Test func aScheduledMessageIsMovedAndSentAtOnce() async throws {
        try await withHouse { house in
            let sent = await send("--to", "bob@example.test", "--send-at", house.tomorrow, "--json", at: house)
            let id = sent.json.text("id")
            #expect(sent.json.text("status") == "scheduled")
            let edited = await HouseCommand.run("message", "edit", id, "--expires-after", "2h", "--json", at: house)
            #expect(edited.status == 0 && edited.json.text("expires_at") != sent.json.text("expires_at"))
            let hurried = await HouseCommand.run("message", "edit", id, "--send-at", "now", at: house)
            #expect(hurried.status == 0 && hurried.output.hasPrefix("\(id)  "))
            let outcome = try await house.outcome(of: id)
            #expect(outcome["status"].string == "delivered")
            let late = await HouseCommand.run("message", "edit", id, "--send-at", "now", at: house)
            #expect(late.status == 1 && late.message.hasSuffix("this one is delivered."))
            #expect(await HouseCommand.run("message", "edit", id, at: house).status == 2)
        }
    }

    @Test func aMessageIsCanceledOnceAndForAll() async throws {
        try await withHouse { house in
            let sent = await send("--to", "bob@example.test", "--send-at", house.tomorrow, "--json", at: house)
            let id = sent.json.text("id")
            for _ in 1...2 {
                let run = await HouseCommand.run("message", "cancel", id, at: house)
                #expect(run.status == 0 && run.output == "\(id)  canceled\n  bob@example.test  canceled\n")
            }
            let retried = await HouseCommand.run("message", "retry", id, at: house)
            #expect(retried.status == 1 && retried.message.contains("It is canceled already, and that is final."))
        }
    }

    @Test func whoIsDelayedIsTriedAgain() async throws {
        try await withHouse { house in
            let id = await send("--to", "delayed@example.test", "--json", at: house).json.text("id")
            try await house.attempts(1, of: id)
            let run = await HouseCommand.run("message", "retry", id, "delayed@example.test", at: house)
            #expect(run.status == 0 && run.output.contains("  delayed@example.test  queued  next attempt at "))
            try await house.attempts(2, of: id)
            let shown = await HouseCommand.run("message", "show", id, at: house)
            #expect(shown.output.contains("  deferred  attempt 2 at 127.0.0.1, "))
        }
    }

    @Test func contentIsErasedAndTheRecordStays() async throws {
        try await withHouse { house in
            let id = await send("--to", "bob@example.test", "--wait", "--json", at: house).json.text("id")
            let run = await HouseCommand.run("message", "erase", id, at: house)
            #expect(run.status == 0 && run.output == "\(id) has no content any more\n")
            let shown = await HouseCommand.run("message", "show", id, "--json", at: house)
            #expect(shown.json["content_available"]?.bool == false && shown.json.text("status") == "delivered")
        }
    }
}

extension OpenHouse {
    /// Returns when there have been as many.
    fileprivate func attempts(_ count: Int, of id: String) async throws {
        while try await client.get("/v1/messages/\(id)/attempts")["data"].array?.count != count {}
    }
}
