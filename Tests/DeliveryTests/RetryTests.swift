// RetryTests.swift — five days in milliseconds: greylisting, delay, expiry, restarts, dead hosts.

import Mail
import NIOCore
import NIOPosix
import Queue
import SMTP
import Synchronization
import TestSupport
import Testing

@testable import Delivery

struct RetryTests {
    @Test func deliversAtTheSecondAttemptAfterGreylisting() async throws {
        let peer = try ScriptedPeer(
            scripts: ["451 4.7.1 Greylisted, come again", "250 2.1.5 Ok"].map { reply in
                """
                S: 220 mx.test ESMTP
                C: EHLO client.test
                S: 250 mx.test
                C: MAIL FROM:<app@sender.test>
                S: 250 2.1.0 Ok
                C: RCPT TO:<bob@example.test>
                S: \(reply)
                """
                    + (reply.hasPrefix("4")
                        ? "\nC: QUIT\nS: 221 Bye"
                        : """

                        C: DATA
                        S: 354 Go on
                        C: ...
                        S: 250 2.0.0 Queued as 1
                        C: QUIT
                        S: 221 Bye
                        """)
            })
        let mail = try await DeliveryFixture.open(.hosts("mx.test"), peers: ["mx.test": peer.address])
        let id = try await mail.send()
        try await mail.settle()
        var recipient = try await mail.recipient(id)
        #expect(recipient.attempts == 1)
        try await mail.pass(.minutes(6))
        recipient = try await mail.recipient(id)
        #expect(recipient.state == .delivered)
        #expect(recipient.attempts == 2)
        #expect(try await mail.eventTypes(id) == [.accepted, .delivered])
        let attempts = try await mail.attempts(id)
        #expect(attempts.map(\.reply) == ["451 4.7.1 Greylisted, come again", "250 2.0.0 Queued as 1"])
        #expect(within(10, percentOf: .minutes(5), attempts[1].startedAt - attempts[0].startedAt))
        await mail.end()
        try await peer.finish()
    }

    @Test func reportsADelayAtFourHoursAndFailsAtFiveDaysWithAttemptsOnSchedule() async throws {
        let server = try await Refusing.start { _ in Reply(451, "4.3.0 Not today") }
        let mail = try await DeliveryFixture.open(.hosts("mx.test"), peers: ["mx.test": server.address])
        let id = try await mail.send()
        let start = mail.clock.now

        try await mail.pass(.hours(4) - .seconds(1))
        #expect(try await mail.eventTypes(id) == [.accepted])
        try await mail.pass(.seconds(1))
        #expect(try await mail.eventTypes(id) == [.accepted, .delayed])
        try await mail.pass(.days(5) - .hours(4) - .seconds(1))
        #expect(try await mail.recipient(id).state == .queued)
        try await mail.pass(.minutes(1))

        let recipient = try await mail.recipient(id)
        #expect(recipient.state == .failed)
        #expect(recipient.failure?.reason == .expired)
        #expect(recipient.failure?.lastReply == "451 4.3.0 Not today")
        #expect(try await mail.eventTypes(id) == [.accepted, .delayed, .failed])

        let times = try await mail.attempts(id).map(\.startedAt)
        #expect(times.first == start)
        #expect(times.last == start + .days(5), "the last attempt falls on the end of the lifetime")
        let schedule: [Duration] = [.minutes(5), .minutes(10), .minutes(20), .minutes(30), .hours(1), .hours(2)]
        for (index, (earlier, later)) in zip(times, times.dropFirst()).dropLast().enumerated() {
            let wait = index < schedule.count ? schedule[index] : .hours(4)
            #expect(within(10, percentOf: wait, later - earlier), "wait \(index + 1)")
        }
        await mail.end()
        await server.stop()
    }

    @Test func keepsToAShorterLifetime() async throws {
        let server = try await Refusing.start { _ in Reply(451, "4.3.0 Not today") }
        let mail = try await DeliveryFixture.open(.hosts("mx.test"), peers: ["mx.test": server.address])
        let id = try await mail.send(lifetime: .minutes(10))
        try await mail.pass(.minutes(11))
        #expect(try await mail.recipient(id).failure?.reason == .expired)
        #expect(try await mail.eventTypes(id) == [.accepted, .failed], "no notice for what has failed before")
        await mail.end()
        await server.stop()
    }

