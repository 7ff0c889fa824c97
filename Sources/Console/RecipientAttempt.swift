// RecipientAttempt.swift — one attempt, as it went for one of its recipients.

import JSON

struct RecipientAttempt {
    private let attempt: JSONObject
    private let outcome: String
    private let reply: String

    /// Nil if the attempt was not for this one.
    init?(_ attempt: JSONObject, of recipient: RecipientListing) {
        let all = attempt.objects("recipients")
        guard let outcome = all.first(where: { $0.text("id") == recipient.id })?.text("outcome") else { return nil }
        (self.attempt, self.outcome) = (attempt, outcome)
        let said = attempt.text("reply")
        let own =
            all.count == 1 ? said : Dialogue(attempt.text("transcript")).reply(to: recipient.recipient.text("address"))
        // What is no reply of a server's is the reason of all of them: no connection, no TLS.
        let isOfAll = said.utf8.first.map { !(0x32...0x35).contains($0) } ?? false
        reply = own ?? (isOfAll ? said : "")
    }

    /// Whether the event has nothing to tell that the line of the attempt does not.
    func says(all event: JSONObject) -> Bool {
        let reason = EventListing(event).reason
        return event.value("data", "attempt", "id")?.string == attempt.text("id")
            && event.text("type") == "message." + outcome && (reason.isEmpty || reason == reply.printable)
    }

    /// `deferred  attempt 1 at mx1.example.net [192.0.2.1], TLSv1.3, 120 ms: 451 4.7.1 Later`
    func entry(number: Int) -> HistoryEntry {
        let host = attempt.text("host"), ip = attempt.text("ip"), tls = attempt.text("tls")
        let place = host.isEmpty ? "" : " at " + (ip.isEmpty || ip == host ? host : "\(host) [\(ip)]")
        let parts = [
            "attempt \(number)\(place)", tls.isEmpty ? (host.isEmpty ? "" : "in clear text") : tls,
            (attempt["duration_ms"]?.inline).map { "\($0) ms" } ?? "",
        ]
        return HistoryEntry(
            time: attempt.text("started_at").printable, rank: 1, status: outcome.printable,
            detail: (parts.filter { !$0.isEmpty }.joined(separator: ", ") + (reply.isEmpty ? "" : ": " + reply))
                .printable)
    }
}
