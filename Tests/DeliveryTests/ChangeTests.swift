// ChangeTests.swift — messages that are canceled, rescheduled or retried while they are being delivered.

import DNS
import Mail
import Queue
import SMTP
import Synchronization
import TestSupport
import Testing

@testable import Delivery

struct ChangeTests {
    private func cancel(_ id: MessageID, _ mail: DeliveryFixture) async throws -> [SkippedRecipient] {
        let outcome = try await mail.store.cancel(id, in: .default, named: nil, at: mail.clock.now)
        guard case .done(_, _, let skipped) = outcome else { throw Unexpected("not canceled") }
        return skipped
    }

    private func retry(_ id: MessageID, _ mail: DeliveryFixture) async throws {
        let outcome = try await mail.store.retry(id, in: .default, named: nil, at: mail.clock.now)
        guard case .done(_, let changed, _) = outcome, changed > 0 else { throw Unexpected("not retried") }
    }

    private func reschedule(_ id: MessageID, to time: Timestamp, _ mail: DeliveryFixture) async throws {
        let times = Rescheduling(firstAttemptAt: time, lifetime: nil)
        let outcome = try await mail.store.reschedule(id, in: .default, times, at: mail.clock.now)
        guard case .done = outcome else { throw Unexpected("not rescheduled: \(outcome)") }
    }

    private func taking() async throws -> (Refusing, DeliveryFixture) {
        let server = try await Refusing.start { _ in Reply(250, "2.1.5 Ok") }
        return (server, try await DeliveryFixture.open(.hosts("mx.test"), peers: ["mx.test": server.address]))
    }

    private func schedule(_ wait: Duration, _ mail: DeliveryFixture) async throws -> MessageID {
        let time = mail.clock.now + wait
        return try await mail.send { submission in
            submission.firstAttemptAt = time
            (submission.expiresAt, submission.delayNoticeAt) = (time + .days(5), time + .hours(4))
        }
    }

    // MARK: Canceling

    @Test func aScheduledMessageThatIsCanceledIsNeverAttempted() async throws {
        let (server, mail) = try await taking()
        let id = try await schedule(.minutes(10), mail)
        #expect(try await cancel(id, mail).isEmpty)
        try await mail.pass(.hours(1))
        #expect(server.messages.isEmpty)
        #expect(try await mail.attempts(id).isEmpty)
        #expect(try await mail.eventTypes(id) == [.accepted, .canceled])
        await mail.end()
        await server.stop()
    }

    /// From the moment in which MAIL, RCPT and DATA go out until the result is on disk, the answer is no.
    @Test func aRecipientPastDataCannotBeCanceled() async throws {
        let meddler = Meddler()
        let server = try await Refusing.start(during: { await meddler.cancel() }) { _ in Reply(250, "2.1.5 Ok") }
        let mail = try await DeliveryFixture.open(.hosts("mx.test"), peers: ["mx.test": server.address])
        let id = try await schedule(.minutes(1), mail)
        meddler.aim(at: id, in: mail)
        try await mail.pass(.minutes(2))
        #expect(meddler.reasons == [.inTransaction])
        #expect(try await mail.recipient(id).state == .delivered)
        #expect(try await cancel(id, mail).map(\.reason) == [.alreadyFinal])
        #expect(try await mail.eventTypes(id) == [.accepted, .delivered])
        await mail.end()
        await server.stop()
    }

    /// The first message holds the only session; the second one waits for it in memory, and is canceled there.
    @Test func whatWaitsInMemoryIsDroppedWithoutAnAttempt() async throws {
        let meddler = Meddler()
        let server = try await Refusing.start(during: { await meddler.cancel() }) { _ in Reply(250, "2.1.5 Ok") }
        var settings = DeliverySettings()
        settings.maxSessionsPerHost = 1
        let mail = try await DeliveryFixture.open(
            .hosts("mx.test"), peers: ["mx.test": server.address], settings: settings)
        let first = try await schedule(.minutes(1), mail)
        let second = try await schedule(.minutes(1) + .milliseconds(1), mail)
        let third = try await schedule(.minutes(1) + .milliseconds(2), mail)
        meddler.aim(at: second, in: mail)
        mail.clock.advance(by: .minutes(2))
        try await mail.pass(.minutes(1))
        #expect(meddler.reasons == [])
        for (id, state) in [(first, RecipientState.delivered), (second, .canceled), (third, .delivered)] {
            #expect(try await mail.recipient(id).state == state)
        }
        #expect(try await mail.attempts(second).isEmpty)
        #expect(server.messages.count == 2)
        #expect(mail.dispatcher.inspect { $0.withdrawn.isEmpty })
        await mail.end()
        await server.stop()
    }

    @Test func thoseNotCanceledGoOnInTheSameMessage() async throws {
        let (server, mail) = try await taking()
        let time = mail.clock.now + .minutes(1)
        let id = try await mail.send(to: ["a@x.test", "b@x.test", "c@y.test"]) { $0.firstAttemptAt = time }
        let named: [RecipientReference] = [.mailbox(try Mailbox(parsing: "b@x.test"))]
        _ = try await mail.store.cancel(id, in: .default, named: named, at: mail.clock.now)
        try await mail.pass(.minutes(2))
        let paths = server.messages.flatMap(\.forwardPaths).map(\.description)
        #expect(paths.sorted() == ["a@x.test", "c@y.test"])
        #expect(try await mail.message(id).recipients.map(\.state) == [.delivered, .canceled, .delivered])
        await mail.end()
        await server.stop()
    }

    // MARK: Rescheduling

