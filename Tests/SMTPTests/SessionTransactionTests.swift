// SessionTransactionTests.swift — MAIL to dot against scripted servers, with and without PIPELINING.

import Mail
import TestSupport
import Testing

@testable import SMTP

/// Up to and with the answer to EHLO, which offers `extensions`.
func greeting(_ extensions: String...) -> String {
    let lines = ["mx.test"] + extensions
    let ehlo = lines.enumerated().map { "S: 250\($0.offset == lines.count - 1 ? " " : "-")\($0.element)\n" }.joined()
    return "S: 220 mx.test\nC: EHLO client.test\n" + ehlo
}

@Suite struct PipelinedTransactionTests {
    /// The peer fails the script if anything comes before its turn: all five commands must have come in one go.
    @Test func sendsEnvelopeInOneGo() async throws {
        let peer = try ScriptedPeer(
            greeting("PIPELINING", "SIZE 1000") + """
                C: MAIL FROM:<from@sender.test> SIZE=18
                C: RCPT TO:<a@rcpt.test>
                C: RCPT TO:<b@rcpt.test>
                C: DATA
                S: 250 2.1.0 Ok
                S: 250 2.1.5 Ok
                S: 550 5.1.1 No such user
                S: 354 Go
                C: Subject: hi
                C: 
                C: ..
                C: .
                S: 250 2.0.0 Queued as 1
                C: QUIT
                S: 221 Bye
                """)
        let session = try await open(peer)
        let result = await session.send(transaction(to: "a", "b"))
        await session.quit()
        try await peer.finish()
        #expect(result.failure == nil)
        #expect(result.recipients == [.accepted, .refused(Reply(550, "5.1.1 No such user"))])
        #expect(result.data?.code == 354)
        #expect(result.content?.description == "250 2.0.0 Queued as 1")
        #expect(result.isContentAccepted && !result.isInDoubt)
        #expect(
            timeless(result.transcript) == [
                "* connected to 127.0.0.1:\(peer.port)", "< 220 mx.test", "> EHLO client.test", "< 250-mx.test",
                "< 250-PIPELINING", "< 250 SIZE 1000", "> MAIL FROM:<from@sender.test> SIZE=18",
                "> RCPT TO:<a@rcpt.test>", "> RCPT TO:<b@rcpt.test>", "> DATA", "< 250 2.1.0 Ok", "< 250 2.1.5 Ok",
                "< 550 5.1.1 No such user", "< 354 Go", "> (message, 18 bytes)", "< 250 2.0.0 Queued as 1",
            ])
    }

    /// RFC 2920 §3.1.
    @Test func endsDataThatNobodyGets() async throws {
        let peer = try ScriptedPeer(
            greeting("PIPELINING") + """
                C: MAIL FROM:<from@sender.test>
                C: RCPT TO:<a@rcpt.test>
                C: DATA
                S: 250 Ok
                S: 450 4.2.0 Greylisted
                S: 354 Go
                C: .
                S: 554 5.5.1 No valid recipients
                C: RSET
                C: MAIL FROM:<from@sender.test>
                C: RCPT TO:<b@rcpt.test>
                C: DATA
                S: 250 Reset
                S: 250 Ok
                S: 250 Ok
                S: 354 Go
                C: ...
                S: 250 Queued
                """)
        let session = try await open(peer)
        let first = await session.send(transaction(to: "a"))
        #expect(first.failure == nil && first.data == nil && first.content == nil)
        #expect(first.recipients == [.refused(Reply(450, "4.2.0 Greylisted"))])
        let second = await session.send(transaction(to: "b"))
        #expect(second.isContentAccepted)
        #expect(timeless(second.transcript).first == "* session reused")
        await session.close()
        try await peer.finish()
    }

    @Test func refusedMAILMakesOtherRepliesMeaningless() async throws {
        let peer = try ScriptedPeer(
            greeting("PIPELINING") + """
                C: MAIL FROM:<from@sender.test>
                C: RCPT TO:<a@rcpt.test>
                C: DATA
                S: 553 5.7.1 Sender refused
                S: 503 5.5.1 MAIL first
                S: 503 5.5.1 MAIL first
                """)
        let session = try await open(peer)
        let result = await session.send(transaction(to: "a"))
        #expect(result.mail?.code == 553)
        #expect(result.recipients == [.notTried])
        #expect(result.data == nil && result.failure == nil)
        #expect(await session.isUsable)
        await session.close()
        try await peer.finish()
    }

    /// A lone dot would have an empty message delivered.
    @Test func noDotAfterRefusedMAIL() async throws {
        let peer = try ScriptedPeer(
            greeting("PIPELINING") + """
                C: MAIL FROM:<from@sender.test>
                C: RCPT TO:<a@rcpt.test>
                C: DATA
                S: 553 5.7.1 Sender refused
                S: 250 Ok
                S: 354 Go
                """)
        let session = try await open(peer)
        let result = await session.send(transaction(to: "a"))
        #expect(result.mail?.code == 553)
        #expect(await !session.isUsable)
        try await peer.finish()
    }

    @Test func refusedDATAIsOfTheMessage() async throws {
        let peer = try ScriptedPeer(
            greeting("PIPELINING") + """
                C: MAIL FROM:<from@sender.test>
                C: RCPT TO:<a@rcpt.test>
                C: DATA
                S: 250 Ok
                S: 250 Ok
                S: 451 4.3.0 No disk
                """)
        let session = try await open(peer)
        let result = await session.send(transaction(to: "a"))
        #expect(result.recipients == [.accepted])
        #expect(result.data?.code == 451 && result.content == nil && result.failure == nil)
        await session.close()
        try await peer.finish()
    }

    @Test(arguments: [
        ("452 4.5.3 Too many", true), ("452 Too many", true), ("552 5.5.3 Too many", true), ("552 Too many", true),
        ("452 4.2.2 Mailbox full", false), ("552 5.2.2 Mailbox full", false), ("451 4.5.3 Odd", false),
    ])
    func tooManyRecipientsSplit(reply: String, isTooMany: Bool) async throws {
        let peer = try ScriptedPeer(
            greeting("PIPELINING") + """
                C: MAIL FROM:<from@sender.test>
                C: RCPT TO:<a@rcpt.test>
                C: RCPT TO:<b@rcpt.test>
                C: DATA
                S: 250 Ok
                S: 250 Ok
                S: \(reply)
                S: 354 Go
                C: ...
                S: 250 Queued
                """)
        let session = try await open(peer)
        let result = await session.send(transaction(to: "a", "b"))
        let refusal = Reply(Int(reply.prefix(3)) ?? 0, String(reply.dropFirst(4)))
        #expect(result.recipients == [.accepted, isTooMany ? .tooMany(refusal) : .refused(refusal)])
        await session.close()
        try await peer.finish()
    }

    @Test func tooManyBeforeAnyWasAcceptedIsRefusal() async throws {
        let peer = try ScriptedPeer(
            greeting("PIPELINING") + """
                C: MAIL FROM:<from@sender.test>
                C: RCPT TO:<a@rcpt.test>
                C: DATA
                S: 250 Ok
                S: 452 4.5.3 Too many
                S: 503 No
                """)
        let session = try await open(peer)
        let result = await session.send(transaction(to: "a"))
        #expect(result.recipients == [.refused(Reply(452, "4.5.3 Too many"))])
        await session.close()
        try await peer.finish()
    }
}

