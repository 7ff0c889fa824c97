// EventPayloadTests.swift — events as users see them.

import Events
import JSON
import Queue
import Testing

struct EventPayloadTests {
    static let time = Timestamp(milliseconds: 1_772_366_400_250)

    /// Ids whose text is known: all bits zero but the last byte.
    static func id<Kind>(_ last: UInt8) -> Identifier<Kind> {
        Identifier(bytes: [UInt8](repeating: 0, count: 15) + [last]) ?? Identifier(at: time)
    }

    static func event(_ type: EventType, attempt: Event.Attempt? = nil, bounce: Bounce? = nil, failure: Failure? = nil)
        -> Event
    {
        let message = Event.Message(
            messageID: id(1), rfcMessageID: "<1@acme.example>", externalID: nil, recipientID: id(2),
            address: "bob@example.net", role: .to, from: "Acme <hello@acme.example>", subject: "Say \"hi\"\n",
            tags: ["kind": "otp", "b": "2"], metadata: ["user_id": "8421"])
        return Event(
            seq: 90211, id: id(3), project: .default, type: type, timestamp: time, message: message, attempt: attempt,
            bounce: bounce, failure: failure)
    }

    static let data = #"""
        "message_id":"msg_00000000000000000000000001","rfc_message_id":"<1@acme.example>","external_id":null,"recipient":{"id":"rcp_00000000000000000000000002","address":"bob@example.net","kind":"to"},"from":"Acme <hello@acme.example>","subject":"Say \"hi\"\n","tags":{"b":"2","kind":"otp"},"metadata":{"user_id":"8421"}
        """#

    static func text(of event: Event) -> String { String(decoding: EventPayload.bytes(of: event), as: UTF8.self) }

    static func envelope(_ type: String, _ data: String) -> String {
        #"{"id":"evt_00000000000000000000000003","seq":90211,"type":"\#(type)","timestamp":"2026-03-01T12:00:00.250Z","data":{\#(data)}}"#
    }

    @Test func acceptedHasNoAttempt() {
        #expect(Self.text(of: Self.event(.accepted)) == Self.envelope("message.accepted", Self.data))
    }

    @Test func bouncedTellsAttemptAndBounce() {
        let event = Self.event(
            .bounced, attempt: .init(id: Self.id(4), number: 2, host: "mx1.example.net", address: "192.0.2.1"),
            bounce: Bounce(
                kind: .hard, category: "invalid_recipient", replyCode: 550, enhancedCode: "5.1.1",
                message: "550 5.1.1 no such user", host: "mx1.example.net"))
        let facts = #"""
            ,"attempt":{"id":"att_00000000000000000000000004","number":2,"mx":"mx1.example.net","ip":"192.0.2.1"},"bounce":{"type":"hard","category":"invalid_recipient","smtp_code":550,"enhanced_code":"5.1.1","message":"550 5.1.1 no such user","mx":"mx1.example.net"}
            """#
        #expect(Self.text(of: event) == Self.envelope("message.bounced", Self.data + facts))
    }

    @Test func failedTellsFailureAndWhatIsNotKnown() {
        let event = Self.event(
            .failed, attempt: .init(id: Self.id(4), number: 1, host: nil, address: nil),
            failure: Failure(reason: .noSuchDomain, detail: "NXDOMAIN", lastReply: nil))
        let facts = #"""
            ,"attempt":{"id":"att_00000000000000000000000004","number":1,"mx":null,"ip":null},"failure":{"reason":"no_such_domain","detail":"NXDOMAIN","last_reply":null}
            """#
        #expect(Self.text(of: event) == Self.envelope("message.failed", Self.data + facts))
    }

    @Test func anEventOfADomainSaysWhatWasStoredWithIt() {
        var event = Event(
            seq: 90211, id: Self.id(3), project: .default, type: .domainFailing, timestamp: Self.time, message: nil)
        event.data = #"{"domain":{"name":"acme.test"}}"#
        #expect(Self.text(of: event) == Self.envelope("domain.failing", #""domain":{"name":"acme.test"}"#))
    }

    @Test func testEventHasNoMessage() {
        let event = Event(
            seq: 90211, id: Self.id(3), project: .default, type: .test, timestamp: Self.time, message: nil)
        #expect(Self.text(of: event) == Self.envelope("webhook.test", ""))
    }
}
