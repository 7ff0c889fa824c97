// EndpointLifeTests.swift — what an endpoint's owner may do with it: pause, resume, rotate, test, replay; and how it ends.

import Crypto
import Events
import Foundation
import JSON
import Queue
import Synchronization
import Testing
import Webhooks

@Suite(.timeLimit(.minutes(5)))
struct EndpointLifeTests {
    @Test func aPausedEndpointGetsWhatItMissedWhenItIsResumed() async throws {
        let receiver = try await Receiver.listen(), other = try await Receiver.listen()
        let scene = try await Scene.open()
        let endpoint = try await scene.endpoint(at: receiver)
        try await scene.endpoint(at: other)
        let now = scene.clock.now
        try await scene.update(endpoint) { $0.pausedAt = now }
        for _ in 0..<3 {
            try await scene.submit()
            _ = try await other.next()
        }
        let next = try await scene.reopened()
        #expect(receiver.requests == 0)
        try await next.update(endpoint) { $0.pausedAt = nil }
        var ids: Set<String?> = []
        for _ in 0..<3 { ids.insert(try await receiver.next().headers["webhook-id"]) }
        #expect(ids == Set(try await next.events().map(\.id.description)))
        await next.end()
    }

    @Test func retriesOfAPausedEndpointWait() async throws {
        let receiver = try await Receiver.listen { request in
            request.headers["webhook-timestamp"] == "1790000000" ? .status(500) : .status(200)
        }
        let scene = try await Scene.open()
        let endpoint = try await scene.endpoint(at: receiver)
        try await scene.submit()
        _ = try await receiver.next()
        _ = await scene.clock.nextAlarm()
        let now = scene.clock.now
        try await scene.update(endpoint) { $0.pausedAt = now }
        let other = try await Receiver.listen()
        try await scene.endpoint(at: other)
        scene.clock.manual.advance(by: .seconds(60))
        try await scene.submit()
        _ = try await other.next()
        #expect(receiver.requests == 1)
        try await scene.update(endpoint) { $0.pausedAt = nil }
        for _ in 0..<2 { _ = try await receiver.next() }
        await scene.end()
    }

    @Test func aDisabledEndpointGoesOnWhereItEnded() async throws {
        let isGone = Flag(true)
        let receiver = try await Receiver.listen { _ in isGone.isSet ? .status(410) : .status(200) }
        let witness = try await Receiver.listen()
        let scene = try await Scene.open()
        let endpoint = try await scene.endpoint(at: receiver)
        try await scene.endpoint(at: witness, types: [.webhookDisabled])
        try await scene.submit()
        _ = try await receiver.next()
        let told = try JSONValue(parsing: try await witness.next().body)
        #expect(told.object?["type"]?.string == "webhook.disabled")
        let webhook = told.object?["data"]?.object?["webhook"]?.object
        #expect(webhook?["id"]?.string == endpoint.id.description)
        #expect(webhook?["disabled_reason"]?.string == "the endpoint answered 410 Gone")
        try await scene.submit()
        isGone.isSet = false
        scene.clock.manual.advance(by: .seconds(10))
        try await scene.update(endpoint) { ($0.disabledAt, $0.disabledReason) = (nil, nil) }
        var types: [String?] = []
        for _ in 0..<3 { types.append(try JSONValue(parsing: try await receiver.next().body).object?["type"]?.string) }
        #expect(types.compactMap(\.self).sorted() == ["message.accepted", "message.accepted", "webhook.disabled"])
        await scene.end()
    }

    @Test func whoFailsForFiveDaysIsDisabled() async throws {
        let receiver = try await Receiver.listen { _ in .status(500) }, witness = try await Receiver.listen()
        let scene = try await Scene.open()
        let endpoint = try await scene.endpoint(at: receiver)
        try await scene.endpoint(at: witness, types: [.webhookDisabled])
        try await scene.submit()
        _ = try await receiver.next()
        _ = await scene.clock.nextAlarm()
        scene.clock.manual.advance(by: .seconds(5 * 86_400))
        try await scene.submit()
        _ = try await witness.next()
        let stored = try await scene.stored(endpoint)
        #expect(stored.status == .disabled && stored.disabledReason == "every post has failed for 5 days")
        await scene.end()
    }

    /// Which of these secrets have signed the request.
    private func signers(of request: Receiver.Request, among secrets: [WebhookSecret]) -> [WebhookSecret] {
        let head = "\(request.headers["webhook-id"] ?? "").\(request.headers["webhook-timestamp"] ?? "")."
        let signatures = (request.headers["webhook-signature"] ?? "").split(separator: " ").map(String.init)
        return signatures.compactMap { signature in
            secrets.first { secret in
                let code = HMACSHA256.code(of: Array(head.utf8) + request.body, key: secret.key)
                return signature == "v1," + Base64.encode(code)
            }
        }
    }