    @Test func anEarlierTimeIsKept() async throws {
        let (server, mail) = try await taking()
        let id = try await schedule(.hours(10), mail)
        let time = mail.clock.now + .minutes(5)
        try await reschedule(id, to: time, mail)
        try await mail.pass(.minutes(5) - .milliseconds(1))
        #expect(server.messages.isEmpty)
        try await mail.pass(.milliseconds(1))
        #expect(try await mail.attempts(id).map(\.startedAt) == [time])
        await mail.end()
        await server.stop()
    }

    @Test func nowIsAtOnce() async throws {
        let (server, mail) = try await taking()
        let id = try await schedule(.hours(10), mail)
        try await reschedule(id, to: mail.clock.now, mail)
        try await mail.settle()
        #expect(try await mail.recipient(id).state == .delivered)
        await mail.end()
        await server.stop()
    }

    @Test func aLaterTimeIsKeptAndTheOldOnePassesUnused() async throws {
        let (server, mail) = try await taking()
        let id = try await schedule(.minutes(5), mail)
        let time = mail.clock.now + .hours(2)
        try await reschedule(id, to: time, mail)
        try await mail.pass(.hours(2) - .seconds(1))
        #expect(try await mail.attempts(id).isEmpty)
        try await mail.pass(.seconds(1))
        #expect(try await mail.attempts(id).map(\.startedAt) == [time])
        await mail.end()
        await server.stop()
    }

    @Test func aScheduledMessageIsSentAfterARestart() async throws {
        let (server, before) = try await taking()
        let id = try await schedule(.hours(3), before)
        await before.leave()
        let after = try await DeliveryFixture.open(
            .hosts("mx.test"), peers: ["mx.test": server.address], directory: before.directory, clock: before.clock)
        try await after.pass(.hours(3) - .seconds(1))
        #expect(server.messages.isEmpty)
        try await after.pass(.seconds(1))
        #expect(try await after.recipient(id).state == .delivered)
        await after.end()
        await server.stop()
    }

    // MARK: Retrying

    @Test func whatIsDeferredIsTriedAtOnce() async throws {
        let isUp = Atomic(false)
        let server = try await Refusing.start { _ in
            isUp.load(ordering: .relaxed) ? Reply(250, "2.1.5 Ok") : Reply(451, "4.3.0 Not today")
        }
        let mail = try await DeliveryFixture.open(.hosts("mx.test"), peers: ["mx.test": server.address])
        let id = try await mail.send()
        try await mail.settle()
        #expect(try await mail.recipient(id).attempts == 1)
        isUp.store(true, ordering: .relaxed)
        try await retry(id, mail)
        try await mail.settle()
        #expect(try await mail.recipient(id).state == .delivered)
        #expect(try await mail.recipient(id).attempts == 2)
        await mail.end()
        await server.stop()
    }

    /// The host is dead, its back-off keeps others waiting, and many more are due before the one that is retried.
    @Test func aHostThatIsLeftAloneIsAskedAgain() async throws {
        var settings = DeliverySettings()
        settings.maxHeldPerDestination = 3
        let resolver = SwitchedRoute(.hosts("dead.test"))
        let server = try await Refusing.start { _ in Reply(250, "2.1.5 Ok") }
        let mail = try await DeliveryFixture.open(
            .hosts("dead.test"), peers: ["mx.test": server.address], settings: settings, resolver: resolver)
        for _ in 0..<9 { try await mail.send() }
        try await mail.settle()
        let id = try await mail.send(to: ["last@example.test"])
        try await mail.settle()
        #expect(try await mail.recipient(id).attempts == 0)
        // The same address, which is backed off, now has a server.
        resolver.set(.hosts("mx.test"))
        try await retry(id, mail)
        try await mail.settle()
        #expect(try await mail.recipient(id).state == .delivered)
        await mail.end()
        await server.stop()
    }

    @Test func aHostThatIsStillDeadCostsOneAttemptOfThatMessage() async throws {
        let mail = try await DeliveryFixture.open(.hosts("mx.test"))
        let id = try await mail.send(), other = try await mail.send()
        try await mail.settle()
        let before = try await mail.recipient(other).attempts
        try await retry(id, mail)
        try await mail.settle()
        #expect(try await mail.recipient(id).attempts == 2)
        #expect(try await mail.recipient(other).attempts == before)
        await mail.end()
    }
}

/// Cancels a message once, when a server has it in hand or another one.
private final class Meddler: Sendable {
    private struct State { var target: (id: MessageID, mail: DeliveryFixture)?, reasons: [SkippedRecipient.Reason]? }
    private let state = Mutex(State())

    /// Why those were skipped who were; nil if it has not been asked.
    var reasons: [SkippedRecipient.Reason]? { state.withLock(\.reasons) }

    func aim(at id: MessageID, in mail: DeliveryFixture) { state.withLock { $0.target = (id, mail) } }

    func cancel() async {
        guard let (id, mail) = state.withLock({ $0.target.take() }),
            let outcome = try? await mail.store.cancel(id, in: .default, named: nil, at: mail.clock.now),
            case .done(_, _, let skipped) = outcome
        else { return }
        state.withLock { $0.reasons = skipped.map(\.reason) }
    }
}

/// DNS that changes its mind.
private final class SwitchedRoute: MXResolving {
    private let lookup: Mutex<MXLookup>
    init(_ lookup: MXLookup) { self.lookup = Mutex(lookup) }
    func set(_ lookup: MXLookup) { self.lookup.withLock { $0 = lookup } }
    func route(to domain: Domain) async -> MXLookup { lookup.withLock { $0 } }
    func addresses(of host: String) async -> MXLookup { lookup.withLock { $0 } }
}
