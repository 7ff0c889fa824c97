// InternationalTests.swift — mail in 8 bits and in UTF-8, to hosts that offer to take it and to hosts that do not.

import Mail
import Queue
import TestSupport
import Testing

@testable import Delivery

struct InternationalTests {
    private static func script(offering extensions: [String], _ dialogue: String) -> String {
        let lines = ["mx.test"] + extensions
        let ehlo = lines.enumerated().map { "S: 250\($0.offset == lines.count - 1 ? " " : "-")\($0.element)" }
        return "S: 220 mx.test\nC: EHLO client.test\n\(ehlo.joined(separator: "\n"))\n\(dialogue)\nC: QUIT\nS: 221 Bye"
    }

    @Test func sendsThaiToAHostThatOffersIt() async throws {
        let peer = try ScriptedPeer(
            Self.script(
                offering: ["8BITMIME", "SMTPUTF8"],
                """
                C: MAIL FROM:<ผู้ส่ง@sender.test> BODY=8BITMIME SMTPUTF8
                S: 250 Ok
                C: RCPT TO:<ผู้ใช้@xn--72c1a1bt4awk9o.xn--o3cw4h>
                S: 250 Ok
                C: DATA
                S: 354 Go
                C: Subject: สวัสดี
                C: 
                C: ลาก่อน
                C: .
                S: 250 Queued
                """))
        let mail = try await DeliveryFixture.open(.hosts("mx.test"), peers: ["mx.test": peer.address])
        let sender = try Mailbox(parsing: "ผู้ส่ง@sender.test")
        let id = try await mail.send(to: ["ผู้ใช้@ตัวอย่าง.ไทย"]) { submission in
            submission.reversePath = .mailbox(sender)
            submission.content = MessageContent(
                bytes: Array("Subject: สวัสดี\r\n\r\nลาก่อน\r\n".utf8),
                form: ContentForm(has8BitBody: true, hasUTF8Header: true))
        }
        try await mail.settle()
        #expect(try await mail.recipient(id).state == .delivered)
        await mail.end()
        try await peer.finish()
    }

    @Test(arguments: [
        (ContentForm(has8BitBody: true), 554, "5.6.3"), (ContentForm(hasUTF8Header: true), 553, "5.6.7"),
    ])
    func bouncesInTheHostsPlaceWhatItDoesNotOfferToTake(form: ContentForm, code: Int, enhanced: String) async throws {
        let peer = try ScriptedPeer("S: 220 mx.test\nC: EHLO client.test\nS: 250 mx.test\nC: QUIT\nS: 221 Bye")
        let mail = try await DeliveryFixture.open(
            .hosts("mx.test", "mx2.test"), peers: ["mx.test": peer.address])
        let id = try await mail.send { $0.content = MessageContent(bytes: Array("A: b\r\n\r\n".utf8), form: form) }
        try await mail.settle()
        let recipient = try await mail.recipient(id)
        let bounce = try #require(recipient.bounce)
        #expect(recipient.state == .bounced)
        #expect(bounce.replyCode == code && bounce.enhancedCode == enhanced)
        #expect(bounce.category == "protocol" && bounce.kind == .soft)
        #expect(bounce.message.hasPrefix("\(code) \(enhanced) Refused by Postrider: "))
        #expect(bounce.host == "mx.test")
        let attempt = try await mail.attempts(id)[0]
        #expect(attempt.transcript.contains("* not sent: \(bounce.message)"))
        #expect(attempt.host == "mx.test", "no other host is asked")
        await mail.end()
        try await peer.finish()
    }

