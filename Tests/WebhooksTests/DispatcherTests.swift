// DispatcherTests.swift — events on their way from the store to scripted receivers, and back as posts on record.

import Crypto
import Events
import Queue
import Testing
import Webhooks

@Suite(.timeLimit(.minutes(5)))
struct DispatcherTests {
    static let bounce = RecipientOutcome.bounced(
        Bounce(
            kind: .hard, category: "invalid_recipient", replyCode: 550, enhancedCode: nil, message: "550 no", host: nil)
    )

    @Test func postsAnEventSigned() async throws {
        let receiver = try await Receiver.listen()
        let scene = try await Scene.open()
        let endpoint = try await scene.endpoint(at: receiver)
        try await scene.submit()
        let request = try await receiver.next()
        let event = try #require(try await scene.events().first)
        let seconds = scene.clock.now.milliseconds / 1000
        let opened = try scene.secrets.open(endpoint.secret, for: "webhook-secret:\(endpoint.id)")
        let secret = try #require(WebhookSecret(String(decoding: opened, as: UTF8.self)))
        #expect(request.headers["webhook-id"] == event.id.description)
        #expect(request.headers["webhook-timestamp"] == "\(seconds)")
        #expect(request.headers["content-type"] == "application/json")
        #expect(request.headers["user-agent"] == "Postrider")
        #expect(request.body == EventPayload.bytes(of: event))
        let signed = Array("\(event.id).\(seconds).".utf8) + request.body
        #expect(
            request.headers["webhook-signature"]
                == "v1," + Base64.encode(HMACSHA256.code(of: signed, key: secret.key)))
        await scene.end()
    }

    @Test func recordsASuccess() async throws {
        let receiver = try await Receiver.listen()
        let scene = try await Scene.open()
        let endpoint = try await scene.endpoint(at: receiver)
        try await scene.submit()
        _ = try await receiver.next()
        await scene.dispatcher.stop(within: .seconds(30))
        let post = try #require(try await scene.posts(to: endpoint).first)
        #expect(post.status == 200 && post.number == 1 && post.error == nil && post.nextTryAt == nil)
        #expect(try await scene.store.endpoint(endpoint.id, in: .default)?.cursor == 1)
        await scene.end()
    }

    @Test func retriesOnScheduleWithTheSameIDAndGivesUp() async throws {
        let receiver = try await Receiver.listen { _ in
            .raw("HTTP/1.1 500 X\r\ncontent-length: 6\r\n\r\nbroken")
        }
        let scene = try await Scene.open()
        let endpoint = try await scene.endpoint(at: receiver)
        try await scene.submit()
        var requests = [try await receiver.next()]
        for wait in WebhookSchedule.standardWaits {
            #expect(await scene.clock.nextAlarm() == scene.clock.now + wait)
            scene.clock.manual.advance(by: wait)
            requests.append(try await receiver.next())
        }
        await scene.dispatcher.stop(within: .seconds(30))
        #expect(Set(requests.map(\.headers["webhook-id"])).count == 1)
        #expect(Set(requests.map(\.headers["webhook-timestamp"])).count == 10)
        #expect(Set(requests.map(\.body)).count == 1)
        let posts = try await scene.posts(to: endpoint)
        #expect(posts.map(\.number) == (1...10).reversed())
        #expect(posts.allSatisfy { $0.status == 500 && $0.error == "the endpoint answered 500: broken" })
        #expect(posts.first?.nextTryAt == nil)
        #expect(try await scene.retries(of: endpoint).isEmpty)
        await scene.end()
    }

    @Test func retryAfterIsHonoured() async throws {
        let receiver = try await Receiver.listen { _ in .status(503, "retry-after: 90") }
        let scene = try await Scene.open()
        try await scene.endpoint(at: receiver)
        try await scene.submit()
        #expect(await scene.clock.nextAlarm() == scene.clock.now + .seconds(90))
        await scene.end()
    }

    @Test func aRetrySucceeds() async throws {
        let receiver = try await Receiver.listen { request in
            request.headers["webhook-timestamp"] == "1790000000" ? .status(302, "location: /") : .status(200)
        }
        let scene = try await Scene.open()
        let endpoint = try await scene.endpoint(at: receiver)
        try await scene.submit()
        let first = try await receiver.next()
        #expect(await scene.clock.nextAlarm() == scene.clock.now + .seconds(5))
        scene.clock.manual.advance(by: .seconds(5))
        #expect(try await receiver.next().headers["webhook-id"] == first.headers["webhook-id"])
        await scene.dispatcher.stop(within: .seconds(30))
        #expect(try await scene.posts(to: endpoint).map(\.status) == [200, 302])
        #expect(try await scene.retries(of: endpoint).isEmpty)
        await scene.end()
    }

    @Test func goneDisablesTheEndpoint() async throws {
        let receiver = try await Receiver.listen { _ in .status(410) }
        let scene = try await Scene.open()
        let endpoint = try await scene.endpoint(at: receiver)
        try await scene.submit()
        _ = try await receiver.next()
        let next = try await scene.reopened()
        let stored = try #require(try await next.store.endpoint(endpoint.id, in: .default))
        #expect(stored.disabledAt == next.clock.now && stored.disabledReason == "the endpoint answered 410 Gone")
        try await next.submit()
        await next.dispatcher.stop(within: .seconds(30))
        #expect(receiver.requests == 1)
        await next.end()
    }

    @Test func aNewEndpointIsAwakeInTheMiddleOfALoad() async throws {
        let scene = try await Scene.open()
        async let load: Void = { for _ in 0..<300 { try await scene.submit() } }()
        for number in 0..<10 {
            let receiver = try await Receiver.listen()
            try await scene.endpoint(at: receiver) { $0.tags = ["number": "\(number)"] }
            try await scene.submit(tags: ["number": "\(number)", "more": "x"])
            let body = String(decoding: try await receiver.next().body, as: UTF8.self)
            #expect(body.contains(#""number":"\#(number)""#))
        }
        try await load
        await scene.end()
    }

    @Test func aDeletedEndpointGetsNoRetry() async throws {
        let receiver = try await Receiver.listen { _ in .status(500) }
        let scene = try await Scene.open()
        let endpoint = try await scene.endpoint(at: receiver)
        try await scene.submit()
        #expect(await scene.clock.nextAlarm() != nil)
        _ = try await scene.store.deleteEndpoint(endpoint.id, in: .default, at: scene.clock.now)
        while scene.clock.manual.nextAlarm != nil { await Task.yield() }
        await scene.end()
    }

    @Test func postsOnlyTheTypesAskedFor() async throws {
        let receiver = try await Receiver.listen()
        let scene = try await Scene.open()
        let endpoint = try await scene.endpoint(at: receiver, types: [.bounced])
        try await scene.submit()
        try await scene.record(Self.bounce)
        let events = try await scene.events()
        #expect(events.map(\.type) == [.accepted, .bounced])
        #expect(try await receiver.next().headers["webhook-id"] == events.last?.id.description)
        await scene.dispatcher.stop(within: .seconds(30))
        #expect(receiver.requests == 1)
        #expect(try await scene.store.endpoint(endpoint.id, in: .default)?.cursor == events.last?.seq)
        await scene.end()
    }

    @Test func aDeadEndpointDelaysNoOther() async throws {
        let dead = try await Receiver.listen { _ in .none }, alive = try await Receiver.listen()
        let scene = try await Scene.open()
        try await scene.endpoint(at: dead)
        try await scene.endpoint(at: alive)
        for _ in 0..<150 { try await scene.submit() }
        var ids: Set<String?> = []
        for _ in 0..<150 { ids.insert(try await alive.next().headers["webhook-id"]) }
        #expect(ids == Set(try await scene.events().map(\.id.description)))
        for _ in 0..<8 { _ = try await dead.next() }
        #expect(dead.requests == 8)
        await scene.end()
    }

    @Test func noMorePostsAtATimeThanAllowed() async throws {
        let gate = Gate()
        let receiver = try await Receiver.listen { _ in
            await gate.wait()
            return .status(200)
        }
        let scene = try await Scene.open()
        try await scene.endpoint(at: receiver) { $0.maxConcurrency = 3 }
        for _ in 0..<10 { try await scene.submit() }
        for _ in 0..<3 { _ = try await receiver.next() }
        gate.open()
        for _ in 0..<7 { _ = try await receiver.next() }
        #expect(receiver.mostOpen == 3)
        await scene.end()
    }

    @Test func stoppingWaitsForWhatIsBeingPosted() async throws {
        let gate = Gate()
        let receiver = try await Receiver.listen { _ in
            await gate.wait()
            return .status(200)
        }
        let scene = try await Scene.open()
        let endpoint = try await scene.endpoint(at: receiver)
        try await scene.submit()
        _ = try await receiver.next()
        async let stopped: Void = scene.dispatcher.stop(within: .seconds(30))
        gate.open()
        await stopped
        #expect(try await scene.posts(to: endpoint).map(\.status) == [200])
        await scene.end()
    }

    @Test func whatWasNotAnsweredBeforeAStopIsPostedAgain() async throws {
        let gate = Gate()
        let receiver = try await Receiver.listen { _ in
            await gate.wait()
            return .status(200)
        }
        let scene = try await Scene.open()
        try await scene.endpoint(at: receiver)
        for _ in 0..<20 { try await scene.submit() }
        var cut: Set<String?> = []
        for _ in 0..<8 { cut.insert(try await receiver.next().headers["webhook-id"]) }
        let next = try await scene.reopened(after: .zero)
        gate.open()
        var posted: [String?] = []
        for _ in 0..<20 { posted.append(try await receiver.next().headers["webhook-id"]) }
        #expect(Set(posted) == Set(try await next.events().map(\.id.description)))
        #expect(cut.isSubset(of: posted))
        await next.end()
    }

    @Test func retriesSurviveARestart() async throws {
        let receiver = try await Receiver.listen { request in
            request.headers["webhook-timestamp"] == "1790000000" ? .last("") : .status(200)
        }
        let scene = try await Scene.open()
        let endpoint = try await scene.endpoint(at: receiver)
        for _ in 0..<3 { try await scene.submit() }
        var first: Set<String?> = []
        for _ in 0..<3 { first.insert(try await receiver.next().headers["webhook-id"]) }
        let next = try await scene.reopened()
        #expect(try await next.posts(to: endpoint).map(\.number) == [1, 1, 1])
        next.clock.manual.advance(by: .seconds(5))
        var second: Set<String?> = []
        for _ in 0..<3 { second.insert(try await receiver.next().headers["webhook-id"]) }
        #expect(first == second)
        await next.dispatcher.stop(within: .seconds(30))
        #expect(try await next.posts(to: endpoint).map(\.number) == [2, 2, 2, 1, 1, 1])
        await next.end()
    }
}
