// MessageListing.swift — a message as the API answers it, in lines for people.

import JSON

struct MessageListing {
    let message: JSONObject

    init(_ message: JSONObject) { self.message = message }

    var id: String { message.text("id") }
    var status: String { message.text("status") }
    var isFinal: Bool { !["queued", "scheduled"].contains(status) }
    var isDelivered: Bool { status == "delivered" }
    var recipients: [RecipientListing] { message.objects("recipients").map(RecipientListing.init) }

    func line(_ ink: Ink) -> String { "\(id.printable)  \(ink.paint(status: status.printable))\n" }

    /// The line, and one below it for each recipient.
    func text(_ ink: Ink) -> String { line(ink) + recipients.map { "  " + $0.line(ink) }.joined() }

    static let table = Table(
        .init("ID", "id"), .init("CREATED", "created_at"), .init("STATUS", "status"), .init("FROM", "from"),
        .init("TO") { MessageListing($0).addressees }, .init("SUBJECT") { Self.shortened($0.text("subject")) })

    private var addressees: String {
        let first = recipients.first?.address ?? "-"
        return recipients.count > 1 ? "\(first) +\(recipients.count - 1)" : first
    }

    private static func shortened(_ text: String) -> String {
        let text = text.printable
        return text.count > 50 ? text.prefix(49) + "…" : text
    }
}

struct RecipientListing {
    let recipient: JSONObject

    init(_ recipient: JSONObject) { self.recipient = recipient }

    var id: String { recipient.text("id") }
    var address: String { recipient.text("address").printable }
    var status: String { recipient.text("status").printable }

    /// `bob@example.net  bounced  550 5.1.1 No such user`
    func line(_ ink: Ink) -> String {
        ([address, ink.paint(status: status)] + (reason.isEmpty ? [] : [reason])).joined(separator: "  ") + "\n"
    }

    /// Why it is final without a delivery, or when it goes on.
    var reason: String {
        if let bounce = recipient["bounce"]?.object { return bounce.text("message").printable }
        if let failure = recipient["failure"]?.object {
            let reply = failure.text("last_reply")
            return [failure.text("reason"), failure.text("detail"), reply].filter { !$0.isEmpty }
                .joined(separator: ": ").printable
        }
        let next = recipient.text("next_attempt_at")
        return next.isEmpty ? "" : "next attempt at \(next)"
    }
}
