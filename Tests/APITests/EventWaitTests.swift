// EventWaitTests.swift — the log for those who wait for it.

import APITestSupport
import JSON
import Queue
import Testing

@testable import API

/// GET /v1/events with `Prefer: wait`.
@Suite(.timeLimit(.minutes(5)))
struct EventWaitTests {
    private static let wait = ["Prefer": "wait=20"]

    private func seqs(_ answer: Answer) -> [Int64] {
        (answer["data"].array ?? []).compactMap { $0.object?["seq"]?.number?.int64 }
    }

    @Test func isAnsweredAtOnceWhenThereIsSomething() async throws {
        try await withAPI { api in
            _ = try await api.accept()
            let answer = try await api.client.get("/v1/events", Self.wait)
            #expect(seqs(answer) == [1])
            #expect(answer.field("Preference-Applied") == "wait=20")
            #expect(api.clock.nextAlarm == nil)
        }
    }

    @Test func waitsForTheNextEvent() async throws {
        try await withAPI { api in
            _ = try await api.accept()
            let cursor = try await api.client.get("/v1/events")["next_cursor"].string ?? ""
            async let waiting = api.client.get("/v1/events?cursor=\(cursor)", Self.wait)
            await until { api.clock.nextAlarm != nil }
            _ = try await api.accept()
            let answer = try await waiting
            #expect(seqs(answer) == [2] && answer["has_more"] == .bool(false))
            let log = try await api.client.get("/v1/events")
            #expect(answer["data", "0"] == log["data", "1"])
            #expect(api.clock.nextAlarm == nil, "its timer is given up")
        }
    }

    @Test func isAnsweredEmptyWhenItsTimeIsOver() async throws {
        try await withAPI { api in
            _ = try await api.accept()
            let cursor = try await api.client.get("/v1/events")["next_cursor"]
            async let waiting = api.client.get("/v1/events?cursor=\(cursor.string ?? "")", Self.wait)
            await until { api.clock.nextAlarm == api.clock.now + .seconds(20) }
            api.clock.advance(by: .seconds(20))
            let answer = try await waiting
            #expect(answer.status == 200 && seqs(answer) == [] && answer["next_cursor"] == cursor)
            #expect(answer.field("Preference-Applied") == "wait=20")
        }
    }

    @Test func whatItsFilterLeavesOutDoesNotEndIt() async throws {
        try await withAPI { api in
            let id = try await api.accept()
            async let waiting = api.client.get("/v1/events?types=message.delivered&message_id=\(id)", Self.wait)
            await until { api.clock.nextAlarm != nil }
            let other = try await api.accept()
            try await api.record([.delivered], of: other)
            try await api.acceptElsewhere()
            try await api.record([.delivered], of: id)
            #expect(seqs(try await waiting) == [5])
        }
    }

    @Test func nowIsTheEndOfTheLog() async throws {
        try await withAPI { api in
            _ = try await api.accept()
            let empty = try await api.client.get("/v1/events?cursor=now")
            #expect(seqs(empty) == [])
            async let waiting = api.client.get("/v1/events?cursor=now", Self.wait)
            await until { api.clock.nextAlarm != nil }
            _ = try await api.accept()
            #expect(seqs(try await waiting) == [2])
            let rest = try await api.client.get("/v1/events?cursor=\(empty["next_cursor"].string ?? "")")
            #expect(seqs(rest) == [2])
        }
    }

    @Test(arguments: ["wait=0", "respond-async", "wait=soon"]) func someWaitForNothing(preference: String) async throws
    {
        try await withAPI { api in
            _ = try await api.accept()
            #expect(seqs(try await api.client.get("/v1/events", ["Prefer": preference])) == [1])
            let answer = try await api.client.get("/v1/events?cursor=now", ["Prefer": preference])
            #expect(seqs(answer) == [])
            #expect(answer.field("Preference-Applied") == (preference == "wait=0" ? "wait=0" : nil))
        }
    }

    @Test func whoAsksAgainAndAgainGetsEveryEventOnce() async throws {
        try await withAPI { api in
            async let more: Void = { for _ in 1...60 { _ = try await api.accept() } }()
            var seen: [Int64] = []
            var cursor = ""
            while seen.count < 60 {
                let answer = try await api.client.get("/v1/events?limit=7\(cursor)", Self.wait)
                seen += seqs(answer)
                cursor = "&cursor=\(answer["next_cursor"].string ?? "")"
            }
            try await more
            #expect(seen == Array(1...60))
        }
    }

    @Test func theCursorLeadsPastWhatTheFilterLeftOut() async throws {
        try await withAPI { api in
            for _ in 1...3 { _ = try await api.accept() }
            let answer = try await api.client.get("/v1/events?types=message.delivered")
            #expect(answer["next_cursor"].string == Cursor(.events, 3).text)
        }
    }

    @Test func aPageThatEndsBeforeItsFirstEventIsGoneOnWith() async throws {
        try await withAPI(options: { $0.logScan = 2 }) { api in
            let first = try await api.client.get("/v1/events?types=message.delivered")
            #expect(first["has_more"].bool == false)
            for _ in 1...5 { _ = try await api.accept() }
            let cut = try await api.client.get("/v1/events?types=message.delivered")
            #expect(cut["has_more"].bool == true && seqs(cut).isEmpty)
            #expect(cut["next_cursor"].string == Cursor(.events, 2).text)
            let key = MessageKey(rawValue: 5)
            try await api.store.record([
                AttemptRecord(
                    id: AttemptID(at: api.clock.now), message: key, startedAt: api.clock.now,
                    finishedAt: api.clock.now, host: nil, address: nil, tls: nil, reply: nil, transcript: "",
                    results: [RecipientResult(position: 0, outcome: .delivered)])
            ])
            let found = try await api.client.get("/v1/events?types=message.delivered", Self.wait)
            #expect(seqs(found) == [6])
        }
    }

    @Test func aDrainEndsTheWait() async throws {
        try await withAPI { api in
            async let waiting = api.client.get("/v1/events?cursor=now", Self.wait)
            await until { api.clock.nextAlarm != nil }
            await api.drain()
            let answer = try await waiting
            #expect(answer.status == 200 && seqs(answer) == [])
        }
    }
}
