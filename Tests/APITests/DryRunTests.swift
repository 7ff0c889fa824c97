// DryRunTests.swift — what a dry run tells, and that it leaves nothing.

import APITestSupport
import JSON
import Mail
import Queue
import Synchronization
import Testing

@testable import API

/// What would be sent, and where to.
@Suite struct DryRunTests {
    private static let body = #"""
        {"from":"Acme <hello@acme.test>","to":["a@good.test","b@null.test"],"bcc":"c@dark.test","subject":"Grüße","text":"x"}
        """#

    private static let dns = DestinationForecasts { domain in
        switch domain.ascii {
        case "good.test": .hosts([.init(name: "mx1.good.test", addresses: ["192.0.2.1", "2001:db8::1"])])
        case "null.test": .impossible(reason: "null_mx", detail: "the domain takes no mail (RFC 7505)")
        default: .unknown("SERVFAIL")
        }
    }

    @Test func itSaysWhatWouldBeSentAndWhereToAndSendsNothing() async throws {
        try await withAPI(configure: { $0.forecasts = Self.dns }) { api in
            let key = ["Idempotency-Key": "k"]
            let answer = try await api.client.post("/v1/messages?dry_run=true", Self.body, key)
            #expect(answer.status == 200)
            #expect(answer["object"] == .string("dry_run") && answer["status"] == .string("queued"))
            let outlooks = (answer["recipients"].array ?? []).map { $0.object?["outlook"]?.string }
            #expect(outlooks == ["deliverable", "undeliverable", "unknown"])
            #expect(answer["recipients", "0", "mx", "0", "addresses", "1"] == .string("2001:db8::1"))
            #expect(answer["recipients", "1", "problem", "reason"] == .string("null_mx"))
            let names = (answer["header"].array ?? []).compactMap { $0.object?["name"]?.string }
            #expect(names.starts(with: ["Date", "From", "To", "Message-ID", "Subject"]))
            #expect(!answer.text.contains("Bcc"))
            #expect(answer["warnings", "0", "code"] == .string("unsigned"))
            #expect(try await api.client.get("/v1/messages")["data"] == .array([]))
            #expect(try await api.client.post("/v1/messages", APIFixture.message, key).status == 202)
        }
    }

    @Test func aSandboxKeysMailWouldGoToTheSandbox() async throws {
        let dns = DestinationForecasts { domain in
            Issue.record("\(domain) was looked up")
            return .unknown("")
        }
        try await withAPI(configure: { $0.forecasts = dns }) { api in
            let key = try await api.key([.messagesSend], #","mode":"sandbox""#)
            let answer = try await key.client.post("/v1/messages?dry_run=true", Self.body)
            #expect(answer.status == 200 && answer["sandbox"] == .bool(true))
            let recipients = answer["recipients"].array ?? []
            #expect(recipients.map { $0.object?["outlook"]?.string } == Array(repeating: "deliverable", count: 3))
            #expect(answer["recipients", "1", "mx", "0", "host"] == .string("sandbox"))
        }
    }

    @Test func itRefusesWhatSendingRefuses() async throws {
        try await withAPI { api in
            let answer = try await api.client.post("/v1/messages?dry_run=true", #"{"from":"x"}"#)
            #expect(answer.status == 422)
            for (query, error) in [
                ("dry_run=yes", "?dry_run invalid_value"), ("dryrun=true", "?dryrun unknown_parameter"),
            ] {
                #expect(try await api.client.post("/v1/messages?\(query)", Self.body).errors == [error])
            }
            let twice = try await api.client.post("/v1/messages?dry_run=true&dry_run=false", Self.body)
            #expect(twice.errors == ["?dry_run invalid_value", "?dry_run invalid_value"])
            #expect(try await api.client.post("/v1/messages?dry_run=false", Self.body).status == 202)
        }
    }

    @Test func aWholeMessageIsTriedToo() async throws {
        try await withAPI(configure: { $0.forecasts = Self.dns }) { api in
            let message = "From: hello@acme.test\r\nSubject: x\r\nX-Long: a\r\n b\r\n\r\nBody\r\n"
            let answer = try await api.client.post(
                "/v1/messages?to=a@good.test&dry_run=true&send_at=2026-09-22T14:13:20Z", message,
                ["Content-Type": "message/rfc822"])
            #expect(answer.status == 200 && answer["status"] == .string("scheduled"))
            let fields = answer["header"].array ?? []
            #expect(fields.contains { $0.object?["name"]?.string == "X-Long" && $0.object?["value"]?.string == "a b" })
        }
    }

    @Test func whatIsNotFoundInTimeIsUnknown() async throws {
        let end = Gate()
        let slow = DestinationForecasts(within: .milliseconds(20)) { domain in
            if domain.ascii != "good.test" { await end.wait() }
            return .hosts([])
        }
        let domains = (0..<30).map { Domain(trusted: "d\($0).test") } + [Domain(trusted: "good.test")]
        let found = await slow.forecasts(for: Set(domains))
        #expect(found.keys.allSatisfy { $0.ascii == "good.test" })
        #expect(end.open() <= 20)
    }
}

/// Nobody passes until it is opened.
private final class Gate: Sendable {
    private struct State { var isOpen = false, waiting: [UnsafeContinuation<Void, Never>] = [] }
    private let state = Mutex(State())

    func wait() async {
        await withUnsafeContinuation { continuation in
            let isOpen = state.withLock { state in
                if !state.isOpen { state.waiting.append(continuation) }
                return state.isOpen
            }
            if isOpen { continuation.resume() }
        }
    }

    /// Returns how many waited.
    func open() -> Int {
        let waiting = state.withLock { state in
            state.isOpen = true
            return state.waiting
        }
        for continuation in waiting { continuation.resume() }
        return waiting.count
    }
}
