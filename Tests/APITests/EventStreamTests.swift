// EventStreamTests.swift — the log as server-sent events.

import APITestSupport
import JSON
import Mail
import Queue
import Testing

@testable import API

/// GET /v1/events/stream.
@Suite(.timeLimit(.minutes(5)))
struct EventStreamTests {
    @Test func beginsWithWhatHappensFromNowOn() async throws {
        try await withAPI { api in
            _ = try await api.accept()
            try await StreamClient.open(api) { stream in
                #expect(stream.head.hasPrefix("HTTP/1.1 200 OK\r\n"))
                for field in ["Content-Type: text/event-stream", "Cache-Control: no-store", "X-Accel-Buffering: no"] {
                    #expect(stream.head.contains("\r\n\(field)\r\n"))
                }
                #expect(try await stream.block() == "retry: 3000\nid: 1")
                let id = try await api.accept()
                let block = try #require(try await stream.block())
                let entry = try await api.client.get("/v1/messages/\(id)/events")["data", "0"]
                #expect(
                    block == "id: 2\nevent: message.accepted\ndata: " + String(decoding: entry.bytes, as: UTF8.self))
            }
        }
    }

    @Test func goesOnWhereItsClientWas() async throws {
        try await withAPI { api in
            for _ in 1...3 { _ = try await api.accept() }
            let cursor = try await api.client.get("/v1/events?limit=2")["next_cursor"].string ?? ""
            for (query, field) in [
                ("", "2"), ("?last_event_id=2", ""), ("?cursor=\(cursor)", ""), ("?cursor=now", "2"),
            ] {
                let fields = field.isEmpty ? [:] : ["Last-Event-ID": field]
                try await StreamClient.open(api, "/v1/events/stream\(query)", fields) { stream in
                    let events = try await stream.events(1)
                    #expect(events == ["3 message.accepted"], "\(query) \(field)")
                }
            }
            try await StreamClient.open(api, fields: ["Last-Event-ID": "0"]) { stream in
                let events = try await stream.events(3)
                #expect(events.last == "3 message.accepted")
            }
        }
    }

    /// Of another store, or of one that was set back.
    @Test func whoClaimsToHaveSeenTheFutureBeginsAtTheEnd() async throws {
        try await withAPI { api in
            _ = try await api.accept()
            try await StreamClient.open(api, fields: ["Last-Event-ID": "4711"]) { stream in
                #expect(try await stream.block() == "retry: 3000\nid: 1")
                _ = try await api.accept()
                #expect(try await stream.events(1) == ["2 message.accepted"])
            }
        }
    }

    @Test func everyEventComesOnceAndInOrder() async throws {
        try await withAPI { api in
            for _ in 1...100 { _ = try await api.accept() }
            try await StreamClient.open(api, fields: ["Last-Event-ID": "0"]) { early in
                async let more: Void = { for _ in 1...100 { _ = try await api.accept() } }()
                try await StreamClient.open(api, fields: ["Last-Event-ID": "50"]) { late in
                    let expected = (1...200).map { "\($0) message.accepted" }
                    let (whole, part) = (try await early.events(200), try await late.events(150))
                    #expect(whole == expected && part == Array(expected.dropFirst(50)))
                }
                try await more
            }
        }
    }

    @Test func keepsToItsFilter() async throws {
        try await withAPI { api in
            let other = try await api.accept()
            let mine = try await api.accept(
                #"{"from":"a@acme.test","to":"b@example.test","text":"x","tags":{"kind":"otp","lang":"de"}}"#)
            for id in [other, mine] { try await api.record([.delivered], of: id) }
            let queries = [
                ("types=message.delivered,message.bounced", ["3 message.delivered", "4 message.delivered"]),
                ("tag.kind=otp", ["2 message.accepted", "4 message.delivered"]),
                ("tag.kind=otp&tag.lang=de&types=message.delivered", ["4 message.delivered"]),
                ("message_id=\(mine)", ["2 message.accepted", "4 message.delivered"]),
            ]
            for (query, events) in queries {
                try await StreamClient.open(api, "/v1/events/stream?last_event_id=0&\(query)") { stream in
                    let seen = try await stream.events(events.count)
                    #expect(seen == events, "\(query)")
                }
            }
        }
    }

    @Test(arguments: ["types=message.delivered", "tag.kind=otp", "message_id=ID"])
    func keepsToItsFilterWhileItFollows(query: String) async throws {
        try await withAPI { api in
            let mine = try await api.accept(
                #"{"from":"a@acme.test","to":"b@example.test","text":"x","tags":{"kind":"otp"}}"#)
            let path = "/v1/events/stream?" + query.replacing("ID", with: mine.description)
            try await StreamClient.open(api, path) { stream in
                _ = try await stream.block()
                let other = try await api.accept()
                try await api.record([.bounced(Bounce.ofTheTests)], of: other)
                try await api.record([.delivered], of: mine)
                #expect(try await stream.events(1) == ["4 message.delivered"])
            }
        }
    }

    @Test func anotherProjectsEventsAreNotSeen() async throws {
        try await withAPI { api in
            try await StreamClient.open(api) { stream in
                _ = try await stream.block()
                try await api.acceptElsewhere()
                _ = try await api.accept()
                #expect(try await stream.events(1) == ["2 message.accepted"])
            }
        }
    }

    @Test func aHeartbeatComesWhenNothingElseDoes() async throws {
        try await withAPI { api in
            try await StreamClient.open(api, "/v1/events/stream?types=message.bounced") { stream in
                _ = try await stream.block()
                for _ in 1...2 {
                    await until { api.clock.nextAlarm == api.clock.now + .seconds(15) }
                    api.clock.advance(by: .seconds(15))
                    #expect(try await stream.block() == ": heartbeat")
                }
                // Past events that the client did not want, with where it stands now.
                _ = try await api.accept()
                await until { api.clock.nextAlarm == api.clock.now + .seconds(15) }
                api.clock.advance(by: .seconds(15))
                #expect(try await stream.block()?.hasPrefix(": heartbeat") == true)
            }
        }
    }

    @Test(arguments: [
        ("?cursor=zz", "", "?cursor invalid_cursor"), ("?last_event_id=x", "", "?last_event_id invalid_value"),
        ("", "-1", "Last-Event-ID invalid_value"), ("?types=message.lost", "", "?types invalid_value"),
        ("?message_id=1", "", "?message_id invalid_value"), ("?limit=2", "", "?limit unknown_parameter"),
    ])
    func refusesAWrongQuery(query: String, field: String, error: String) async throws {
        try await withAPI { api in
            let fields = field.isEmpty ? [:] : ["Last-Event-ID": field]
            let answer = try await api.client.get("/v1/events/stream\(query)", fields)
            #expect(answer.status == 422 && answer.errors == [error])
        }
    }

    @Test func itsHeadIsDocumentedAndNeedsNoWaiting() async throws {
        try await withAPI { api in
            let head = try await api.client.send("HEAD", "/v1/events/stream")
            #expect(head.status == 200 && head.field("Content-Type") == "text/event-stream")
        }
    }

    @Test func aStoreThatFailsCutsItOff() async throws {
        let log = RecordingLog()
        try await withAPI(configure: { $0.logger = log.logger }) { api in
            _ = try await api.accept()
            await api.store.close()
            try await StreamClient.open(api, fields: ["Last-Event-ID": "0"]) { stream in
                let events = try await stream.events(1)
                #expect(events == [])
            }
            #expect(log.lines.map(\.level) == [.error])
        }
    }
}

extension StreamClient {
    static func open(
        _ api: APIFixture, fields: [String: String], _ body: (StreamClient) async throws -> Void
    ) async throws {
        try await open(api, "/v1/events/stream", fields, body)
    }
}

extension Bounce {
    static let ofTheTests = Bounce(
        kind: .hard, category: "invalid_recipient", replyCode: 550, enhancedCode: "5.1.1", message: "550 5.1.1 no",
        host: "mx1.example.test")
}

extension APIFixture {
    /// A message of another project, past the API.
    func acceptElsewhere() async throws { try await submit(in: ProjectID(rawValue: 4711)) }

    /// One whose first attempt is due after `wait`.
    func schedule(in wait: Duration) async throws -> MessageID { try await submit(in: .default, dueIn: wait) }

    @discardableResult
    private func submit(in project: ProjectID, dueIn wait: Duration = .zero) async throws -> MessageID {
        let recipient = try Mailbox(parsing: "bob@example.test", allowingLiterals: false)
        let submission = Submission(
            id: MessageID(at: clock.now), project: project, acceptedAt: clock.now,
            rfcMessageID: "<1@acme.test>", from: "a@acme.test", fromDomain: recipient.domain, subject: "",
            reversePath: .null, content: MessageContent(bytes: [13, 10]),
            recipients: [.init(id: RecipientID(at: clock.now), mailbox: recipient, role: .to)],
            firstAttemptAt: clock.now + wait, expiresAt: clock.now + .seconds(600),
            delayNoticeAt: clock.now + .seconds(600))
        _ = try await store.submit(submission)
        return submission.id
    }
}
