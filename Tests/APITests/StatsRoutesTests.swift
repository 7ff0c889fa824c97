// StatsRoutesTests.swift — /v1/stats: which span, which buckets, which groups.

import APITestSupport
import Events
import JSON
import Queue
import Testing

@testable import API

@Suite struct StatsRoutesTests {
    @Test func everyBucketIsThere() async throws {
        try await withAPI { api in
            _ = try await api.accept()
            // Now is the end of the span, and not in it.
            api.clock.advance(by: .seconds(1))
            let answer = try await api.client.get("/v1/stats")
            #expect(answer.status == 200, "\(answer.text)")
            let data = try #require(answer["data"].array)
            #expect(data.count == 24 && answer["bucket"] == .string("hour") && answer["group_by"] == .null)
            #expect(
                answer["totals", "accepted"] == .number(JSONNumber(1))
                    && answer["totals", "bounced"] == .number(JSONNumber(0)))
            // Now is the end of the span, and not in it.
            api.clock.advance(by: .seconds(1))
            #expect(try await api.client.get("/v1/stats")["data", "23", "accepted"] == .number(JSONNumber(1)))
            let days = try await api.client.get("/v1/stats?bucket=day")
            #expect(days["data"].array?.count == 7 && days["data", "6", "accepted"] == .number(JSONNumber(1)))
        }
    }

    @Test func groupsAreNamed() async throws {
        try await withAPI { api in
            let tagged =
                #"{"from":"a@acme.test","to":["a@one.test","b@two.test"],"subject":"x","text":"x","tags":{"kind":"otp"}}"#
            _ = try await api.accept(tagged)
            _ = try await api.accept()
            api.clock.advance(by: .seconds(1))
            let domains = try await api.client.get("/v1/stats?group_by=domain")
            #expect(
                domains["data"].array?.compactMap { $0.object?["group"]?.string } == [
                    "example.test", "one.test", "two.test",
                ])
            #expect(domains["groups_left_out"] == .number(JSONNumber(0)) && domains["is_capped"] == .bool(false))
            let tags = try await api.client.get("/v1/stats?group_by=tag.kind")
            #expect(tags["data", "0", "group"] == .null && tags["data", "0", "accepted"] == .number(JSONNumber(1)))
            #expect(
                tags["data", "1", "group"] == .string("otp") && tags["data", "1", "accepted"] == .number(JSONNumber(2)))
        }
    }

    @Test func anotherProjectsEventsAreNotCounted() async throws {
        try await withAPI { api in
            _ = try await api.accept()
            api.clock.advance(by: .seconds(1))
            let other = try await api.key(in: api.project()).client
            #expect(try await other.get("/v1/stats")["totals", "accepted"] == .number(JSONNumber(0)))
            #expect(try await other.get("/v1/stats?group_by=domain")["data"].array?.isEmpty == true)
        }
    }

    static let wrong = [
        ("bucket=week", "?bucket"), ("group_by=tag.", "?group_by"), ("group_by=sender", "?group_by"),
        ("from=soon", "?from"),
        ("from=2020-01-01T00:00:00Z&to=2020-01-04T00:00:01Z", "?from"),
        ("bucket=day&from=2020-01-01T00:00:00Z&to=2020-02-01T00:00:01Z", "?from"),
        ("from=2020-01-02T00:00:00Z&to=2020-01-01T00:00:00Z", "?from"), ("since=x", "?since"),
    ]

    @Test(arguments: wrong) func whatCannotBeCountedIsSaid(query: String, pointer: String) async throws {
        try await withAPI { api in
            let answer = try await api.client.get("/v1/stats?\(query)")
            #expect(answer.status == 422 && answer["errors", "0", "pointer"] == .string(pointer), "\(answer.text)")
        }
    }

    @Test(arguments: [
        ("from=2020-01-01T00:30:00Z&to=2020-01-04T00:30:00Z", 73, "2020-01-01T00:00:00.000Z"),
        ("bucket=day&from=2020-01-01T00:00:00Z&to=2020-02-01T00:00:00Z", 31, "2020-01-01T00:00:00.000Z"),
        ("from=2020-01-01T00:59:00Z&to=2020-01-01T01:00:00Z", 1, "2020-01-01T00:00:00.000Z"),
    ])
    func bucketsAreWholeHoursAndDays(query: String, count: Int, from: String) async throws {
        try await withAPI { api in
            let answer = try await api.client.get("/v1/stats?\(query)")
            #expect(answer["data"].array?.count == count && answer["from"] == .string(from), "\(answer.text)")
        }
    }
}
