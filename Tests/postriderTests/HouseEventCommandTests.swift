// HouseEventCommandTests.swift — `postrider tail` and `postrider listen` on the events of the whole house.

import Address
import Foundation
import JSON
import Testing
import Webhooks

@testable import Console
@testable import postrider

@Suite(.serialized, .timeLimit(.minutes(1)))
struct HouseEventCommandTests {
    @Test func eventsAreFollowedAsTheyHappen() async throws {
        try await withHouse { house in
            async let tail = HouseCommand.run("tail", "--since", "0", "--tag", "kind=otp", "--limit", "2", at: house)
            _ = try await house.send(to: "eve@example.test")
            let id = try await house.send(to: "bounced@example.test", more: #","tags":{"kind":"otp"}"#)
            let run = await tail
            let lines = run.output.split(separator: "\n")
            #expect(run.status == 0 && lines.count == 2)
            #expect(lines[0].hasSuffix("  message.accepted  bounced@example.test  \(id)"))
            #expect(lines[1].hasSuffix("  message.bounced  bounced@example.test  \(id)  550 5.1.1 No such user here"))
        }
    }

    @Test func aNumberOfEventsIsOneAtLeast() async throws {
        try await withHouse { house in
            let run = await HouseCommand.run("tail", "--limit", "0", at: house)
            #expect(run.status == 2 && run.message == "--limit is 0, which follows nothing")
        }
    }

    /// What `listen` posts, a receiver verifies as it would a webhook's.
    @Test func eventsArePostedSigned() async throws {
        let receiver = try OneAnswerServer(on: .v4(0x7F00_0001), pieces: ["HTTP/1.1 204 Done\r\n\r\n"])
        let secret = try await withHouse { house in
            _ = try await house.outcome(of: house.send(to: "bob@example.test"))
            let run = await HouseCommand.run(
                "listen", "--forward-to", "http://\(receiver.address)/hook", "--since", "0", "--types",
                "message.delivered", "--limit", "1", "--json", at: house)
            let lines = run.output.split(separator: "\n")
            let secret = try #require(JSONValue(parsing: Array(lines[0].utf8)).object).text("secret")
            let posted = try #require(JSONValue(parsing: Array(lines[1].utf8)).object)
            #expect(run.status == 0 && lines.count == 2 && posted["response_status"]?.number?.int64 == 204)
            return try #require(WebhookSecret(secret))
        }
        let parts = receiver.request().components(separatedBy: "\r\n\r\n")
        let body = Array(parts[1].utf8)
        #expect(try #require(JSONValue(parsing: body).object).text("type") == "message.delivered")
        func field(_ name: String) -> String {
            let line = parts[0].components(separatedBy: "\r\n").first { $0.hasPrefix(name + ": ") } ?? ""
            return String(line.dropFirst(name.count + 2))
        }
        let (id, time) = (field("webhook-id"), try #require(Int64(field("webhook-timestamp"))))
        #expect(id.hasPrefix("evt_"))
        #expect(
            field("webhook-signature")
                == WebhookSignature.headerValue(id: id, timestamp: time, body: body, secrets: [secret]))
    }
}
