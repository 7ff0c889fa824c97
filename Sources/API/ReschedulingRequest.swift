// ReschedulingRequest.swift — the body of PATCH /v1/messages/{id}.

import JSON
import Queue

/// `{"send_at","expires_after"}`, at least one of them.
enum ReschedulingRequest {
    private enum Member: String, CaseIterable {
        case sendAt = "send_at"
        case expiresAfter = "expires_after"
    }

    /// A `send_at` of null is now.
    static func times(
        in body: JSONValue, at now: Timestamp, terms: AcceptanceTerms
    ) throws(Problem) -> Rescheduling {
        var reader = try BodyReader<Member>(body)
        let namesTime = reader.isSent(.sendAt)
        let time = reader.sendTime(.sendAt, at: now)
        let lifetime = reader.duration(.expiresAfter, from: .seconds(1), to: terms.lifetime)
        // Null gives back what a message has that says nothing.
        let wantsDefault = reader.isNull(.expiresAfter)
        if !namesTime, lifetime == nil, !wantsDefault, reader.errors.isEmpty {
            reader.fail(.sendAt, .required, "Say what is to change: send_at, expires_after, or both.")
        }
        try reader.finish()
        return Rescheduling(
            firstAttemptAt: namesTime ? time ?? now : nil, lifetime: wantsDefault ? terms.lifetime : lifetime)
    }
}
