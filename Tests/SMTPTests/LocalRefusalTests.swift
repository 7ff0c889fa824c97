// LocalRefusalTests.swift — what a server that does not offer the means is not asked: 8-bit text, UTF-8, size.

import Mail
import TestSupport
import Testing

@testable import SMTP

private let utf8Header = ContentForm(hasUTF8Header: true)
private let eightBitBody = ContentForm(has8BitBody: true)

@Suite struct CapabilitiesRefusalTests {
    private static func offering(_ extensions: String) -> Capabilities {
        Capabilities(ehlo: Reply(250, "mx.test\n" + extensions))
    }

    @Test(arguments: [
        ("", ContentForm(), nil), ("8BITMIME\nSMTPUTF8", utf8Header, nil), ("8BITMIME", eightBitBody, nil),
        ("", eightBitBody, "554 5.6.3"), ("SMTPUTF8", eightBitBody, "554 5.6.3"),
        ("", utf8Header, "553 5.6.7"), ("8BITMIME", utf8Header, "553 5.6.7"),
        // RFC 6531 §3.1 forbids such an offer.
        ("SMTPUTF8", utf8Header, "554 5.6.3"),
    ])
    func asksForWhatTheContentNeeds(extensions: String, form: ContentForm, refusal: String?) {
        let reply = Self.offering(extensions).refusal(of: transaction(to: "a", form: form))
        #expect(reply.map { "\($0.description.prefix(9))" } == refusal)
        #expect(reply?.isLocal != false)
        #expect(reply?.text.contains("Refused by Postrider") != false)
    }

    @Test(arguments: [("", "553 5.6.7"), ("SMTPUTF8", nil)])
    func asksForWhatTheReversePathNeeds(extensions: String, refusal: String?) {
        var message = transaction(to: "a")
        message.reversePath = .mailbox(mailbox("ผู้ส่ง", "sender.test"))
        let reply = Self.offering(extensions).refusal(of: message)
        #expect(reply.map { "\($0.description.prefix(9))" } == refusal)
    }

    @Test func countsThePrefixIntoTheSize() {
        var message = transaction(to: "a", content: "12345678")
        #expect(Self.offering("SIZE 10").refusal(of: message) == nil)
        message.prefix = Array("A:\r\n".utf8)
        #expect(Self.offering("SIZE 10").refusal(of: message)?.enhancedCode == EnhancedStatusCode(5, 3, 4))
    }
}

@Suite struct LocalRefusalTests {
    @Test(arguments: [
        ("SIZE 10", ContentForm(), "552 5.3.4"), ("8BITMIME", utf8Header, "553 5.6.7"),
        ("SMTPUTF8", eightBitBody, "554 5.6.3"),
    ])
    func sendsNothingAndLeavesTheSessionUsable(offer: String, form: ContentForm, refusal: String) async throws {
        let peer = try ScriptedPeer(greeting(offer) + "C: QUIT\nS: 221 Bye")
        let session = try await open(peer)
        let result = await session.send(transaction(to: "a", form: form))
        #expect(result.mail?.isLocal == true)
        #expect(result.mail?.description.hasPrefix(refusal) == true)
        #expect(result.recipients == [.notTried])
        #expect(timeless(result.transcript).last?.hasPrefix("* not sent: \(refusal) Refused by Postrider") == true)
        #expect(await session.isUsable)
        await session.quit()
        try await peer.finish()
    }

    @Test func sendsNothingWhenNoRecipientIsLeft() async throws {
        let peer = try ScriptedPeer(greeting() + "C: QUIT\nS: 221 Bye")
        let session = try await open(peer)
        let result = await session.send(transaction(to: "grüße"))
        guard case .refused(let reply) = result.recipients[0] else { throw Unfit() }
        #expect(reply.isLocal && reply.description.hasPrefix("553 5.6.7 "))
        #expect(result.mail == nil)
        #expect(timeless(result.transcript).last == "* not sent to <grüße@rcpt.test>: \(reply)")
        #expect(await session.isUsable)
        await session.quit()
        try await peer.finish()
    }

    @Test(arguments: [true, false])
    func refusesOnlyTheRecipientsThatNeedSMTPUTF8(pipelined: Bool) async throws {
        let dialogue = [
            ("C: MAIL FROM:<from@sender.test>", "S: 250 Ok"), ("C: RCPT TO:<a@rcpt.test>", "S: 250 Ok"),
            ("C: RCPT TO:<c@rcpt.test>", "S: 550 5.1.1 No"), ("C: DATA", "S: 354 Go"),
        ]
        let envelope =
            pipelined ? dialogue.map(\.0) + dialogue.map(\.1) : dialogue.flatMap { [$0.0, $0.1] }
        let peer = try ScriptedPeer(
            greeting(pipelined ? "PIPELINING" : "HELP") + envelope.joined(separator: "\n")
                + "\nC: ...\nS: 250 Queued\nC: QUIT\nS: 221 Bye")
        let session = try await open(peer)
        let result = await session.send(transaction(to: "a", "ผู้รับ", "c"))
        guard case .refused(let reply) = result.recipients[1] else { throw Unfit() }
        #expect(reply.isLocal)
        #expect(result.recipients[0] == .accepted)
        #expect(result.recipients[2] == .refused(Reply(550, "5.1.1 No")))
        #expect(result.isContentAccepted)
        await session.quit()
        try await peer.finish()
    }

