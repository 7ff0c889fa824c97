// HouseEventCommandTests.swift — `postrider tail` and `postrider listen` on the events of the whole house.

import Foundation
import JSON
import Synchronization
import TestSupport
import Testing
import Webhooks

@testable import Console
@testable import postrider

@Suite(.serialized, .timeLimit(.minutes(5)))
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

    /// A reader that goes between two events is not found out by writing to it.
    @Test func followingEndsWithItsReaderThoughNothingHappens() async throws {
        try await withHouse { house in
            let questions = Mutex(0)
            let run = await HouseCommand.run(["tail"], at: house) {
                questions.withLock {
                    $0 += 1
                    return $0 < 3
                }
            }
            #expect(run.status == 0 && run.output.isEmpty && run.notes.isEmpty && run.message.isEmpty)
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
        let receiver = try ScriptedService(.whole("", status: 204))
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
        receiver.waitForEnd()
        let request = receiver.requests[0]
        let body = Array(request.body.utf8)
        #expect(try #require(JSONValue(parsing: body).object).text("type") == "message.delivered")
        let id = try #require(request.field("webhook-id"))
        let time = try #require(request.field("webhook-timestamp").flatMap { Int64($0) })
        #expect(id.hasPrefix("evt_"))
        #expect(
            request.field("webhook-signature")
                == WebhookSignature.headerValue(id: id, timestamp: time, body: body, secrets: [secret]))
    }
}
