// QueueRoutesTests.swift — /v1/queue and its destinations, as operators and projects see them.

import APITestSupport
import JSON
import Queue
import Testing

@testable import API

@Suite struct QueueRoutesTests {
    private func message(to addresses: String...) -> String {
        let to = addresses.map { "\"\($0)\"" }.joined(separator: ",")
        return #"{"from":"a@acme.test","to":[\#(to)],"subject":"Hi","text":"Hi"}"#
    }

    private let path = "/v1/queue/destinations"

    @Test func theQueueIsCounted() async throws {
        try await withAPI { api in
            #expect(try await api.client.get("/v1/queue")["queued"] == .number(JSONNumber(0)))
            _ = try await api.accept(message(to: "a@one.test", "b@two.test"))
            let later =
                #"{"from":"a@acme.test","to":"c@one.test","subject":"Hi","text":"Hi","send_at":"2099-01-01T00:00:00Z"}"#
            #expect(try await api.client.post("/v1/messages", later).status == 422)
            let queue = try await api.client.get("/v1/queue")
            #expect(
                queue.status == 200 && queue["queued"] == .number(JSONNumber(2))
                    && queue["due"] == .number(JSONNumber(2)) && queue["destinations"] == .number(JSONNumber(2)))
            #expect(queue["is_capped"] == .bool(false) && queue["oldest_due_at"] == .string(api.clock.now.rfc3339))
        }
    }

    @Test func destinationsAreListedPageByPage() async throws {
        try await withAPI { api in
            _ = try await api.accept(message(to: "a@one.test", "b@two.test", "c@two.test", "d@three.test"))
            let first = try await api.client.get(path + "?limit=2")
            #expect(
                first["data", "0", "domain"] == .string("one.test")
                    && first["data", "1", "domain"] == .string("three.test"))
            let cursor = try #require(first["next_cursor"].string)
            let second = try await api.client.get(path + "?cursor=\(cursor)")
            #expect(
                second["data", "0", "domain"] == .string("two.test")
                    && second["data", "0", "queued"] == .number(JSONNumber(2)))
            #expect(second["has_more"] == .bool(false) && second["next_cursor"] == .null)
            for wrong in ["zz", "71", "7107", String(cursor.dropLast()), "6D" + cursor.dropFirst(2)] {
                let answer = try await api.client.get(path + "?cursor=\(wrong)")
                #expect(answer.status == 422 && answer["errors", "0", "code"] == .string("invalid_cursor"), "\(wrong)")
            }
        }
    }

    @Test func aDestinationIsPausedAndResumed() async throws {
        try await withAPI { api in
            let paused = try await api.client.post(path + "/Mail.Test/pause", #"{"reason":"complaints"}"#)
            #expect(
                paused.status == 200 && paused["is_paused"] == .bool(true)
                    && paused["pause_reason"] == .string("complaints"))
            #expect(paused["domain"] == .string("mail.test") && paused["queued"] == .number(JSONNumber(0)))
            #expect(try await api.client.get(path)["data", "0", "domain"] == .string("mail.test"))
            #expect(try await api.client.get(path + "/mail.test").status == 200)
            let flush = try await api.client.post(path + "/mail.test/flush", "{}")
            #expect(flush.status == 409, "\(flush.text)")
            let resumed = try await api.client.post(path + "/mail.test/resume", "{}")
            #expect(resumed.status == 200 && resumed["is_paused"] == .bool(false) && resumed["paused_at"] == .null)
            #expect(try await api.client.get(path + "/mail.test").status == 404)
        }
    }

    /// Hosts and sessions are shared: whoever pauses keeps everyone's mail.
    @Test func onlyTheRootKeyPauses() async throws {
        try await withAPI { api in
            let mine = try await api.key([.queue]).client
            for change in ["pause", "resume"] {
                let answer = try await mine.post("\(path)/one.test/\(change)", "{}")
                #expect(answer.status == 403)
            }
            _ = try await api.client.post(path + "/one.test/pause", "{}")
            #expect(try await mine.get(path + "/one.test").status == 404)
            #expect(try await mine.post(path + "/one.test/flush", "{}").status == 404)
            #expect(try await mine.get(path)["data"].array?.isEmpty == true)
            _ = try await api.accept(message(to: "a@one.test"))
            #expect(try await mine.get(path + "/one.test")["is_paused"] == .bool(true))
            #expect(try await mine.post(path + "/one.test/flush", "{}").status == 409)
            #expect(try await mine.get("/v1/queue")["paused"] == .number(JSONNumber(1)))
        }
    }

    @Test func whatIsQueuedIsTriedOrGivenUp() async throws {
        try await withAPI { api in
            let id = try await api.accept(message(to: "a@one.test", "b@two.test"))
            let flushed = try await api.client.post(path + "/one.test/flush", "")
            #expect(
                flushed["flushed"] == .number(JSONNumber(1)) && flushed["skipped"] == .number(JSONNumber(0))
                    && flushed["has_more"] == .bool(false))
            let failed = try await api.client.post(path + "/one.test/fail", #"{"reason":"closed for good"}"#)
            #expect(
                failed["object"] == .string("destination_failure") && failed["failed"] == .number(JSONNumber(1)),
                "\(failed.text)")
            let message = try await api.client.get("/v1/messages/\(id)")
            #expect(message["recipients", "0", "failure", "reason"] == .string("failed_by_operator"))
            #expect(message["recipients", "0", "failure", "detail"] == .string("closed for good"))
            #expect(message["recipients", "1", "status"] == .string("queued"))
            for change in ["flush", "fail"] {
                let answer = try await api.client.post("\(path)/one.test/\(change)", "")
                #expect(answer.status == 404)
            }
        }
    }

    static let wrongReasons = [
        (#"{"reason":5}"#, "invalid_type"), (#"{"reason":"a\nb"}"#, "control_character"),
        (#"{"why":"x"}"#, "unknown_member"),
    ]

    @Test(arguments: wrongReasons) func aReasonIsALineOfText(body: String, code: String) async throws {
        try await withAPI { api in
            for change in ["pause", "fail"] {
                let answer = try await api.client.post(path + "/one.test/\(change)", body)
                #expect(answer.status == 422 && answer["errors", "0", "code"] == .string(code), "\(answer.text)")
            }
        }
    }

    @Test func whatCannotBeADomainIsNotThere() async throws {
        try await withAPI { api in
            for name in ["a..b", "-", "%20", "%5B192.0.2.1%5D"] {
                let answer = try await api.client.get("\(path)/\(name)")
                #expect(answer.status == 404, "\(name)")
            }
        }
    }
}
