// SigningTests.swift — signed delivery: what arrives, what a retry does, what becomes of mail that cannot be signed.

import Crypto
import Logging
import Mail
import NIOCore
import SMTP
import Synchronization
import TestSupport
import Testing

@testable import Delivery
@testable import Queue

struct SigningTests {
    private let box: SecretBox
    private let clock = ManualClock()
    private let content = Array("From: app@sender.test\r\nSubject: Test\r\n\r\n.Hello.\r\n".utf8)

    init() throws { box = try .ofTests() }

    private func open(_ server: SocketAddress, log: KeptLog = KeptLog()) async throws -> DeliveryFixture {
        try await .open(.hosts("mx.test"), peers: ["mx.test": server], clock: clock) { house in
            house.log = Logger(label: "test") { _ in log }
            house.signer = Signer(domains: house.store.sendingDomains, box: box, lifetime: .days(5), clock: clock)
        }
    }

    private func send(_ mail: DeliveryFixture, to recipients: [String] = ["bob@example.test"]) async throws -> MessageID
    {
        try await mail.send(to: recipients) { $0.content = MessageContent(bytes: content) }
    }

    private func signed(by key: TestKey, at time: Timestamp) -> String {
        String(decoding: signatures(by: key, on: content, at: time) + content, as: UTF8.self)
    }

    // MARK: What arrives

    @Test func putsTheSignaturesBeforeTheContent() async throws {
        let server = try await Refusing.start { _ in Reply(250, "2.1.5 Ok") }
        let mail = try await open(server.address)
        let key = TestKey("s")
        mail.store.sendingDomains.set(.withKeys(key.row(in: box)), for: TestKey.senders)
        let id = try await send(mail)
        try await mail.settle()
        let received = signed(by: key, at: clock.now)
        #expect(server.contents == [received])
        #expect(try await mail.attempts(id)[0].transcript.contains("SIZE=\(received.utf8.count)"))
        await mail.end()
        await server.stop()
    }

    @Test func leavesTheMailOfOtherDomainsAsItIs() async throws {
        let server = try await Refusing.start { _ in Reply(250, "2.1.5 Ok") }
        let mail = try await open(server.address)
        _ = try await send(mail)
        try await mail.settle()
        #expect(server.contents.map { Array($0.utf8) } == [content])
        await mail.end()
        await server.stop()
    }

    @Test func signsOnceForAllTransactionsOfAnAttempt() async throws {
        let server = try await Refusing.start { _ in Reply(250, "2.1.5 Ok") }
        var settings = DeliverySettings()
        settings.recipientsPerTransaction = 1
        let asked = CountingClock()
        let mail = try await DeliveryFixture.open(
            .hosts("mx.test"), peers: ["mx.test": server.address], settings: settings, clock: clock
        ) { house in
            house.signer = Signer(domains: house.store.sendingDomains, box: box, lifetime: .days(5), clock: asked)
        }
        mail.store.sendingDomains.set(.withKeys(TestKey("s").row(in: box)), for: TestKey.senders)
        _ = try await send(mail, to: ["a@example.test", "b@example.test", "c@example.test"])
        try await mail.settle()
        #expect(server.contents.count == 3)
        #expect(server.contents.allSatisfy { $0.hasPrefix("DKIM-Signature:") })
        #expect(asked.count == 1)
        await mail.end()
        await server.stop()
    }

    // MARK: Retries

    @Test func signsARetryAnewWithTheKeysActiveThen() async throws {
        let attempts = Mutex(0)
        let server = try await Refusing.start { _ in
            let isFirst = attempts.withLock { attempts in
                attempts += 1
                return attempts == 1
            }
            return isFirst ? Reply(451, "4.7.1 Greylisted") : Reply(250, "2.1.5 Ok")
        }
        let mail = try await open(server.address)
        let first = TestKey("s1"), second = TestKey("s2")
        mail.store.sendingDomains.set(.withKeys(first.row(in: box)), for: TestKey.senders)
        let id = try await send(mail)
        try await mail.settle()
        mail.store.sendingDomains.set(
            .withKeys(first.row(.retired, in: box), second.row(in: box)), for: TestKey.senders)
        try await mail.pass(.minutes(6))
        let record = try #require(try await mail.attempts(id).last)
        #expect(server.contents == [signed(by: second, at: record.startedAt)])
        await mail.end()
        await server.stop()
    }

    // MARK: What cannot be signed

    @Test func keepsMailThatCannotBeSignedUntilItCan() async throws {
        let server = try await Refusing.start { _ in Reply(250, "2.1.5 Ok") }
        let log = KeptLog()
        let mail = try await open(server.address, log: log)
        let key = TestKey("s")
        mail.store.sendingDomains.set(.withKeys(key.row(in: try .ofTests(8))), for: TestKey.senders)
        let id = try await send(mail)
        try await mail.pass(.seconds(90))
        #expect(server.contents == [])
        #expect(try await mail.recipient(id).state == .queued)
        #expect(
            log.errors == Array(repeating: "preparing a message failed", count: 2), "a minute between the two")
        mail.store.sendingDomains.set(.withKeys(key.row(in: box)), for: TestKey.senders)
        try await mail.pass(.minutes(1))
        #expect(try await mail.recipient(id).state == .delivered)
        #expect(try await mail.recipient(id).attempts == 1, "what was ours to mend has cost it none")
        await mail.end()
        await server.stop()
    }

    @Test func failsMailThatCouldNotBeSignedWithinItsLifetime() async throws {
        let server = try await Refusing.start { _ in Reply(250, "2.1.5 Ok") }
        let mail = try await open(server.address)
        mail.store.sendingDomains.set(.withKeys(TestKey("s").row(in: try .ofTests(8))), for: TestKey.senders)
        let id = try await mail.send(lifetime: .minutes(10)) { $0.content = MessageContent(bytes: content) }
        try await mail.pass(.minutes(12))
        let failure = try #require(try await mail.recipient(id).failure)
        #expect(failure.reason == .expired)
        #expect(failure.lastReply == "the DKIM key s cannot be read: notAuthentic")
        #expect(server.contents == [])
        await mail.end()
        await server.stop()
    }
}

/// Counts how often it is asked.
private final class CountingClock: WallClock {
    private let asked = Atomic(0)
    var count: Int { asked.load(ordering: .sequentiallyConsistent) }

    var now: Timestamp {
        asked.add(1, ordering: .sequentiallyConsistent)
        return Timestamp(milliseconds: 1_790_000_000_000)
    }

    @discardableResult
    func schedule(at time: Timestamp, _ action: @escaping @Sendable () -> Void) -> any ClockTimer { NoTimer() }

    private struct NoTimer: ClockTimer { func cancel() {} }
}

/// Keeps what is logged as an error.
private struct KeptLog: LogHandler {
    private final class Kept: Sendable { let errors = Mutex<[String]>([]) }
    private let kept = Kept()
    var errors: [String] { kept.errors.withLock { $0 } }

    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.error
    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) { kept.errors.withLock { $0.append("\(event.message)") } }
}
