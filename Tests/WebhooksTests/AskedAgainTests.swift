// AskedAgainTests.swift — what is asked to be posted again while it is being posted.

import Queue
import Testing

@testable import Webhooks

@Suite(.timeLimit(.minutes(5)))
struct AskedAgainTests {
    @Test func itIsPostedAgainAsSoonAsThatPostIsOnRecord() async throws {
        let gate = Gate(), isHeld = Flag(false)
        let receiver = try await Receiver.listen { _ in
            if isHeld.isSet { await gate.wait() }
            return .status(500)
        }
        let scene = try await Scene.open()
        let endpoint = try await scene.endpoint(at: receiver)
        try await scene.submit()
        _ = try await receiver.next()
        _ = await scene.clock.nextAlarm()
        isHeld.isSet = true
        scene.clock.manual.advance(by: .seconds(5))
        _ = try await receiver.next()
        scene.clock.manual.advance(by: .seconds(1))
        let event = try #require(try await scene.events().first)
        #expect(try await scene.store.retryPost(of: event.id, to: endpoint, at: scene.clock.now))
        gate.open()
        // The schedule alone would wait for five minutes.
        _ = try await receiver.next()
        #expect(receiver.requests == 3)
        await scene.end()
    }
}
