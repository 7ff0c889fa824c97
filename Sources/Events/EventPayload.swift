// EventPayload.swift — the JSON of events, as `GET /v1/events` shows them and webhooks carry them.
//
// Absent facts (no attempt, no bounce, no sandbox) leave their member out; unknown ones inside an object that is there
// are null.

import JSON
import Queue

package enum EventPayload {
    /// A webhook's body. The same event gives the same bytes on every try, so that a receiver may compare them.
    package static func bytes(of event: Event) -> [UInt8] {
        var writer = JSONWriter(reservingCapacity: 1024)
        if let example = EventExample(of: event) {
            writer.value(event, type: example.type) { $0.value(example.data) }
        } else {
            writer.value(event)
        }
        return writer.bytes
    }
}

extension JSONWriter {
    package mutating func value(_ event: Event) {
        value(event, type: event.type.rawValue) { writer in
            if let data = event.data { writer.raw(data.utf8) } else { writer.object { $0.facts(of: event) } }
        }
    }

    fileprivate mutating func value(_ event: Event, type: String, data: (inout JSONWriter) -> Void) {
        object {
            $0.member("id", event.id.description)
            $0.member("seq", event.seq)
            $0.member("type", type)
            $0.member("timestamp", event.timestamp.rfc3339)
            $0.key("data")
            data(&$0)
        }
    }

    mutating func facts(of event: Event) {
        if let message = event.message { members(of: message) }
        if let attempt = event.attempt {
            member(
                "attempt",
                object: {
                    $0.member("id", attempt.id.description)
                    $0.member("number", attempt.number)
                    $0.member("mx", attempt.host)
                    $0.member("ip", attempt.address)
                })
        }
        if let bounce = event.bounce { member("bounce", bounce) }
        if let failure = event.failure { member("failure", failure) }
    }

    private mutating func members(of message: Event.Message) {
        member("message_id", message.messageID.description)
        member("rfc_message_id", message.rfcMessageID)
        member("external_id", message.externalID)
        member(
            "recipient",
            object: {
                $0.member("id", message.recipientID.description)
                $0.member("address", message.address)
                $0.member("kind", message.role.rawValue)
            })
        member("from", message.from)
        member("subject", message.subject)
        member("tags", message.tags)
        member("metadata", message.metadata)
        if message.isSandbox { member("sandbox", true) }
    }
}

/// The members that recipients and events share.
extension JSONWriter {
    package mutating func member(_ name: String, _ bounce: Bounce?) {
        member(
            name, bounce,
            object: { writer, bounce in
                writer.member("type", bounce.kind.rawValue)
                writer.member("category", bounce.category)
                writer.member("smtp_code", bounce.replyCode)
                writer.member("enhanced_code", bounce.enhancedCode)
                writer.member("message", bounce.message)
                writer.member("mx", bounce.host)
            })
    }

    package mutating func member(_ name: String, _ failure: Failure?) {
        member(
            name, failure,
            object: { writer, failure in
                writer.member("reason", failure.reason.rawValue)
                writer.member("detail", failure.detail)
                writer.member("last_reply", failure.lastReply)
            })
    }

    /// Tags and metadata; in the order of their names, as a dictionary has none of its own.
    package mutating func member(_ name: String, _ texts: [String: String]) {
        member(
            name,
            object: {
                for (name, text) in texts.sorted(by: { $0.key < $1.key }) { $0.member(name, text) }
            })
    }
}
