// AttendanceTests.swift — streams and waits last no longer than their key may ask, and there are not too many of them.

import APITestSupport
import Queue
import Testing

@testable import API

@Suite(.timeLimit(.minutes(5)))
struct AttendanceTests {
    enum End: CaseIterable {
        case revoked, rolled, expired, narrowed, movedAway, projectDeleted
    }

    private static let scopes: [Scope] = [.eventsRead, .messagesRead]
    private static let wait = ["Prefer": "wait=50"]

    private func fields(_ key: TestKey) -> [String: String] { ["Authorization": "Bearer \(key.text)"] }

    /// A key of a project, and what brings its end.
    private func key(_ api: APIFixture, ending end: End) async throws -> (key: TestKey, end: () async throws -> Void) {
        let project = try await api.project()
        let time = (api.clock.now + .seconds(10)).rfc3339
        let key = try await api.key(
            Self.scopes, in: project, end == .expired ? #","expires_at":"\#(time)""# : "")
        let path = "/v1/api-keys/\(key.id)"
        return (
            key,
            {
                let answer: Answer? =
                    switch end {
                    case .revoked: try await api.client.delete(path)
                    case .rolled: try await api.client.post(path + "/roll", #"{"grace_seconds":5}"#)
                    case .expired: nil
                    case .narrowed: try await api.client.patch(path, #"{"scopes":["webhooks"]}"#)
                    case .movedAway: try await api.client.patch(path, #"{"allowed_ips":["192.0.2.1"]}"#)
                    case .projectDeleted: try await api.client.delete("/v1/projects/\(project)")
                    }
                #expect(answer.map { $0.status == 200 } ?? true)
            }
        )
    }

    @Test(arguments: End.allCases) func aStreamEndsWithItsKey(end: End) async throws {
        try await withAPI { api in
            let (key, bringEnd) = try await key(api, ending: end)
            try await StreamClient.open(api, fields: fields(key)) { stream in
                _ = try await stream.block()
                await until { api.clock.nextAlarm == api.clock.now + EventStream.heartbeat }
                try await bringEnd()
                api.clock.advance(by: EventStream.heartbeat)
                #expect(try await stream.block() == nil)
            }
        }
    }

    @Test func noEventIsWrittenForARevokedKey() async throws {
        try await withAPI { api in
            let key = try await api.key(Self.scopes)
            try await StreamClient.open(api, fields: fields(key)) { stream in
                _ = try await api.accept()
                #expect(try await stream.events(1) == ["1 message.accepted"])
                _ = try await api.client.delete("/v1/api-keys/\(key.id)")
                _ = try await api.accept()
                #expect(try await stream.block() == nil)
            }
        }
    }

    @Test func aRolledKeyKeepsItsStreamForItsGrace() async throws {
        try await withAPI { api in
            let key = try await api.key(Self.scopes)
            try await StreamClient.open(api, fields: fields(key)) { stream in
                _ = try await stream.block()
                await until { api.clock.nextAlarm == api.clock.now + EventStream.heartbeat }
                _ = try await api.client.post("/v1/api-keys/\(key.id)/roll", #"{"grace_seconds":3600}"#)
                api.clock.advance(by: EventStream.heartbeat)
                #expect(try await stream.block() == ": heartbeat")
            }
        }
    }

    @Test func aWaitShowsNothingToARevokedKey() async throws {
        try await withAPI { api in
            let id = try await api.accept()
            for path in ["/v1/events?cursor=now", "/v1/messages/\(id)"] {
                let key = try await api.key(Self.scopes)
                async let waiting = key.client.get(path, Self.wait)
                await until { api.clock.nextAlarm == api.clock.now + .seconds(50) }
                _ = try await api.client.delete("/v1/api-keys/\(key.id)")
                api.clock.advance(by: .seconds(50))
                #expect(try await waiting.status == 401, "\(path)")
            }
        }
    }

    @Test func thereAreNotTooManyOfAKey() async throws {
        var bounds = Attendance.Bounds()
        (bounds.streams, bounds.waits, bounds.ofRoot) = (1, 1, 2)
        try await withAPI(configure: { $0.attendance = bounds }) { api in
            let key = try await api.key(), path = "/v1/events?cursor=now"
            async let waiting = key.client.get(path, Self.wait)
            await until { api.clock.nextAlarm == api.clock.now + .seconds(50) }
            try await StreamClient.open(api, fields: fields(key)) { stream in
                for (path, preference) in [(path, Self.wait), ("/v1/events/stream", [:])] {
                    let refused = try await key.client.get(path, preference)
                    #expect(refused.status == 429 && refused["code"] == .string("rate_limited"))
                    #expect(refused.field("Retry-After") == "5")
                }
                // What has been accepted is answered so, at once.
                let sent = try await key.client.post("/v1/messages", APIFixture.message, Self.wait)
                #expect(sent.status == 202 && sent.field("Preference-Applied") == nil)
                #expect(try await key.client.get(path, ["Prefer": "wait=0"]).status == 200)
                // Another caller has places of its own.
                try await StreamClient.open(api) { #expect($0.head.hasPrefix("HTTP/1.1 200")) }
            }
            _ = try await waiting
            #expect(try await key.client.get("/v1/events", Self.wait).status == 200, "its place is free again")
            var isFree = false
            while !isFree {
                // That a client is gone is seen when something is written to it.
                api.clock.advance(by: EventStream.heartbeat)
                try await StreamClient.open(api, fields: fields(key)) { isFree = $0.head.hasPrefix("HTTP/1.1 200") }
            }
        }
    }
}