@Suite struct StepwiseTransactionTests {
    @Test func waitsForEachReply() async throws {
        let peer = try ScriptedPeer(
            greeting("8BITMIME") + """
                C: MAIL FROM:<from@sender.test> BODY=8BITMIME
                S: 250 Ok
                C: RCPT TO:<a@rcpt.test>
                S: 550 5.1.1 No
                C: RCPT TO:<b@rcpt.test>
                S: 250 Ok
                C: DATA
                S: 354 Go
                C: Grüße
                C: .
                S: 250 Queued
                C: MAIL FROM:<from@sender.test>
                S: 250 Ok
                C: RCPT TO:<c@rcpt.test>
                S: 550 5.1.1 No
                C: RSET
                S: 250 Ok
                C: MAIL FROM:<>
                S: 451 4.7.1 Later
                """)
        let session = try await open(peer)
        let first = await session.send(
            transaction(to: "a", "b", content: "Grüße", form: ContentForm(has8BitBody: true)))
        #expect(first.recipients == [.refused(Reply(550, "5.1.1 No")), .accepted])
        #expect(first.isContentAccepted)
        let second = await session.send(transaction(to: "c"))
        #expect(second.recipients == [.refused(Reply(550, "5.1.1 No"))])
        #expect(second.data == nil && second.failure == nil)
        var bounce = transaction(to: "d")
        bounce.reversePath = .null
        let third = await session.send(bounce)
        #expect(third.mail?.code == 451)
        #expect(third.recipients == [.notTried])
        await session.close()
        try await peer.finish()
    }

    @Test func stopsAskingAfterTooMany() async throws {
        let peer = try ScriptedPeer(
            greeting() + """
                C: MAIL FROM:<from@sender.test>
                S: 250 Ok
                C: RCPT TO:<a@rcpt.test>
                S: 250 Ok
                C: RCPT TO:<b@rcpt.test>
                S: 452 4.5.3 Too many
                C: DATA
                S: 354 Go
                C: ...
                S: 250 Queued
                """)
        let session = try await open(peer)
        let result = await session.send(transaction(to: "a", "b", "c"))
        let tooMany = RecipientReply.tooMany(Reply(452, "4.5.3 Too many"))
        #expect(result.recipients == [.accepted, tooMany, tooMany])
        await session.close()
        try await peer.finish()
    }
}
