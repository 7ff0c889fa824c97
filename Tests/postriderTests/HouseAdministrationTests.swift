// HouseAdministrationTests.swift — keys, projects, suppressions and webhooks from the command line, through the whole house.

import Foundation
import JSON
import TestSupport
import Testing

@testable import Console
@testable import postrider

@Suite(.serialized, .timeLimit(.minutes(5)))
struct HouseAdministrationTests {
    /// With keys, as it runs for real.
    private static let root = OpenHouse.rootKey

    @Test func aKeyMayDoWhatItsScopesSay() async throws {
        try await withHouse(isDev: false) { house in
            let made = await HouseCommand.run(
                "key", "add", "app", "--scopes", "messages:send,messages:read", "--from-domains", "acme.test",
                "--mode", "sandbox", "--json", at: house, key: Self.root
            ).json
            let (id, key) = (made.text("id"), made.text("key"))
            let me = await HouseCommand.run("key", "whoami", at: house, key: key)
            #expect(me.status == 0 && me.output.contains("scopes        messages:send, messages:read\n"))
            let letter = ["send", "--to", "bob@example.test", "--text", "4711"]
            let sent = await HouseCommand.run(letter + ["--from", "a@acme.test", "--wait"], at: house, key: key)
            #expect(sent.status == 0 && sent.output.contains("  delivered\n"))
            let refused = await HouseCommand.run(letter + ["--from", "a@other.test"], at: house, key: key)
            #expect(refused.status == 1 && refused.message.contains("other.test"))
            let forbidden = await HouseCommand.run("key", "list", at: house, key: key)
            #expect(forbidden.status == 1 && forbidden.message.contains("keys"))
            let listed = await HouseCommand.run("key", "list", at: house, key: Self.root).output
            #expect(listed.contains(id) && !listed.contains(key))
        }
    }

    @Test func aKeyIsRolledAndRevoked() async throws {
        try await withHouse(isDev: false) { house in
            let made = await HouseCommand.run(
                "key", "add", "app", "--scopes", "messages:read", "--json", at: house, key: Self.root
            ).json
            let (id, old) = (made.text("id"), made.text("key"))
            let rolled = await HouseCommand.run("key", "roll", id, "--grace", "1h", "--json", at: house, key: Self.root)
            for key in [old, rolled.json.text("key")] {
                #expect(await HouseCommand.run("key", "whoami", at: house, key: key).status == 0)
            }
            let revoked = await HouseCommand.run("key", "revoke", id, at: house, key: Self.root)
            #expect(revoked.output == "\(id) is revoked\n")
            for key in [old, rolled.json.text("key")] {
                let run = await HouseCommand.run("key", "whoami", at: house, key: key)
                #expect(run.status == 1 && !run.message.contains(key))
            }
        }
    }