    @Test func twoSecretsSignWhileARotationLasts() async throws {
        let receiver = try await Receiver.listen()
        let scene = try await Scene.open()
        let endpoint = try await scene.endpoint(at: receiver)
        let opened = try scene.secrets.open(endpoint.secret, for: Endpoint.secretPurpose(of: endpoint.id))
        let first = try #require(WebhookSecret(String(decoding: opened, as: UTF8.self)))
        let second = WebhookSecret()
        let sealed = second.sealed(for: endpoint.id, by: scene.secrets)
        let end = scene.clock.now + .seconds(60)
        try await scene.submit()
        #expect(signers(of: try await receiver.next(), among: [first, second]) == [first])
        try await scene.update(endpoint) {
            ($0.oldSecret, $0.secret) = (.init(secret: $0.secret, expiresAt: end), sealed)
        }
        try await scene.submit()
        #expect(signers(of: try await receiver.next(), among: [first, second]) == [second, first])
        scene.clock.manual.advance(by: .seconds(60))
        try await scene.submit()
        #expect(signers(of: try await receiver.next(), among: [first, second]) == [second])
        await scene.end()
    }

    @Test func itsHeaderFieldsGoWithEachPost() async throws {
        let receiver = try await Receiver.listen()
        let scene = try await Scene.open()
        try await scene.endpoint(at: receiver) { endpoint in
            let headers = EndpointHeaders(["authorization": "Bearer abc", "x-team": "a, b"])
            endpoint.sealedHeaders = scene.secrets.seal(headers.bytes, for: Endpoint.headersPurpose(of: endpoint.id))
        }
        try await scene.submit()
        let request = try await receiver.next()
        #expect(request.headers["authorization"] == "Bearer abc" && request.headers["x-team"] == "a, b")
        #expect(request.headers["content-type"] == "application/json")
        await scene.end()
    }

    @Test func itsTimeoutBoundsEachPost() async throws {
        let receiver = try await Receiver.listen { _ in .none }
        let scene = try await Scene.open()
        let endpoint = try await scene.endpoint(at: receiver) { $0.timeoutSeconds = 1 }
        let trial = try #require(try await scene.dispatcher.test(endpoint, example: nil))
        #expect(trial.status == nil && trial.error?.contains("timed out") == true)
        #expect(trial.latency >= .seconds(1) && trial.latency < .seconds(10))
        await scene.end()
    }

    @Test(arguments: [EndpointStatus.enabled, .paused, .disabled])
    func aTestTellsWhatTheEndpointAnswered(status: EndpointStatus) async throws {
        let receiver = try await Receiver.listen { _ in
            .raw("HTTP/1.1 202 X\r\nX-One: a\r\nx-one:  b \r\ncontent-length: 5\r\n\r\nhello")
        }
        let scene = try await Scene.open()
        let created = try await scene.endpoint(at: receiver, types: [.bounced])
        let now = scene.clock.now
        try await scene.update(created) { endpoint in
            if status == .paused { endpoint.pausedAt = now }
            if status == .disabled { (endpoint.disabledAt, endpoint.disabledReason) = (now, "why") }
        }
        let endpoint = try await scene.stored(created)
        let trial = try #require(try await scene.dispatcher.test(endpoint, example: nil))
        #expect(trial.status == 202 && trial.error == nil && trial.latency > .zero)
        #expect(trial.headers.filter { $0.name == "x-one" }.map(\.value) == ["a", "b"])
        #expect(trial.body == Array("hello".utf8))
        let request = try await receiver.next()
        #expect(request.headers["webhook-id"] == trial.event.id.description)
        #expect(request.body == EventPayload.bytes(of: trial.event))
        let posts = try await scene.posts(to: endpoint)
        #expect(posts.map(\.eventType) == [.test] && posts.map(\.status) == [202])
        await scene.dispatcher.stop(within: .seconds(30))
        #expect(receiver.requests == 1)
        await scene.end()
    }

    @Test func aTestThatFailsIsNotTriedAgain() async throws {
        let receiver = try await Receiver.listen { _ in
            .raw("HTTP/1.1 500 X\r\ncontent-length: 5000\r\n\r\n" + String(repeating: "e", count: 5000))
        }
        let scene = try await Scene.open()
        let endpoint = try await scene.endpoint(at: receiver)
        let trial = try #require(try await scene.dispatcher.test(endpoint, example: nil))
        #expect(trial.status == 500 && trial.error?.hasPrefix("the endpoint answered 500") == true)
        #expect(trial.body.count == 4096)
        #expect(try await scene.posts(to: endpoint).map(\.nextTryAt) == [nil])
        #expect(try await scene.stored(endpoint).health.failingSince == nil)
        await scene.end()
    }