    @Test func deliversAfterARestartWhatWasQueuedBefore() async throws {
        let refusing = try await Refusing.start { _ in Reply(451, "4.3.0 Not today") }
        let before = try await DeliveryFixture.open(.hosts("mx.test"), peers: ["mx.test": refusing.address])
        let id = try await before.send()
        try await before.settle()
        await before.leave()
        await refusing.stop()

        let taking = try await Refusing.start { _ in Reply(250, "2.1.5 Ok") }
        let after = try await DeliveryFixture.open(
            .hosts("mx.test"), peers: ["mx.test": taking.address], directory: before.directory, clock: before.clock)
        try await after.pass(.minutes(6))
        #expect(try await after.recipient(id).state == .delivered)
        #expect(taking.contents == ["Subject: Test\r\n\r\nHello.\r\n"])
        await after.end()
        await taking.stop()
    }

    @Test func asksADeadHostOnceForManyMessagesAndDeliversAllWhenItIsBack() async throws {
        var settings = DeliverySettings()
        settings.maxHeldPerDestination = 5
        let taking = try await Refusing.start { _ in Reply(250, "2.1.5 Ok") }
        let dead = try await DeliveryFixture.open(.hosts("mx.test"), settings: settings)
        var ids: [MessageID] = []
        for _ in 0..<30 { ids.append(try await dead.send()) }
        try await dead.settle()
        var attempts = 0
        for id in ids { attempts += try await dead.recipient(id).attempts }
        #expect(attempts <= 5, "the rest waits on disk behind the host's one back-off")
        await dead.leave()

        let alive = try await DeliveryFixture.open(
            .hosts("mx.test"), peers: ["mx.test": taking.address], settings: settings, directory: dead.directory,
            clock: dead.clock)
        try await alive.pass(.minutes(10))
        #expect(taking.contents.count == 30)
        for id in ids { #expect(try await alive.recipient(id).state == .delivered) }
        await alive.end()
        await taking.stop()
    }

    @Test func expiresWhatNeverLeftTheDiskWithTheDestinationsOwnFailure() async throws {
        var settings = DeliverySettings()
        settings.maxHeldPerDestination = 2
        let mail = try await DeliveryFixture.open(.hosts("mx.test"), settings: settings)
        var ids: [MessageID] = []
        for _ in 0..<8 { ids.append(try await mail.send(lifetime: .hours(1))) }
        try await mail.pass(.hours(2))
        for id in ids {
            #expect(try await mail.recipient(id).failure?.reason == .expired)
            #expect(try await mail.eventTypes(id).filter { $0 == .failed }.count == 1)
        }
        await mail.end()
    }
}

/// Whether `duration` is `expected` give or take some percent.
func within(_ percent: Double, percentOf expected: Duration, _ duration: Duration) -> Bool {
    let (expected, duration) = (Double(expected.wholeMilliseconds), Double(duration.wholeMilliseconds))
    return abs(duration - expected) <= expected * percent / 100 + 1
}

/// A real mail server that answers RCPT as a test says and keeps what it takes.
final class Refusing: Sendable {
    private let server: SMTPServer
    private let taken: Kept

    private final class Kept: Sendable { let messages = Mutex<[ReceivedMessage]>([]) }

    /// `during` runs between a message's last line and what is answered to it.
    static func start(
        during: @escaping @Sendable () async -> Void = {}, _ answer: @escaping @Sendable (Mailbox) -> Reply
    ) async throws -> Refusing {
        let kept = Kept()
        let behaviour = SMTPServerBehaviour(
            recipient: { answer($0) },
            message: { message in
                kept.messages.withLock { $0.append(message) }
                await during()
                return .reply(Reply(250, "2.0.0 Ok"))
            })
        let server = try await SMTPServer.start(
            at: SocketAddress(ipAddress: "127.0.0.1", port: 0), on: MultiThreadedEventLoopGroup.singleton,
            settings: SMTPServerSettings(name: "mx.test"), behaviour: behaviour)
        return Refusing(server, kept)
    }

    private init(_ server: SMTPServer, _ taken: Kept) { (self.server, self.taken) = (server, taken) }

    var address: SocketAddress { server.address }
    var messages: [ReceivedMessage] { taken.messages.withLock { $0 } }
    var contents: [String] { messages.map { String(decoding: $0.content, as: UTF8.self) } }
    func stop() async { await server.stop() }
}
