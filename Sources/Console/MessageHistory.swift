// MessageHistory.swift — all that the API tells of one message, put in order for each recipient.

import JSON

struct MessageHistory {
    let message: MessageListing
    private let attempts: [JSONObject]
    private let events: [JSONObject]
    private var posts: [WebhookPostListing] = []
    /// What is not shown, and why.
    private(set) var gaps: [String] = []

    /// Each event is asked for at each endpoint; a message to a thousand would ask for long.
    private static let mostEventsWithPosts = 50

    init(of message: MessageListing, client: APIClient) throws {
        self.message = message
        attempts = try client.wholeList(apiPath("messages", message.id, "attempts"))
        events = try client.wholeList(apiPath("messages", message.id, "events"))
        do {
            try readPosts(client)
        } catch let refusal as ServiceRefusal where refusal.code == "forbidden" {
            gaps.append("posts to webhooks are not shown: the key may not see them")
        }
    }

    private mutating func readPosts(_ client: APIClient) throws {
        let endpoints = try client.wholeList(apiPath("webhooks"))
        guard !endpoints.isEmpty else { return }
        let shown = events.prefix(Self.mostEventsWithPosts)
        if shown.count < events.count { gaps.append("only the posts of the first \(shown.count) events are shown") }
        for endpoint in endpoints {
            let path = apiPath("webhooks", endpoint.text("id"), "deliveries")
            for event in shown {
                var query = Query()
                query.add("event_id", event.text("id"))
                posts += try client.wholeList(path, query).map {
                    WebhookPostListing(post: $0, url: endpoint.text("url"), eventID: event.text("id"))
                }
            }
        }
    }

    func text(_ ink: Ink) -> String {
        let hidden: Set = ["id", "status", "recipients", "counts", "warnings"]
        return message.line(ink) + Outline.brief(of: message.message, hiding: hidden, ink: ink)
            + message.recipients.map { "\n" + text(of: $0, ink) }.joined()
    }

    private func text(of recipient: RecipientListing, _ ink: Ink) -> String {
        let kind = recipient.recipient.text("kind").printable
        let head = "\(ink.paint(recipient.address, .strong)) (\(kind))  \(ink.paint(status: recipient.status))\n"
        let lines = entries(of: recipient).sorted { ($0.time, $0.rank) < ($1.time, $1.rank) }
        let width = lines.map(\.status.count).max() ?? 0
        let rest = recipient.recipient["next_attempt_at"]?.string == nil ? "" : "  \(recipient.reason)\n"
        return head + lines.map { "  " + $0.line(ink, width) }.joined() + rest
    }

    private func entries(of recipient: RecipientListing) -> [HistoryEntry] {
        let own = events.filter { $0.value("data", "recipient", "id")?.string == recipient.id }
        let tries = attempts.reversed().compactMap { RecipientAttempt($0, of: recipient) }
        let told = own.filter { event in !tries.contains { $0.says(all: event) } }
        let ids = Set(own.map { $0.text("id") })
        return told.map { HistoryEntry(event: $0) } + tries.enumerated().map { $1.entry(number: $0 + 1) }
            + posts.filter { ids.contains($0.eventID) }.map(\.entry)
    }
}

/// One line of a recipient's history.
struct HistoryEntry {
    /// As the API writes it, so that the order of the texts is that of the times.
    let time: String
    /// Of what happened in one millisecond, what comes first.
    let rank: Int
    let status: String
    let detail: String

    /// The status in a column of this width.
    func line(_ ink: Ink, _ width: Int) -> String {
        let filled = ink.paint(status: status) + String(repeating: " ", count: max(0, width - status.count))
        return [ink.paint(time, .faint), detail.isEmpty ? ink.paint(status: status) : filled, detail]
            .filter { !$0.isEmpty }.joined(separator: "  ") + "\n"
    }
}

extension HistoryEntry {
    init(event: JSONObject) {
        let type = event.text("type").printable
        let status = type.hasPrefix("message.") ? String(type.dropFirst("message.".count)) : type
        self.init(
            time: event.text("timestamp").printable, rank: status == "accepted" ? 0 : 2, status: status,
            detail: EventListing(event).reason)
    }
}