    @Test(arguments: EventType.allCases)
    func aTestMayLookLikeAnyEvent(type: EventType) async throws {
        let receiver = try await Receiver.listen()
        let scene = try await Scene.open()
        let endpoint = try await scene.endpoint(at: receiver)
        let trial = try #require(try await scene.dispatcher.test(endpoint, example: type))
        let posted = try JSONValue(parsing: try await receiver.next().body)
        #expect(posted.object?["type"]?.string == type.rawValue)
        #expect(posted.object?["id"]?.string == trial.event.id.description)
        #expect(try await scene.events().map(\.type) == [.test])
        await scene.end()
    }

    @Test func theSameEventsArePostedAgain() async throws {
        let receiver = try await Receiver.listen()
        let scene = try await Scene.open()
        let endpoint = try await scene.endpoint(at: receiver)
        for _ in 0..<120 { try await scene.submit() }
        var first: [String: [UInt8]] = [:], second: [String: [UInt8]] = [:]
        for _ in 0..<120 {
            let request = try await receiver.next()
            first[request.headers["webhook-id"] ?? ""] = request.body
        }
        let next = try await scene.reopened()
        let replay = Replay(since: Timestamp(milliseconds: 0), until: Timestamp(milliseconds: .max))
        #expect(try await next.store.begin(replay, to: next.stored(endpoint)) == .begun(events: 120))
        for _ in 0..<120 {
            let request = try await receiver.next()
            second[request.headers["webhook-id"] ?? ""] = request.body
        }
        #expect(first.count == 120 && first == second)
        await next.end()
    }

    @Test func aReplayLetsFreshEventsThrough() async throws {
        let gate = Gate()
        let receiver = try await Receiver.listen { request in
            if request.headers["webhook-timestamp"] != "1790000000" { await gate.wait() }
            return .status(200)
        }
        let scene = try await Scene.open()
        let endpoint = try await scene.endpoint(at: receiver) { $0.maxConcurrency = 2 }
        for _ in 0..<150 { try await scene.submit() }
        for _ in 0..<150 { _ = try await receiver.next() }
        scene.clock.manual.advance(by: .seconds(1))
        let replay = Replay(since: Timestamp(milliseconds: 0), until: Timestamp(milliseconds: .max))
        #expect(try await scene.store.begin(replay, to: scene.stored(endpoint)) == .begun(events: 150))
        _ = try await receiver.next()
        try await scene.submit()
        let fresh = try #require(try await scene.store.events(in: .default, after: 150, types: [], limit: 1).first)
        gate.open()
        var before = 0
        while try await receiver.next().headers["webhook-id"] != fresh.id.description { before += 1 }
        // It shares the endpoint with the replay by turns, and does not wait for its end.
        #expect(before < 60)
        await scene.end()
    }

    @Test func aPostIsMadeAgainByHandAfterItWasGivenUp() async throws {
        let isWell = Flag(false)
        let receiver = try await Receiver.listen { _ in isWell.isSet ? .status(200) : .status(500) }
        let scene = try await Scene.open()
        let endpoint = try await scene.endpoint(at: receiver)
        try await scene.submit()
        _ = try await receiver.next()
        for wait in WebhookSchedule.standardWaits {
            _ = await scene.clock.nextAlarm()
            scene.clock.manual.advance(by: wait)
            _ = try await receiver.next()
        }
        // What is under way is on record then.
        let next = try await scene.reopened()
        isWell.isSet = true
        let event = try #require(try await next.events().first)
        #expect(try await next.store.retryPost(of: event.id, to: endpoint, at: next.clock.now))
        #expect(try await receiver.next().headers["webhook-id"] == event.id.description)
        await next.dispatcher.stop(within: .seconds(30))
        let posts = try await next.posts(to: endpoint)
        #expect(posts.map(\.number) == [1] + (1...10).reversed() && posts.first?.status == 200)
        await next.end()
    }

    @Test func aNewURLIsUsedFromTheNextPostOn() async throws {
        let before = try await Receiver.listen(), after = try await Receiver.listen()
        let scene = try await Scene.open()
        let endpoint = try await scene.endpoint(at: before)
        let url = after.url
        try await scene.update(endpoint) { $0.url = url }
        let probe = try await Receiver.listen()
        try await scene.endpoint(at: probe)
        try await scene.submit()
        _ = try await probe.next()
        _ = try await after.next()
        #expect(before.requests == 0)
        await scene.end()
    }
}

final class Flag: Sendable {
    private let value: Mutex<Bool>
    init(_ isSet: Bool) { value = Mutex(isSet) }
    var isSet: Bool {
        get { value.withLock(\.self) }
        set { value.withLock { $0 = newValue } }
    }
}
