// EventListing.swift — an event in one line.

import JSON

struct EventListing {
    let event: JSONObject

    init(_ event: JSONObject) { self.event = event }

    private var data: JSONObject { event["data"]?.object ?? JSONObject() }

    /// `2026-11-23T14:00:00.000Z  message.bounced  bob@example.net  msg_…  550 5.1.1 No such user`
    func line(_ ink: Ink) -> String {
        let type = event.text("type").printable
        let tone = Ink.tone(of: String(type.drop { $0 != "." }.dropFirst()))
        let parts = [ink.paint(event.text("timestamp").printable, .faint), ink.paint(type, tone)] + subjects + [reason]
        return parts.filter { !$0.isEmpty }.joined(separator: "  ") + "\n"
    }

    /// What it is about.
    private var subjects: [String] {
        [
            data.value("recipient", "address"), data["message_id"], data.value("domain", "name"),
            data.value("webhook", "url"),
        ].compactMap { $0?.string?.printable }
    }

    /// The reply, or what else led to it.
    var reason: String {
        let failure = [data.text("failure", "reason"), data.text("failure", "detail")].filter { !$0.isEmpty }
        let reason = [
            data.text("bounce", "message"), failure.joined(separator: ": "), data.text("webhook", "disabled_reason"),
        ].first { !$0.isEmpty }
        return (reason ?? "").printable
    }
}