    @Test func aProjectSeesNothingOfAnother() async throws {
        try await withHouse(isDev: false) { house in
            let project = await HouseCommand.run("project", "add", "tenant", "--json", at: house, key: Self.root).json
            let id = project.text("id")
            let key = await HouseCommand.run(
                "key", "add", "app", "--project", id, "--scopes", "suppressions", "--json", at: house, key: Self.root
            ).json.text("key")
            _ = await HouseCommand.run("suppress", "add", "bob@example.test", at: house, key: Self.root)
            #expect(await HouseCommand.run("suppress", "list", at: house, key: key).output == "no suppressions\n")
            let renamed = await HouseCommand.run("project", "rename", id, "other", at: house, key: Self.root)
            #expect(renamed.status == 0)
            #expect(
                await HouseCommand.run("project", "list", at: house, key: Self.root).output.contains("\(id)  other"))
            #expect(await HouseCommand.run("project", "list", at: house, key: key).status == 1)
            let removed = await HouseCommand.run("project", "remove", id, at: house, key: Self.root)
            #expect(removed.output == "\(id) is removed\n")
            #expect(await HouseCommand.run("suppress", "list", at: house, key: key).status == 1)
        }
    }

    @Test func whoIsSuppressedIsNotWrittenTo() async throws {
        try await withHouse { house in
            let added = await HouseCommand.run(
                "suppress", "add", "bob@example.test", "--note", "asked us to", "--expires-after", "1d", at: house)
            #expect(added.status == 0 && added.output.contains("reason      manual\n"))
            #expect(await HouseCommand.run("suppress", "check", "BOB@example.test", at: house).status == 0)
            let sent = await HouseCommand.run(
                "send", "--from", "a@acme.test", "--to", "bob@example.test", "--text", "x", "--wait", at: house)
            #expect(sent.status == 1 && sent.output.contains("  bob@example.test  suppressed"))
            let removed = await HouseCommand.run("suppress", "remove", "bob@example.test", at: house)
            #expect(removed.output == "bob@example.test is suppressed no more\n")
            #expect(await HouseCommand.run("suppress", "check", "bob@example.test", at: house).status == 1)
        }
    }

    @Test(arguments: ["csv", "json"]) func theListGoesThroughAFile(format: String) async throws {
        let file = FileManager.default.temporaryDirectory.appending(path: "postrider-\(UUID().uuidString).\(format)")
            .path
        defer { try? FileManager.default.removeItem(atPath: file) }
        let addresses = ["a@example.test", "b@example.test"]
        try await withHouse { house in
            for address in addresses {
                _ = await HouseCommand.run("suppress", "add", address, "--note", "a, \"b\"", at: house)
            }
            let exported = await HouseCommand.run("suppress", "export", "--format", format, at: house).output
            try exported.write(toFile: file, atomically: false, encoding: .utf8)
            for address in addresses {
                _ = await HouseCommand.run("suppress", "remove", address, at: house)
            }
            let imported = await HouseCommand.run("suppress", "import", file, "--json", at: house)
            #expect(imported.status == 0 && imported.json["created"]?.number?.int64 == 2)
            let list = await HouseCommand.run("suppress", "list", at: house).output
            for address in addresses { #expect(list.contains(address)) }
            #expect(list.components(separatedBy: "  a, \"b\"\n").count == 3)
        }
    }

    @Test func anEndpointIsTestedPausedAndToldAgain() async throws {
        let receiver = try ScriptedService(.init(pieces: ["HTTP/1.1 204 Done\r\n\r\n"]))
        try await withHouse { house in
            _ = try await house.outcome(of: house.send(to: "bob@example.test"))
            let added = await HouseCommand.run(
                "webhook", "add", "http://\(receiver.address)/", "--header", "X-Token: abc", "--json", at: house)
            let id = added.json.text("id")
            let tested = await HouseCommand.run("webhook", "test", id, at: house)
            #expect(tested.status == 0 && tested.output.contains("  status   204\n"))
            receiver.waitForEnd()
            #expect(receiver.requests[0].field("x-token") == "abc")
            let failed = await HouseCommand.run("webhook", "test", id, at: house)
            #expect(failed.status == 1 && failed.output.contains("status        failed\n"))
            let paused = await HouseCommand.run("webhook", "pause", id, at: house)
            #expect(paused.status == 0 && paused.output.contains("\nstatus                      paused\n"))
            let replayed = await HouseCommand.run(
                "webhook", "replay", id, "--since", "2020-01-01T00:00:00Z", "--json", at: house)
            #expect(replayed.status == 0 && replayed.json["events"]?.number?.int64 == 2)
            let resumed = await HouseCommand.run("webhook", "resume", id, at: house)
            #expect(resumed.output.contains("\nstatus                      enabled\n"))
            let deliveries = await HouseCommand.run("webhook", "deliveries", id, "--status", "succeeded", at: house)
            #expect(deliveries.output.contains("  webhook.test  ") && deliveries.output.contains("  204 in "))
            let rotated = await HouseCommand.run("webhook", "rotate-secret", id, "--grace", "1h", "--json", at: house)
            #expect(rotated.json.text("secret").hasPrefix("whsec_"))
            #expect(rotated.json.text("secret") != added.json.text("secret"))
            #expect(!rotated.json.text("previous_secret_expires_at").isEmpty)
        }
    }
}