    /// The refused one does not come back as one of the rest.
    @Test func keepsTheRefusedOutOfTooMany() async throws {
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
        let result = await session.send(transaction(to: "a", "b", "ü", "d"))
        let tooMany = RecipientReply.tooMany(Reply(452, "4.5.3 Too many"))
        guard case .refused = result.recipients[2] else { throw Unfit() }
        #expect([0, 1, 3].map { result.recipients[$0] } == [.accepted, tooMany, tooMany])
        await session.close()
        try await peer.finish()
    }
}

@Suite struct DeclarationTests {
    @Test(arguments: [
        (ContentForm(), "from", "a", ""), (eightBitBody, "from", "a", " BODY=8BITMIME"),
        (utf8Header, "from", "a", " BODY=8BITMIME SMTPUTF8"), (ContentForm(), "from", "grüße", " SMTPUTF8"),
        (ContentForm(), "ü", "a", " SMTPUTF8"),
    ])
    func declaresWhatIsNeededAndNoMore(
        form: ContentForm, sender: String, recipient: String, parameters: String
    ) async throws {
        let peer = try ScriptedPeer(
            greeting("8BITMIME", "SMTPUTF8")
                + "C: MAIL FROM:<\(sender)@sender.test>\(parameters)\nS: 250 Ok\nC: RCPT TO:<\(recipient)@rcpt.test>\nX: close"
        )
        let session = try await open(peer)
        var message = transaction(to: recipient, form: form)
        message.reversePath = .mailbox(mailbox(sender, "sender.test"))
        _ = await session.send(message)
        try await peer.finish()
    }
}

@Suite struct PrefixTests {
    @Test(arguments: [
        (prefix: "DKIM-Signature: v=1;\r\n b=x\r\n", content: ".a: b\r\n\r\n.\r\n"),
        (prefix: "", content: ".a: b\r\n\r\n.\r\n"),
        (prefix: ".a: b\r\n", content: "c: d\r\n\r\n.\r\n"),
    ])
    func goesBeforeTheContentWithEveryDotDoubled(prefix: String, content: String) async throws {
        let wire = (prefix + content).split(separator: "\r\n", omittingEmptySubsequences: false).dropLast()
            .map { "C: " + ($0.hasPrefix(".") ? "." : "") + $0 }
        let peer = try ScriptedPeer(
            greeting("SIZE 100") + """
                C: MAIL FROM:<from@sender.test> SIZE=\(prefix.utf8.count + content.utf8.count)
                S: 250 Ok
                C: RCPT TO:<a@rcpt.test>
                S: 250 Ok
                C: DATA
                S: 354 Go
                \(wire.joined(separator: "\n"))
                C: .
                S: 250 Queued
                """)
        let session = try await open(peer)
        var message = transaction(to: "a", content: content)
        message.prefix = Array(prefix.utf8)
        let result = await session.send(message)
        #expect(result.isContentAccepted)
        #expect(result.transcript.contains("(message, \(message.size) bytes)"))
        await session.close()
        try await peer.finish()
    }

    /// A field that has lost its end must not swallow the first of the content, nor join a LF there to a line end.
    @Test(arguments: ["a: b", "a: b\r"]) func beginsTheContentOnALineOfItsOwn(prefix: String) async throws {
        let peer = try ScriptedPeer(
            greeting("PIPELINING") + """
                C: MAIL FROM:<from@sender.test>
                C: RCPT TO:<a@rcpt.test>
                C: DATA
                S: 250 Ok
                S: 250 Ok
                S: 354 Go
                C: a: b
                C: ..c
                C: .
                S: 250 Queued
                """)
        let session = try await open(peer)
        var message = transaction(to: "a", content: ".c\r\n")
        message.prefix = Array(prefix.utf8)
        #expect(await session.send(message).isContentAccepted)
        await session.close()
        try await peer.finish()
    }

    @Test func goesBeforeTheFirstOfManySlices() async throws {
        let line = String(repeating: "x", count: 70)
        let count = 10_000
        let content = String(repeating: line + "\r\n", count: count)
        let expected = "C: a: b\n" + String(repeating: "C: \(line)\n", count: count)
        let peer = try ScriptedPeer(
            greeting("PIPELINING") + """
                C: MAIL FROM:<from@sender.test>
                C: RCPT TO:<a@rcpt.test>
                C: DATA
                S: 250 Ok
                S: 250 Ok
                S: 354 Go
                \(expected)C: .
                S: 250 Queued
                """)
        let session = try await open(peer)
        var message = transaction(to: "a", content: content)
        message.prefix = Array("a: b\r\n".utf8)
        #expect(await session.send(message).isContentAccepted)
        await session.close()
        try await peer.finish()
    }
}

private struct Unfit: Error {}
