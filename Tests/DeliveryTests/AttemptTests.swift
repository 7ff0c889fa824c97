// AttemptTests.swift — one attempt against scripted mail servers: which scope each answer has, and what is recorded.

import Address
import DNS
import Mail
import NIOCore
import Queue
import TestSupport
import Testing

@testable import Delivery

struct AttemptTests {
    /// A greeting and an EHLO without extensions.
    static let hello = """
        S: 220 mx.test ESMTP
        C: EHLO client.test
        S: 250 mx.test
        """
    static let mail = """
        C: MAIL FROM:<app@sender.test>
        S: 250 2.1.0 Ok
        """
    static let content = """
        C: DATA
        S: 354 Go on
        C: ...
        """
    static let quit = """
        C: QUIT
        S: 221 Bye
        """
    static let delivery = [
        mail, "C: RCPT TO:<bob@example.test>", "S: 250 2.1.5 Ok", content, "S: 250 2.0.0 Queued",
    ].joined(separator: "\n")

    static func script(_ parts: String...) -> String { parts.joined(separator: "\n") }

    // MARK: Scope of the recipient

    @Test func decidesForEachRecipientByItsOwnReply() async throws {
        let peer = try ScriptedPeer(
            Self.script(
                Self.hello, Self.mail,
                "C: RCPT TO:<a@example.test>", "S: 250 2.1.5 Ok",
                "C: RCPT TO:<b@example.test>", "S: 550 5.1.1 No such user",
                "C: RCPT TO:<c@example.test>", "S: 451 4.2.1 Busy",
                Self.content, "S: 250 2.0.0 Queued", Self.quit))
        let mail = try await DeliveryFixture.open(.hosts("mx.test"), peers: ["mx.test": peer.address])
        let id = try await mail.send(to: ["a@example.test", "b@example.test", "c@example.test"])
        try await mail.settle()
        let recipients = try await mail.message(id).recipients
        #expect(recipients.map(\.state) == [.delivered, .bounced, .queued])
        #expect(
            recipients[1].bounce
                == Bounce(
                    kind: .hard, category: "invalid_recipient", replyCode: 550, enhancedCode: "5.1.1",
                    message: "550 5.1.1 No such user", host: "mx.test"))
        #expect(within(10, percentOf: .minutes(5), try #require(recipients[2].nextAttemptAt) - mail.clock.now))
        await mail.end()
        try await peer.finish()
    }

    @Test func sendsTheRestInAnotherTransactionWhenTheServerHasEnough() async throws {
        let peer = try ScriptedPeer(
            Self.script(
                Self.hello, Self.mail,
                "C: RCPT TO:<a@example.test>", "S: 250 2.1.5 Ok",
                "C: RCPT TO:<b@example.test>", "S: 452 4.5.3 Too many recipients",
                Self.content, "S: 250 2.0.0 First", Self.mail,
                "C: RCPT TO:<b@example.test>", "S: 250 2.1.5 Ok",
                Self.content, "S: 250 2.0.0 Second", Self.quit))
        let mail = try await DeliveryFixture.open(.hosts("mx.test"), peers: ["mx.test": peer.address])
        let id = try await mail.send(to: ["a@example.test", "b@example.test"])
        try await mail.settle()
        #expect(try await mail.message(id).recipients.map(\.state) == [.delivered, .delivered])
        #expect(try await mail.attempts(id).map(\.reply) == ["250 2.0.0 First", "250 2.0.0 Second"])
        #expect(!(try await mail.attempts(id)[1].transcript.contains("First")), "each record has its own dialogue")
        await mail.end()
        try await peer.finish()
    }

    // MARK: Scope of the message

    @Test(arguments: [
        ("554 5.7.1 Spam", RecipientState.bounced), ("451 4.3.0 Try later", .queued),
    ])
    func refusesForAllRecipientsWhatIsSaidOfTheContent(reply: String, state: RecipientState) async throws {
        let peer = try ScriptedPeer(
            Self.script(
                Self.hello, Self.mail, "C: RCPT TO:<a@example.test>", "S: 250 2.1.5 Ok",
                "C: RCPT TO:<b@example.test>", "S: 250 2.1.5 Ok", Self.content, "S: \(reply)", Self.quit))
        let mail = try await DeliveryFixture.open(.hosts("mx.test", "mx2.test"), peers: ["mx.test": peer.address])
        let id = try await mail.send(to: ["a@example.test", "b@example.test"])
        try await mail.settle()
        #expect(try await mail.message(id).recipients.map(\.state) == [state, state])
        #expect(try await mail.attempts(id).map(\.host) == ["mx.test"], "no other host is asked")
        await mail.end()
        try await peer.finish()
    }

    // MARK: Scope of the host

    @Test(arguments: [
        script("S: 421 4.3.2 Closing"), script("S: 554 No service here"), script("X: close"),
        script("S: 220 mx.test", "C: EHLO client.test", "S: 421 4.3.2 Too busy"),
        script(hello, "C: MAIL FROM:<app@sender.test>", "S: 421 4.7.0 Too many connections"),
        script(hello, mail, "C: RCPT TO:<bob@example.test>", "X: close"),
        script(hello, mail, "C: RCPT TO:<bob@example.test>", "S: 250 Ok", "C: DATA", "X: reset"),
        script("S: nonsense"),
    ])
    func triesTheNextHostWhenOneFailsBeforeTheDot(first: String) async throws {
        let failing = try ScriptedPeer(first + (first.contains("S: 421 4.7") ? "\nX: close" : ""))
        let taking = try ScriptedPeer(Self.script(Self.hello, Self.delivery, Self.quit))
        let mail = try await DeliveryFixture.open(
            .hosts("mx1.test", "mx2.test"), peers: ["mx1.test": failing.address, "mx2.test": taking.address])
        let id = try await mail.send()
        try await mail.settle()
        #expect(try await mail.recipient(id).state == .delivered)
        let attempts = try await mail.attempts(id)
        #expect(attempts.map(\.host) == ["mx2.test"])
        #expect(attempts.map(\.reply) == ["250 2.0.0 Queued"])
        #expect(attempts[0].transcript.contains("127.0.0.1:\(try failing.address.port!)"), "both hosts are told of")
        await mail.end()
        try await taking.finish()
    }

    @Test func skipsAHostThatCannotBeReached() async throws {
        let taking = try ScriptedPeer(Self.script(Self.hello, Self.delivery, Self.quit))
        let mail = try await DeliveryFixture.open(.hosts("dead.test", "mx2.test"), peers: ["mx2.test": taking.address])
        let id = try await mail.send()
        try await mail.settle()
        #expect(try await mail.recipient(id).state == .delivered)
        await mail.end()
        try await taking.finish()
    }

    @Test func defersWhenEveryHostFails() async throws {
        let mail = try await DeliveryFixture.open(.hosts("dead1.test", "dead2.test"))
        let id = try await mail.send()
        try await mail.settle()
        let recipient = try await mail.recipient(id)
        #expect(recipient.state == .queued)
        #expect(recipient.attempts == 1)
        #expect(try await mail.attempts(id).map(\.reply) == ["cannot connect to dead2.test: connection refused"])
        await mail.end()
    }

    @Test func bouncesWhenTheLastHostRefusesForGoodBeforeAnyMessage() async throws {
        let peer = try ScriptedPeer(Self.script("S: 554 5.3.2 No mail here", "C: QUIT", "S: 221 Bye"))
        let mail = try await DeliveryFixture.open(.hosts("mx.test"), peers: ["mx.test": peer.address])
        let id = try await mail.send()
        try await mail.settle()
        #expect(try await mail.recipient(id).state == .bounced)
        #expect(try await mail.recipient(id).bounce?.message == "554 5.3.2 No mail here")
        await mail.end()
    }

    @Test func bouncesNothingWhileAnotherHostWasOutOfReach() async throws {
        let peer = try ScriptedPeer(Self.script("S: 554 5.3.2 No mail here"))
        let mail = try await DeliveryFixture.open(.hosts("dead.test", "mx2.test"), peers: ["mx2.test": peer.address])
        let id = try await mail.send()
        try await mail.settle()
        #expect(try await mail.recipient(id).state == .queued)
        #expect(try await mail.attempts(id).map(\.reply) == ["554 5.3.2 No mail here"])
        await mail.end()
    }

    @Test func defersWhenMailIsRefusedForWantOfTLS() async throws {
        let peer = try ScriptedPeer(
            Self.script(
                Self.hello, "C: MAIL FROM:<app@sender.test>", "S: 530 5.7.0 Must issue a STARTTLS command first",
                Self.quit))
        let mail = try await DeliveryFixture.open(.hosts("mx.test"), peers: ["mx.test": peer.address])
        let id = try await mail.send()
        try await mail.settle()
        #expect(try await mail.recipient(id).state == .queued)
        await mail.end()
        try await peer.finish()
    }

    @Test func defersAndAsksNoOtherHostWhenTheAnswerToTheDotIsLost() async throws {
        let losing = try ScriptedPeer(
            Self.script(
                Self.hello, Self.mail, "C: RCPT TO:<bob@example.test>", "S: 250 2.1.5 Ok", Self.content, "X: close"))
        let mail = try await DeliveryFixture.open(.hosts("mx1.test", "mx2.test"), peers: ["mx1.test": losing.address])
        let id = try await mail.send()
        try await mail.settle()
        let recipient = try await mail.recipient(id)
        #expect(recipient.state == .queued)
        #expect(recipient.attempts == 1)
        let attempts = try await mail.attempts(id)
        #expect(attempts.map(\.host) == ["mx1.test"])
        #expect(attempts.allSatisfy { $0.reply?.hasPrefix("in doubt: ") == true })
        await mail.end()
        try await losing.finish()
    }

    // MARK: Sessions

    @Test func reusesASessionForTheNextMessageToTheSameHost() async throws {
        let peer = try ScriptedPeer(Self.script(Self.hello, Self.delivery, Self.delivery, Self.quit))
        let mail = try await DeliveryFixture.open(.hosts("mx.test"), peers: ["mx.test": peer.address])
        let first = try await mail.send()
        try await mail.settle()
        let second = try await mail.send()
        try await mail.settle()
        #expect(try await mail.recipient(first).state == .delivered)
        #expect(try await mail.attempts(second)[0].transcript.contains("session reused"))
        await mail.end()
        try await peer.finish()
    }

    @Test func givesTheSameHostAnotherChanceWhenAnOldSessionHasGoneAway() async throws {
        let peer = try ScriptedPeer(scripts: [
            Self.script(Self.hello, Self.delivery, "C: MAIL *", "X: close"),
            Self.script(Self.hello, Self.delivery, Self.quit),
        ])
        let mail = try await DeliveryFixture.open(.hosts("mx.test"), peers: ["mx.test": peer.address])
        try await mail.send()
        try await mail.settle()
        let second = try await mail.send()
        try await mail.settle()
        #expect(try await mail.recipient(second).state == .delivered)
        #expect(try await mail.recipient(second).attempts == 1)
        await mail.end()
        try await peer.finish()
    }

    @Test func endsASessionAfterItsShareOfMessages() async throws {
        var settings = DeliverySettings()
        settings.messagesPerSession = 1
        let peer = try ScriptedPeer(scripts: [
            Self.script(Self.hello, Self.delivery, Self.quit), Self.script(Self.hello, Self.delivery, Self.quit),
        ])
        let mail = try await DeliveryFixture.open(
            .hosts("mx.test"), peers: ["mx.test": peer.address], settings: settings)
        try await mail.send()
        try await mail.settle()
        try await mail.send()
        try await mail.settle()
        await mail.end()
        try await peer.finish()
    }

    // MARK: TLS

    @Test func sendsInClearTextOverANewConnectionWhenTLSFails() async throws {
        let startTLS = Self.script(
            "S: 220 mx.test", "C: EHLO client.test", "S: 250-mx.test", "S: 250 STARTTLS", "C: STARTTLS",
            "S: 220 Go ahead", "X: close")
        let peer = try ScriptedPeer(scripts: [startTLS, Self.script(Self.hello, Self.delivery, Self.quit)])
        let mail = try await DeliveryFixture.open(.hosts("mx.test"), peers: ["mx.test": peer.address])
        let id = try await mail.send()
        try await mail.settle()
        let attempt = try await mail.attempts(id)[0]
        #expect(try await mail.recipient(id).state == .delivered)
        #expect(attempt.tls == nil)
        #expect(attempt.transcript.contains("STARTTLS"), "the failed handshake is told of")
        await mail.end()
        try await peer.finish()
    }

    @Test func defersWhatMustBeEncryptedWhenTLSFails() async throws {
        let startTLS = Self.script(
            "S: 220 mx.test", "C: EHLO client.test", "S: 250-mx.test", "S: 250 STARTTLS", "C: STARTTLS",
            "S: 220 Go ahead", "X: close")
        let inClear = Self.script(
            "S: 220 mx.test", "C: EHLO client.test", "S: 250-mx.test", "S: 250 STARTTLS", Self.quit)
        let peer = try ScriptedPeer(scripts: [startTLS, inClear])
        let mail = try await DeliveryFixture.open(.hosts("mx.test"), peers: ["mx.test": peer.address])
        let id = try await mail.send(tls: .required)
        try await mail.settle()
        #expect(try await mail.recipient(id).state == .queued, "STARTTLS is offered: it may do the next time")
        await mail.end()
        try await peer.finish()
    }

    @Test(arguments: [(TLSRequirement.required, false), (.opportunistic, true)])
    func failsWhatMustBeEncryptedWhenNoHostOffersTLS(message: TLSRequirement, always: Bool) async throws {
        var settings = DeliverySettings()
        settings.requireTLS = always
        let peer = try ScriptedPeer(Self.script(Self.hello, Self.quit))
        let mail = try await DeliveryFixture.open(
            .hosts("mx.test"), peers: ["mx.test": peer.address], settings: settings)
        let id = try await mail.send(tls: message)
        try await mail.settle()
        #expect(try await mail.recipient(id).failure?.reason == .tlsRequired)
        await mail.end()
        try await peer.finish()
    }

    // MARK: DNS

    @Test(arguments: [
        (MXLookup.nullMX, Failure.Reason.nullMX), (.noSuchDomain(detail: "x"), .noSuchDomain),
        (.noHosts(detail: "x"), .noMailHost), (.notAllowed(detail: "x"), .mxNotAllowed),
        (.loop(detail: "x"), .mailLoop),
    ])
    func failsAtOnceWhatDNSSaysIsImpossible(lookup: MXLookup, reason: Failure.Reason) async throws {
        let mail = try await DeliveryFixture.open(lookup)
        let id = try await mail.send()
        try await mail.settle()
        #expect(try await mail.recipient(id).failure?.reason == reason)
        #expect(try await mail.eventTypes(id) == [.accepted, .failed])
        await mail.end()
    }

    @Test func defersWhenDNSGivesNoAnswer() async throws {
        let mail = try await DeliveryFixture.open(.temporary(reason: "SERVFAIL"))
        let id = try await mail.send()
        try await mail.settle()
        #expect(try await mail.recipient(id).state == .queued)
        #expect(try await mail.attempts(id).map(\.reply) == ["SERVFAIL"])
        #expect(try await mail.attempts(id).map(\.host) == [nil])
        await mail.end()
    }
}
