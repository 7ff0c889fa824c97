// Acceptance.swift — when, from whom and on what terms a message is accepted.

import Mail
import Queue

/// The moment in which a message is accepted, from whom, and on what terms.
struct Acceptance: Sendable {
    let id: MessageID
    let now: Timestamp
    /// When the first attempt is due: what the message is dated for.
    var leavesAt: Timestamp
    let caller: Caller
    let terms: AcceptanceTerms

    init(_ id: MessageID, at now: Timestamp, by caller: Caller, terms: AcceptanceTerms) {
        (self.id, self.now, leavesAt, self.caller, self.terms) = (id, now, now, caller, terms)
    }

    /// `<01K…@acme.example>`: ours to be unique on the left, the sender's domain on the right, as receivers expect it.
    func rfcMessageID(from domain: Domain) -> String {
        // Leaves the field room in one line that need not be folded inside the id (RFC 5322 §3.6.4 allows no fold).
        let isFit = domain.ascii.utf8.count <= 200 && !domain.isLiteral
        return "<\(id.unprefixed)@\(isFit ? domain.ascii : terms.hostname)>"
    }
}
