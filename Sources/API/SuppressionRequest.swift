// SuppressionRequest.swift — one address to be suppressed, as a body or a row of an import says it.

import JSON
import Mail
import Queue

/// `{"address","reason","expires_at" or "expires_after","note"}`
enum SuppressionRequest {
    enum Member: String, CaseIterable {
        case address, reason, note
        case expiresAt = "expires_at", expiresAfter = "expires_after"
    }

    static let noteBytes = 1_024
    /// Past that, it is meant to be for ever.
    static let longest = Duration.seconds(3_650 * 86_400)

    static func suppression(in body: JSONValue, at now: Timestamp) throws(Problem) -> NewSuppression {
        var reader = try BodyReader<Member>(body)
        return try suppression(&reader, at: now)
    }

    /// Throws `validation_failed` with everything that is wrong.
    static func suppression(
        _ reader: inout BodyReader<Member>, at now: Timestamp
    ) throws(Problem) -> NewSuppression {
        reader.allowsLiterals = true
        let mailbox = reader.bareMailbox(.address)
        if reader[.address] == nil { reader.fail(.address, .required, "A suppression needs an address.") }
        let reason: SuppressionReason? = reader.choice(.reason)
        let note = reader.headerText(.note, maximumBytes: noteBytes)
        let end = reader.end(at: now)
        guard let mailbox, reader.errors.isEmpty else { throw .validation(reader.errors) }
        return NewSuppression(address: SuppressedAddress(mailbox), reason: reason, note: note, expiresAt: end)
    }
}

extension BodyReader<SuppressionRequest.Member> {
    fileprivate mutating func end(at now: Timestamp) -> Timestamp? {
        let wait = duration(.expiresAfter, from: .seconds(1), to: SuppressionRequest.longest)
        let end = future(.expiresAt, at: now)
        if self[.expiresAt] != nil, self[.expiresAfter] != nil {
            fail(.expiresAfter, .invalidValue, "Give expires_at or expires_after, not both.")
        }
        return end ?? wait.map { now + $0 }
    }
}
