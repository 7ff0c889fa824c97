// SignerTests.swift — which keys sign, at what cost, and on which threads.

import Crypto
import Foundation
import Mail
import NIOCore
import NIOPosix
import Synchronization
import TestSupport
import Testing

@testable import Delivery
@testable import Queue

struct SignerTests {
    private let box: SecretBox
    private let domains = SendingDomainDirectory()
    private let clock = AskedClock()
    private let signer: Signer
    private let content = MessageContent(bytes: Array("From: a@sender.test\r\nSubject: hi\r\n\r\nHello.\r\n".utf8))

    init() throws {
        box = try .ofTests()
        signer = Signer(domains: domains, box: box, lifetime: .days(5), clock: clock)
    }

    private func fields() async throws -> [UInt8] { try await signer.fields(for: content, from: TestKey.senders) }

    // MARK: Keys

    @Test func signsWithEveryActiveKeyAndNoOther() async throws {
        let rsa = TestKey("r", .rsaSHA256), ed25519 = TestKey("e"), old = TestKey("o"), new = TestKey("n")
        domains.set(
            .withKeys(
                old.row(.retired, in: box), rsa.row(in: box), ed25519.row(in: box), new.row(.publishing, in: box)),
            for: TestKey.senders)
        #expect(try await fields() == signatures(by: rsa, ed25519, on: content.bytes, at: clock.time))
    }

    @Test func usesTheBodyHashThatWasMadeWhenComposing() async throws {
        let key = TestKey("s"), hash = [UInt8](repeating: 1, count: 32)
        domains.set(.withKeys(key.row(in: box)), for: TestKey.senders)
        let fields = try await signer.fields(
            for: MessageContent(bytes: content.bytes, bodyHash: hash), from: TestKey.senders)
        #expect(fields == signatures(by: key, on: content.bytes, at: clock.time, bodyHash: hash))
    }

    @Test func outlivesTheMessageByTwoDays() async throws {
        let key = TestKey("s")
        let signer = Signer(domains: domains, box: box, lifetime: .days(30), clock: clock)
        domains.set(.withKeys(key.row(in: box)), for: TestKey.senders)
        #expect(
            try await signer.fields(for: content, from: TestKey.senders)
                == signatures(by: key, on: content.bytes, at: clock.time, validity: .days(32)))
    }

    @Test func takesTheKeysOfTheMoment() async throws {
        let first = TestKey("s"), second = TestKey("s"), third = TestKey("t")
        for key in [first, second, third] {
            domains.set(.withKeys(key.row(in: box)), for: TestKey.senders)
            #expect(try await fields() == signatures(by: key, on: content.bytes, at: clock.time))
        }
        domains.set(nil, for: TestKey.senders)
        #expect(try await fields() == [])
    }

    @Test func refusesWhenAKeyCannotBeRead() async throws {
        let key = TestKey("s"), another = TestKey("t")
        let elsewhere = DKIMKeyRow(
            selector: "u", algorithm: "ed25519-sha256", state: .active,
            sealedPrivateKey: key.row(in: box).sealedPrivateKey, publicKey: [], createdAt: clock.time)
        for unreadable in [key.row(in: try .ofTests(8)), elsewhere] {
            domains.set(.withKeys(another.row(in: box), unreadable), for: TestKey.senders)
            await #expect(throws: Signer.Failure.self) { try await fields() }
        }
    }

    @Test func complainsOfAKeyOnceAMinute() async throws {
        let clock = ManualClock()
        let signer = Signer(domains: domains, box: box, lifetime: .days(5), clock: clock)
        domains.set(.withKeys(TestKey("s").row(in: try .ofTests(8))), for: TestKey.senders)
        func complaint() async -> Signer.Failure? {
            do throws(Signer.Failure) {
                _ = try await signer.fields(for: content, from: TestKey.senders)
                return nil
            } catch { return error }
        }
        let first = await complaint(), second = await complaint()
        clock.advance(by: .minutes(1))
        let third = await complaint()
        #expect([first, second, third].map { $0?.isNews } == [true, false, true])
    }

    /// Two projects may have registered one domain.
    @Test func nobodySignsWithTheKeysOfAnotherProject() async throws {
        let (mine, theirs) = (TestKey("m"), TestKey("t"))
        domains.set(.withKeys(mine.row(in: box)), for: TestKey.senders)
        let other = SendingDomainName(TestKey.senderDomain, in: ProjectID(rawValue: 2))
        #expect(try await signer.fields(for: content, from: other) == [])
        domains.set(.withKeys(theirs.row(in: box)), for: other)
        #expect(
            try await signer.fields(for: content, from: other)
                == signatures(by: theirs, on: content.bytes, at: clock.now))
        #expect(try await fields() == signatures(by: mine, on: content.bytes, at: clock.now))
    }

    // MARK: Cost

    @Test(arguments: [nil, "other.test", "sender.test"])
    func costsNothingWithoutAnActiveKey(domain: String?) async throws {
        domains.set(
            .withKeys(TestKey("n").row(.publishing, in: box), TestKey("o").row(.retired, in: box)),
            for: TestKey.senders)
        let fields = try await signer.fields(
            for: content, from: domain.map { SendingDomainName(Domain(trusted: $0), in: .default) })
        #expect(fields == [])
        #expect(clock.askers == [], "no thread of the signer has run")
    }

    // MARK: Threads

    /// While the signer works, the loop on which it was asked for does something else.
    @Test(.timeLimit(.minutes(5))) func leavesTheEventLoopFree() async throws {
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        domains.set(.withKeys(TestKey("s").row(in: box)), for: TestKey.senders)
        clock.whenAsked { do { try loop.submit {}.wait() } catch { Issue.record(error) } }
        let fields = try await Caller(loop).fields(from: signer, for: content)
        #expect(!fields.isEmpty)
        #expect(clock.askers.count == 1)
        #expect(clock.askers.allSatisfy { $0.hasPrefix("signer-") })
    }
}

/// Runs on an event loop, as a worker does.
private actor Caller {
    private let loop: any EventLoop
    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.executor.asUnownedSerialExecutor() }
    init(_ loop: any EventLoop) { self.loop = loop }

    func fields(from signer: Signer, for content: MessageContent) async throws -> [UInt8] {
        try await signer.fields(for: content, from: TestKey.senders)
    }
}

/// Stands still, and notes the threads that ask it.
private final class AskedClock: WallClock {
    private struct State { var askers: [String] = []; var action: (@Sendable () -> Void)? }
    private let state = Mutex(State())
    let time = Timestamp(milliseconds: 1_790_000_000_999)

    var askers: [String] { state.withLock(\.askers) }
    func whenAsked(_ action: @escaping @Sendable () -> Void) { state.withLock { $0.action = action } }

    var now: Timestamp {
        let action = state.withLock { state in
            state.askers.append(Self.nameOfThisThread)
            return state.action
        }
        action?()
        return time
    }

    @discardableResult
    func schedule(at time: Timestamp, _ action: @escaping @Sendable () -> Void) -> any ClockTimer { NoTimer() }

    private static var nameOfThisThread: String {
        do {
            return try String(contentsOfFile: "/proc/thread-self/comm", encoding: .utf8)
        } catch {
            return "\(error)"
        }
    }

    private struct NoTimer: ClockTimer { func cancel() {} }
}