    @Test func bouncesOnlyTheRecipientsThatTheHostDoesNotOfferToTake() async throws {
        let peer = try ScriptedPeer(
            Self.script(
                offering: ["8BITMIME"],
                """
                C: MAIL FROM:<app@sender.test>
                S: 250 Ok
                C: RCPT TO:<a@example.test>
                S: 250 Ok
                C: DATA
                S: 354 Go
                C: ...
                S: 250 Queued
                """))
        let mail = try await DeliveryFixture.open(.hosts("mx.test"), peers: ["mx.test": peer.address])
        let id = try await mail.send(to: ["ผู้รับ@example.test", "a@example.test"])
        try await mail.settle()
        let recipients = try await mail.message(id).recipients
        #expect(recipients.map(\.state) == [.bounced, .delivered])
        #expect(recipients[0].bounce?.enhancedCode == "5.6.7")
        #expect(try await mail.attempts(id)[0].transcript.contains("* not sent to <ผู้รับ@example.test>: 553 5.6.7"))
        await mail.end()
        try await peer.finish()
    }

    @Test func sendsToASCIIAddressesAsBeforeBesideOneThatAsksForMore() async throws {
        let peer = try ScriptedPeer(
            Self.script(
                offering: ["8BITMIME", "SMTPUTF8"],
                """
                C: MAIL FROM:<app@sender.test>
                S: 250 Ok
                C: RCPT TO:<a@example.test>
                S: 550 5.1.1 Unknown
                C: RCPT TO:<b@example.test>
                S: 250 Ok
                C: DATA
                S: 354 Go
                C: ...
                S: 250 Queued
                C: MAIL FROM:<app@sender.test> SMTPUTF8
                S: 250 Ok
                C: RCPT TO:<ผู้รับ@example.test>
                S: 250 Ok
                C: DATA
                S: 354 Go
                C: ...
                S: 250 Queued too
                """))
        let mail = try await DeliveryFixture.open(.hosts("mx.test"), peers: ["mx.test": peer.address])
        let id = try await mail.send(to: ["a@example.test", "ผู้รับ@example.test", "b@example.test"])
        try await mail.settle()
        let recipients = try await mail.message(id).recipients
        #expect(recipients.map(\.state) == [.bounced, .delivered, .delivered])
        await mail.end()
        try await peer.finish()
    }

    @Test func sendsAHeaderInUTF8ToAllAtOnce() async throws {
        let peer = try ScriptedPeer(
            Self.script(
                offering: ["8BITMIME", "SMTPUTF8"],
                """
                C: MAIL FROM:<app@sender.test> BODY=8BITMIME SMTPUTF8
                S: 250 Ok
                C: RCPT TO:<a@example.test>
                S: 250 Ok
                C: RCPT TO:<ผู้รับ@example.test>
                S: 250 Ok
                C: DATA
                S: 354 Go
                C: ...
                S: 250 Queued
                """))
        let mail = try await DeliveryFixture.open(.hosts("mx.test"), peers: ["mx.test": peer.address])
        let id = try await mail.send(to: ["a@example.test", "ผู้รับ@example.test"]) {
            $0.content = MessageContent(
                bytes: Array("To: ผู้รับ@example.test\r\n\r\n".utf8), form: ContentForm(hasUTF8Header: true))
        }
        try await mail.settle()
        #expect(try await mail.message(id).recipients.map(\.state) == [.delivered, .delivered])
        await mail.end()
        try await peer.finish()
    }

    /// The host that is down may be one that offers it.
    @Test func bouncesNothingInAHostsPlaceWhileAnotherIsOutOfReach() async throws {
        let peer = try ScriptedPeer("S: 220 mx.test\nC: EHLO client.test\nS: 250 mx.test\nC: QUIT\nS: 221 Bye")
        let mail = try await DeliveryFixture.open(
            .hosts("dead.test", "mx.test"), peers: ["mx.test": peer.address])
        let id = try await mail.send(to: ["ผู้รับ@example.test"])
        try await mail.settle()
        #expect(try await mail.recipient(id).state == .queued)
        #expect(try await mail.attempts(id).map { $0.reply?.hasPrefix("553 5.6.7 ") } == [true])
        await mail.end()
        try await peer.finish()
    }
}
