// PauseTests.swift — destinations that are paused, resumed and flushed while mail is delivered.

import DNS
import Mail
import Queue
import SMTP
import Synchronization
import TestSupport
import Testing

@testable import Delivery

struct PauseTests {
    private let domain = Domain(trusted: "example.test")

    private func taking() async throws -> (Refusing, DeliveryFixture) {
        let server = try await Refusing.start { _ in Reply(250, "2.1.5 Ok") }
        return (server, try await DeliveryFixture.open(.hosts("mx.test"), peers: ["mx.test": server.address]))
    }

    private func pause(_ mail: DeliveryFixture, because reason: String? = nil) async throws {
        try await mail.store.pause(domain, because: reason, at: mail.clock.now)
    }

    @Test func nothingIsAttemptedUntilItIsResumed() async throws {
        let (server, mail) = try await taking()
        try await pause(mail)
        let ids = [try await mail.send(), try await mail.send(to: ["a@other.test", "b@example.test"])]
        try await mail.pass(.hours(1))
        #expect(server.messages.flatMap(\.forwardPaths).map(\.description) == ["a@other.test"])
        #expect(try await mail.attempts(ids[0]).isEmpty)
        try await mail.store.resume(domain)
        try await mail.settle()
        for id in ids { #expect(try await mail.message(id).recipients.allSatisfy { $0.state == .delivered }) }
        await mail.end()
        await server.stop()
    }

    @Test func aPauseHoldsAfterARestart() async throws {
        let (server, before) = try await taking()
        try await pause(before)
        let id = try await before.send()
        await before.leave()
        let after = try await DeliveryFixture.open(
            .hosts("mx.test"), peers: ["mx.test": server.address], directory: before.directory, clock: before.clock)
        try await after.pass(.hours(1))
        #expect(server.messages.isEmpty)
        try await after.store.resume(domain)
        try await after.settle()
        #expect(try await after.recipient(id).state == .delivered)
        await after.end()
        await server.stop()
    }

    /// The first message is being taken when the pause comes; the others wait in memory for its session.
    @Test func whatIsHeldGoesBackAndWhatIsUnderWayEnds() async throws {
        let pauser = Pauser()
        let server = try await Refusing.start(during: { await pauser.pause() }) { _ in Reply(250, "2.1.5 Ok") }
        var settings = DeliverySettings()
        settings.maxSessionsPerHost = 1
        let mail = try await DeliveryFixture.open(
            .hosts("mx.test"), peers: ["mx.test": server.address], settings: settings)
        pauser.aim(at: domain, in: mail)
        let time = mail.clock.now + .minutes(1)
        var ids: [MessageID] = []
        for _ in 0..<4 { ids.append(try await mail.send { $0.firstAttemptAt = time }) }
        try await mail.pass(.minutes(10))
        #expect(server.messages.count == 1)
        var states: [RecipientState] = []
        for id in ids { states.append(try await mail.recipient(id).state) }
        #expect(states.count { $0 == .delivered } == 1 && states.count { $0 == .queued } == 3)
        #expect(mail.dispatcher.inspect { $0.withdrawn.isEmpty })
        try await mail.store.resume(domain)
        try await mail.settle()
        #expect(server.messages.count == 4)
        await mail.end()
        await server.stop()
    }

    @Test func whatIsPausedExpiresAsItWouldOtherwise() async throws {
        let (server, mail) = try await taking()
        try await pause(mail, because: "complaints")
        let short = try await mail.send(lifetime: .hours(1))
        let long = try await mail.send()
        let duty = Duty.pausedExpiry(of: mail.dispatcher)
        mail.clock.advance(by: .hours(1) - .seconds(1))
        await duty.start()
        #expect(try await mail.recipient(short).state == .queued)
        mail.clock.advance(by: .seconds(1))
        await mail.dispatcher.expirePaused()
        let failed = try await mail.recipient(short)
        #expect(failed.failure?.reason == .expired)
        #expect(failed.failure?.lastReply == "delivery to example.test is paused: complaints")
        #expect(try await mail.recipient(long).state == .queued)
        #expect(server.messages.isEmpty)
        duty.stop()
        await mail.end()
        await server.stop()
    }

    /// Deferred, and its host left alone: a flush tries it at once.
    @Test func aFlushTriesWhatIsDeferred() async throws {
        let isUp = Atomic(false)
        let server = try await Refusing.start { _ in
            isUp.load(ordering: .relaxed) ? Reply(250, "2.1.5 Ok") : Reply(451, "4.3.0 Not today")
        }
        let mail = try await DeliveryFixture.open(.hosts("mx.test"), peers: ["mx.test": server.address])
        var ids: [MessageID] = []
        for _ in 0..<3 { ids.append(try await mail.send()) }
        try await mail.settle()
        isUp.store(true, ordering: .relaxed)
        let change = try await mail.store.flush(domain, of: .default, at: mail.clock.now)
        #expect(change.changed == 3)
        try await mail.settle()
        for id in ids { #expect(try await mail.recipient(id).state == .delivered) }
        await mail.end()
        await server.stop()
    }

    @Test func whatIsGivenUpIsNotAttempted() async throws {
        let (server, mail) = try await taking()
        try await pause(mail)
        let id = try await mail.send()
        let failure = Failure(reason: .failedByOperator, detail: "gone", lastReply: nil)
        #expect(try await mail.store.fail(domain, of: .default, failure, at: mail.clock.now).changed == 1)
        try await mail.store.resume(domain)
        try await mail.pass(.hours(1))
        #expect(server.messages.isEmpty)
        #expect(try await mail.eventTypes(id) == [.accepted, .failed])
        await mail.end()
        await server.stop()
    }
}

/// Pauses a destination, once it is told which.
private final class Pauser: Sendable {
    private let target = Mutex<(domain: Domain, mail: DeliveryFixture)?>(nil)

    func aim(at domain: Domain, in mail: DeliveryFixture) { target.withLock { $0 = (domain, mail) } }

    func pause() async {
        guard let (domain, mail) = target.withLock({ $0.take() }) else { return }
        try? await mail.store.pause(domain, because: nil, at: mail.clock.now)
    }
}
