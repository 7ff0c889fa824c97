// WebhookPostListing.swift — one try to post one event, in a line for people.

import JSON

struct WebhookPostListing {
    let post: JSONObject
    let url: String
    let eventID: String

    var entry: HistoryEntry {
        HistoryEntry(
            time: post.text("attempted_at").printable, rank: 3, status: "posted",
            detail: "\(post.text("event_type")) to \(url): \(Self.result(of: post))".printable)
    }

    /// `204 in 12 ms`, or the error, and when it goes on.
    static func result(of post: JSONObject) -> String {
        let status = post["response_status"]?.number?.text, error = post.text("error")
        let result = [status ?? "no answer", error].filter { !$0.isEmpty }.joined(separator: ", ")
        let next = post.text("next_attempt_at")
        return "\(result) in \(post["latency_ms"]?.inline ?? "?") ms"
            + (next.isEmpty ? "" : ", again at \(next)")
    }
}
