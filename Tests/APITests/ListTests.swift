// ListTests.swift — pages, cursors and filters of lists.

import APITestSupport
import JSON
import Mail
import Queue
import Testing

@testable import API

/// Pages, cursors and filters.
@Suite struct ListTests {
    private func ids(_ answer: Answer) -> [String] {
        (answer["data"].array ?? []).compactMap { $0.object?["id"]?.string }
    }

    @Test func messagesComeNewestFirstPageByPage() async throws {
        try await withAPI { api in
            var accepted: [String] = []
            for _ in 1...5 { accepted.append(try await api.accept().description) }
            var pages: [[String]] = []
            var path = "/v1/messages?limit=2"
            while true {
                let page = try await api.client.get(path)
                pages.append(ids(page))
                guard let cursor = page["next_cursor"].string else { break }
                #expect(page["has_more"] == .bool(true))
                path = "/v1/messages?limit=2&cursor=\(cursor)"
            }
            #expect(pages.map(\.count) == [2, 2, 1])
            #expect(pages.flatMap(\.self) == accepted.reversed())
        }
    }

    @Test(arguments: [
        ("status=queued", 2), ("status=delivered", 0), ("to=bob@example.test", 1), ("to=BOB@example.test", 0),
        ("domain=EXAMPLE.test", 1), ("domain=other.test", 1), ("from=hello@ACME.test", 1),
        ("from=Other%20%3Chello@acme.test%3E", 1), ("from=Hello@acme.test", 0), ("from=hello@acme.tes", 0),
        ("tag.kind=otp", 1),
        ("tag.kind=otp&tag.lang=de", 0), ("external_id=order-77", 1), ("created_after=2026-09-21T14:13:21Z", 1),
        ("created_before=2026-09-21T14:13:21Z", 1), ("created_after=2026-09-21T16:13:20%2B02:00", 2),
    ])
    func filters(query: String, count: Int) async throws {
        try await withAPI { api in
            _ = try await api.accept(
                #"{"from":"Acme <hello@acme.test>","to":"bob@example.test","text":"x","tags":{"kind":"otp"},"external_id":"order-77"}"#
            )
            api.clock.advance(by: .seconds(60))
            _ = try await api.accept(#"{"from":"x@else.test","to":"carol@other.test","text":"x"}"#)
            #expect(ids(try await api.client.get("/v1/messages?\(query)")).count == count)
        }
    }

    @Test(arguments: [
        ("/v1/messages?limit=0", "?limit out_of_range"), ("/v1/messages?limit=201", "?limit out_of_range"),
        ("/v1/messages?limit=%2B5", "?limit out_of_range"), ("/v1/messages?limit=x", "?limit out_of_range"),
        ("/v1/messages?limit=1&limit=2", "?limit invalid_value"), ("/v1/messages?cursor=zz", "?cursor invalid_cursor"),
        ("/v1/events?cursor=6d0000000000000001", "?cursor invalid_cursor"),
        ("/v1/messages?cursor=6dffffffffffffffff", "?cursor invalid_cursor"),
        ("/v1/messages?status=done", "?status invalid_value"), ("/v1/messages?to=bob", "?to invalid_address"),
        ("/v1/messages?from=acme", "?from invalid_address"),
        ("/v1/messages?domain=a..b", "?domain invalid_address"),
        ("/v1/messages?stauts=queued", "?stauts unknown_parameter"),
        ("/v1/messages?created_after=yesterday", "?created_after invalid_value"),
        ("/v1/messages?tag.=x", "?tag. unknown_parameter"), ("/v1/events?types=message.lost", "?types invalid_value"),
        ("/v1/webhooks?page=2", "?page unknown_parameter"),
    ])
    func refusesAWrongQuery(path: String, error: String) async throws {
        try await withAPI { api in
            let answer = try await api.client.get(path)
            #expect(answer.status == 422)
            #expect(answer.errors == [error])
        }
    }

    @Test(arguments: ["/v1/messages?to=%ff", "/v1/messages?to=%4"]) func refusesAMalformedQuery(path: String)
        async throws
    {
        try await withAPI { api in
            let answer = try await api.client.get(path)
            #expect(answer.status == 400)
            #expect(answer["code"] == .string("malformed_request"))
        }
    }

    @Test func theEventLogIsFollowedByItsCursor() async throws {
        try await withAPI { api in
            let empty = try await api.client.get("/v1/events")
            #expect(empty["data"] == .array([]))
            let start = try #require(empty["next_cursor"].string)
            let id = try await api.accept()
            try await api.record([.delivered], of: id)
            let log = try await api.client.get("/v1/events?cursor=\(start)")
            #expect(types(log) == ["message.accepted", "message.delivered"])
            #expect(log["has_more"] == .bool(false))
            let rest = try await api.client.get("/v1/events?cursor=\(log["next_cursor"].string ?? "")")
            #expect(types(rest) == [])
            #expect(rest["next_cursor"] == log["next_cursor"])
        }
    }

    @Test func theEventLogComesInPagesAndByType() async throws {
        try await withAPI { api in
            for _ in 1...3 { try await api.record([.delivered], of: try await api.accept()) }
            let first = try await api.client.get("/v1/events?limit=4")
            #expect(first["has_more"] == .bool(true))
            let second = try await api.client.get("/v1/events?limit=4&cursor=\(first["next_cursor"].string ?? "")")
            #expect(types(first).count == 4 && types(second).count == 2)
            let delivered = try await api.client.get("/v1/events?types=message.delivered,message.bounced")
            #expect(types(delivered) == Array(repeating: "message.delivered", count: 3))
        }
    }

    @Test func aMessageHasItsOwnEvents() async throws {
        try await withAPI { api in
            _ = try await api.accept()
            let id = try await api.accept()
            try await api.record([.delivered], of: id)
            let first = try await api.client.get("/v1/messages/\(id)/events?limit=1")
            let second = try await api.client.get(
                "/v1/messages/\(id)/events?cursor=\(first["next_cursor"].string ?? "")")
            #expect(types(first) + types(second) == ["message.accepted", "message.delivered"])
            #expect(second["data", "0", "data", "message_id"] == .string(id.description))
            #expect(second["next_cursor"] == .null)
        }
    }

    private func types(_ answer: Answer) -> [String] {
        (answer["data"].array ?? []).compactMap { $0.object?["type"]?.string }
    }

    @Test func aCursorIsGoodForItsListOnly() {
        for list in Cursor.List.allCases {
            let cursor =
                switch list {
                case .messages: Cursor(before: MessageID(high: 1, low: 90_211))
                case .destinations: Cursor(after: Domain(trusted: "a.test"))
                default: Cursor(list, 90_211)
                }
            let text = cursor.text
            #expect(Cursor(text, for: list) == cursor && (list != .events || cursor.position == 90_211))
            #expect(Cursor.List.allCases.filter { Cursor(text, for: $0) != nil } == [list])
        }
    }
}
