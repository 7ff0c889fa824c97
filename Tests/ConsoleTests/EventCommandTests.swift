// EventCommandTests.swift — `postrider tail` and `postrider listen` on scripted streams.

import Crypto
import Foundation
import JSON
import TestSupport
import Testing
import Webhooks

@testable import Console

@Suite(.timeLimit(.minutes(5)))
struct EventCommandTests {
    private static let bounced = """
        {"id":"evt_1","seq":7,"type":"message.bounced","timestamp":"2026-11-23T14:00:00.000Z","data":\
        {"message_id":"msg_1","recipient":{"address":"bob@example.net"},"bounce":{"message":"550 5.1.1 No\\u001bsuch"}}}
        """
    private static let delivered = """
        {"id":"evt_2","seq":9,"type":"message.delivered","timestamp":"2026-11-23T14:00:01.000Z","data":\
        {"message_id":"msg_2","recipient":{"address":"eve@example.net"}}}
        """
    private static let end = ScriptedService.Answer.json(
        #"{"title":"The key does not allow this","status":403,"code":"forbidden","detail":"Gone."}"#, status: 403)

    private static func event(_ seq: Int, _ json: String) -> String { "id: \(seq)\nevent: e\ndata: \(json)\n\n" }

    @Test func eventsAreLines() async throws {
        let service = try ScriptedService(
            .stream(": hello\n\n", Self.event(7, Self.bounced), Self.event(9, Self.delivered)), Self.end)
        let run = await CommandRun.of(
            "tail", "--types", "message.bounced,message.delivered", "--tag", "kind=otp", at: service)
        #expect(
            run.output == """
                2026-11-23T14:00:00.000Z  message.bounced  bob@example.net  msg_1  550 5.1.1 No\u{FFFD}such
                2026-11-23T14:00:01.000Z  message.delivered  eve@example.net  msg_2

                """)
        #expect(run.status == 1 && run.message == "The key does not allow this: Gone.")
        let path = "/v1/events/stream?types=message.bounced%2Cmessage.delivered&tag.kind=otp"
        #expect(service.requests.map(\.line) == Array(repeating: "GET \(path) HTTP/1.1", count: 2))
    }

    /// The third connection is cut off within an event, which the fourth has to repeat.
    @Test func itGoesOnWhereItWasCutOff() async throws {
        let busy = ScriptedService.Answer.json(#"{"title":"x","status":503,"code":"unavailable"}"#, status: 503)
        let service = try ScriptedService(
            .stream(Self.event(7, Self.bounced)), busy, .stream("retry: 5000\n\nid: 9\ndata: {\"id\""),
            .stream(Self.event(9, Self.delivered)), Self.end)
        let run = await CommandRun.of("tail", "--since", "3", "--json", at: service)
        #expect(run.output == Self.bounced + "\n" + Self.delivered + "\n")
        #expect(service.requests.map { $0.field("last-event-id") } == ["3", "7", "7", "7", "9"])
        #expect(run.pauses == [.seconds(1), .seconds(2), .seconds(5), .seconds(1)])
    }

    @Test func aServiceThatIsNotThereIsNotWaitedFor() async throws {
        let run = await CommandRun.of("tail")
        #expect(run.status == 1 && run.message.hasSuffix("is it running?") && run.pauses.isEmpty)
    }

    @Test func eventsArePostedSigned() async throws {
        let secret = WebhookSecret()
        let file = FileManager.default.temporaryDirectory.appending(path: "postrider-secret-\(UUID().uuidString)").path
        try (secret.text + "\n").write(toFile: file, atomically: false, encoding: .utf8)
        defer { try? FileManager.default.removeItem(atPath: file) }
        let receiver = try ScriptedService(.whole("", status: 204), .whole("no", status: 500))
        let service = try ScriptedService(
            .stream(Self.event(7, Self.bounced), Self.event(9, Self.delivered)), Self.end)
        let run = await CommandRun.of(
            "listen", "--forward-to", "\(receiver.address)/hooks/?x=1", "--secret-file", file, at: service, key: "k")
        let lines = run.output.split(separator: "\n")
        #expect(lines[0] == "posting to http://\(receiver.address)/hooks/?x=1; signing secret: \(secret.text)")
        #expect(lines[1].hasPrefix("204 in ") && lines[1].contains("message.bounced  bob@example.net  msg_1"))
        #expect(lines[2].hasPrefix("500 in ") && lines.count == 3)
        let posts = receiver.requests
        #expect(posts.map(\.line) == Array(repeating: "POST /hooks/?x=1 HTTP/1.1", count: 2))
        #expect(posts.map(\.body) == [Self.bounced, Self.delivered])
        #expect(posts.map { $0.field("webhook-id") } == ["evt_1", "evt_2"])
        #expect(posts.allSatisfy { $0.field("authorization") == nil && $0.field("content-type") == "application/json" })
        for post in posts {
            let timestamp = try #require(post.field("webhook-timestamp").flatMap { Int64($0) })
            let expected = WebhookSignature.headerValue(
                id: try #require(post.field("webhook-id")), timestamp: timestamp, body: Array(post.body.utf8),
                secrets: [secret])
            #expect(post.field("webhook-signature") == expected)
        }
    }

    @Test func aReceiverThatIsNotThereIsTold() async throws {
        let service = try ScriptedService(.stream(Self.event(7, Self.bounced)), Self.end)
        let run = await CommandRun.of("listen", "--forward-to", "127.0.0.1:1", "--json", at: service)
        let lines = try run.output.split(separator: "\n").map { try JSONValue(parsing: Array($0.utf8)).object }
        #expect(lines[0]?.text("secret").hasPrefix("whsec_") == true)
        #expect(lines[1]?.text("event_id") == "evt_1" && lines[1]?["response_status"] == .null)
        #expect(lines[1]?.text("error").isEmpty == false)
    }

    @Test(arguments: ["", "ftp://a", "http://a@b", "a b"])
    func whatCannotBePostedToIsAUsageError(target: String) async {
        #expect(await CommandRun.of("listen", "--forward-to=\(target)").status == 2)
    }
}
