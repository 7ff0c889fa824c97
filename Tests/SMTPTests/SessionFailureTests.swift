// SessionFailureTests.swift — servers that leave, hang, or speak out of turn in the middle of a transaction.

import NIOCore
import TestSupport
import Testing

@testable import SMTP

@Suite struct SessionFailureTests {
    private static let envelope =
        greeting("PIPELINING") + """
            C: MAIL FROM:<from@sender.test>
            C: RCPT TO:<a@rcpt.test>
            C: DATA

            """
    private static let data = envelope + "S: 250 Ok\nS: 250 Ok\nS: 354 Go\n"

    private func result(
        _ script: String, content: String = "Subject: hi\r\n", _ change: (inout SMTPSessionSettings) -> Void = { _ in }
    ) async throws -> TransactionResult {
        let peer = try ScriptedPeer(script)
        let session = try await open(peer, change)
        let result = await session.send(transaction(to: "a", content: content))
        #expect(await !session.isUsable)
        try await peer.finish()
        return result
    }

    @Test func lostAfterFinalDotIsInDoubt() async throws {
        let result = try await result(Self.data + "C: ...\nX: close")
        #expect(result.isInDoubt && result.failure?.isLoss == true)
        #expect(result.recipients == [.accepted])
    }

    @Test func silenceAfterFinalDotIsInDoubt() async throws {
        let result = try await result(Self.data + "C: ...\nX: wait") { $0.timeouts.finalDot = .milliseconds(30) }
        #expect(result.isInDoubt && result.failure?.isTimeout == true)
    }

    @Test func garbageAfterFinalDotIsInDoubt() async throws {
        let result = try await result(Self.data + "C: ...\nS: what?")
        #expect(result.isInDoubt && result.failure?.isProtocolError == true)
    }

    @Test func refusal421AfterFinalDotIsTheVerdict() async throws {
        let result = try await result(Self.data + "C: ...\nS: 421 4.3.2 Closing\nX: close")
        #expect(result.content?.code == 421 && result.failure == nil && !result.isInDoubt)
    }

    @Test func lostBeforeDotIsNotInDoubt() async throws {
        let result = try await result(Self.envelope + "S: 250 Ok\nX: close")
        #expect(result.failure?.stage == .recipient && result.failure?.isLoss == true)
        #expect(result.mail?.code == 250)
        #expect(!result.isInDoubt)
    }

    /// What was said before hanging up still counts.
    @Test func repliesBeforeTheLossAreKept() async throws {
        let result = try await result(Self.envelope + "S: 250 Ok\nS: 550 5.7.1 Blocked\nX: close")
        #expect(result.recipients == [.refused(Reply(550, "5.7.1 Blocked"))])
        #expect(result.failure?.stage == .data)
    }

    @Test func resetIsALoss() async throws {
        let result = try await result(Self.envelope + "X: reset")
        #expect(result.failure?.stage == .mail && result.failure?.isLoss == true)
    }

    @Test(arguments: [
        ("S: 421 4.7.0 Slow down\nX: close", SMTPFailure.Stage.mail),
        ("S: 250 Ok\nS: 421 4.7.0 Slow down\nX: close", .recipient),
        ("S: 250 Ok\nS: 250 Ok\nS: 421 4.7.0 Slow down\nX: close", .data),
    ])
    func refusal421EndsTheSession(answers: String, stage: SMTPFailure.Stage) async throws {
        let result = try await result(Self.envelope + answers)
        #expect(result.failure?.stage == stage)
        #expect(result.failure?.refusal?.code == 421)
    }

    @Test func silenceTimesOutAtTheCommandNotAnswered() async throws {
        let result = try await result(Self.envelope + "S: 250 Ok\nX: wait") {
            $0.timeouts.recipient = .milliseconds(30)
        }
        #expect(result.failure?.stage == .recipient && result.failure?.isTimeout == true)
        #expect(timeless(result.transcript).last == "* timed out at RCPT")
    }

    @Test func unfitReplyIsProtocolError() async throws {
        let result = try await result(Self.envelope + "S: 354 Go")
        #expect(result.failure?.stage == .mail && result.failure?.isProtocolError == true)
    }

    /// The server has seen enough of a long message, says so and stops reading.
    @Test func earlyRefusalDuringContentIsTheVerdict() async throws {
        let content = "Subject: hi\r\n" + String(repeating: "x", count: 8_000_000)
        let script = Self.data + "C: Subject: hi\ns: 552 5.3.4 Too large\\r\\n\nX: stall"
        let result = try await result(script, content: content)
        #expect(result.content?.code == 552)
        #expect(result.failure == nil && !result.isContentAccepted)
    }

    @Test func serverThatStopsReadingTimesOut() async throws {
        let content = "Subject: hi\r\n" + String(repeating: "x", count: 8_000_000)
        let result = try await result(Self.data + "X: stall", content: content) {
            $0.timeouts.dataBlock = .milliseconds(50)
        }
        #expect(result.failure?.stage == .content && result.failure?.isTimeout == true)
        #expect(!result.isInDoubt)
    }

    @Test func positiveReplyBeforeTheEndOfContentIsProtocolError() async throws {
        let peer = try ScriptedPeer(Self.envelope + "s: 250 Ok\\r\\n250 Ok\\r\\n354 Go\\r\\n250 Queued\\r\\n")
        let session = try await open(peer)
        let result = await session.send(transaction(to: "a"))
        #expect(result.failure?.stage == .content && result.failure?.isProtocolError == true)
        #expect(result.content == nil && !result.isInDoubt)
        try await peer.finish()
    }

    @Test func goodbyeWhileIdleMakesUnusable() async throws {
        let peer = try ScriptedPeer(greeting() + "S: 421 4.4.2 Idle too long\nX: close")
        let session = try await open(peer)
        try await peer.finish()
        // The bytes are on their way through the loop; a transaction sees them for what they are.
        let result = await session.send(transaction(to: "a"))
        #expect(result.failure?.stage == .mail)
        #expect(await !session.isUsable)
    }

    @Test func closingEndsARunningTransaction() async throws {
        let peer = try ScriptedPeer(Self.envelope + "X: wait")
        let session = try await open(peer)
        async let result = session.send(transaction(to: "a"))
        while await session.transactionCount == 0 { await Task.yield() }
        await session.quit()
        #expect(await result.failure?.isLoss == true)
        try await peer.finish()
    }
}
