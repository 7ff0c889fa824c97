// EventExample.swift — made-up facts for each type of event, for an endpoint's owner to try their receiver with.
//
// A test that shows an example is a `webhook.test` in the log, with `{"example":{"type":…,"data":{…}}}`. What is posted is
// the example itself, under the test's own id.

import JSON
import Queue

package struct EventExample {
    let type: String
    let data: JSONValue

    /// What a test shows; nil for events that are none, and for plain tests.
    init?(of event: Event) {
        guard event.type == .test, let stored = event.data,
            let example = (try? JSONValue(parsing: Array(stored.utf8)))?.object?["example"]?.object,
            let type = example["type"]?.string, let data = example["data"]
        else { return nil }
        (self.type, self.data) = (type, data)
    }

    /// The `data` of a test that shows an example of `type`; nil for a plain test.
    package static func data(of type: EventType) -> String? {
        guard type != .test else { return nil }
        var writer = JSONWriter(reservingCapacity: 1024)
        writer.object { writer in
            writer.member(
                "example",
                object: { writer in
                    writer.member("type", type.rawValue)
                    writer.key("data")
                    writeFacts(of: type, to: &writer)
                })
        }
        return String(decoding: writer.bytes, as: UTF8.self)
    }

    private static func writeFacts(of type: EventType, to writer: inout JSONWriter) {
        switch type {
        case .accepted, .suppressed, .canceled, .complained: writer.facts(ofExample: event(type))
        case .delivered, .delayed: writer.facts(ofExample: event(type, attempt: attempt))
        case .bounced: writer.facts(ofExample: event(type, attempt: attempt, bounce: bounce))
        case .failed: writer.facts(ofExample: event(type, failure: failure))
        case .domainFailing: writer.raw(failingDomain.utf8)
        case .webhookDisabled: writer.raw(disabledWebhook.utf8)
        case .test: writer.object { _ in }
        }
    }
}

extension EventExample {
    private static let moment = Timestamp(milliseconds: 1_795_442_400_000)

    private static func event(
        _ type: EventType, attempt: Event.Attempt? = nil, bounce: Bounce? = nil, failure: Failure? = nil
    ) -> Event {
        Event(
            seq: 1, id: EventID(at: moment), project: .default, type: type, timestamp: moment, message: message,
            attempt: attempt, bounce: bounce, failure: failure)
    }

    private static var message: Event.Message {
        let id = MessageID(at: moment)
        return Event.Message(
            messageID: id, rfcMessageID: "<\(id.unprefixed)@acme.example>", externalID: "order-77",
            recipientID: RecipientID(at: moment), address: "bob@example.net", role: .to,
            from: "Acme <hello@acme.example>",
            subject: "Your code", tags: ["kind": "otp"], metadata: ["user_id": "8421"])
    }

    private static var attempt: Event.Attempt {
        Event.Attempt(id: AttemptID(at: moment), number: 1, host: "mx1.example.net", address: "192.0.2.25")
    }

    private static let bounce = Bounce(
        kind: .hard, category: "invalid_recipient", replyCode: 550, enhancedCode: "5.1.1",
        message: "550 5.1.1 No such user", host: "mx1.example.net")
    private static let failure = Failure(
        reason: .expired, detail: "not delivered within 5 days", lastReply: "451 4.3.0 Try again later")

    private static let failingDomain = #"""
        {"domain":{"object":"domain","id":"dom_01KB0Q5S7ZEQ0V3M8F4W2N6T9A","name":"acme.example","ascii_name":"acme.example",\#
        "status":"failing","created_at":"2026-11-01T09:00:00.000Z","checked_at":"2026-11-23T14:00:00.000Z",\#
        "records":[{"purpose":"dkim","type":"TXT","name":"pr20261101-7k3me._domainkey.acme.example",\#
        "value":"v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=","status":"missing","found":[],\#
        "detail":null}],"dkim_keys":[{"selector":"pr20261101-7k3me","algorithm":"ed25519-sha256","state":"active",\#
        "created_at":"2026-11-01T09:00:00.000Z"}]}}
        """#
    private static let disabledWebhook = #"""
        {"webhook":{"object":"webhook","id":"whk_01KB0Q5S7ZEQ0V3M8F4W2N6T9A","url":"https://app.example",\#
        "description":null,"status":"disabled","disabled_reason":"every post has failed for 5 days"}}
        """#
}

extension JSONWriter {
    fileprivate mutating func facts(ofExample event: Event) { object { $0.facts(of: event) } }
}
