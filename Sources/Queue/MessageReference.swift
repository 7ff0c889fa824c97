// MessageReference.swift — the names by which a message is asked for: its id, its caller's own, its Message-ID.

import GRDB

package enum MessageReference: Hashable, Sendable {
    case id(MessageID)
    /// The newest with this `external_id`.
    case externalID(String)
    /// With angle brackets. The newest, should others have taken the same.
    case rfcMessageID(String)

    private static let externalPrefix = "external:"

    /// `msg_…`, `external:ID`, or a Message-ID with or without its angle brackets; nil for anything else.
    package init?(_ text: String) {
        if let id = MessageID(text) {
            self = .id(id)
        } else if text.utf8.starts(with: Self.externalPrefix.utf8) {
            guard text.utf8.count > Self.externalPrefix.utf8.count else { return nil }
            self = .externalID(String(text.unicodeScalars.dropFirst(Self.externalPrefix.utf8.count)))
        } else if text.utf8.contains(UInt8(ascii: "@")) {
            self = .rfcMessageID(text.utf8.first == UInt8(ascii: "<") ? text : "<\(text)>")
        } else {
            return nil
        }
    }
}

extension QueueStore {
    /// Nil if there is no such message. An id is taken at its word.
    package func messageID(
        of reference: MessageReference, in project: ProjectID
    ) async throws(StoreFailure) -> MessageID? {
        if case .id(let id) = reference { return id }
        return try await read { try $0.messageID(of: reference, in: project) }
    }
}

extension Database {
    fileprivate func messageID(of reference: MessageReference, in project: ProjectID) throws -> MessageID? {
        switch reference {
        case .id(let id): return id
        case .externalID(let name):
            return try first(
                "SELECT uid FROM messages WHERE project = ? AND external_id = ? ORDER BY uid DESC LIMIT 1", project,
                name, read: { try $0.identifier() })
        case .rfcMessageID(let text):
            let own = try own(text, in: project)
            let foreign = try first(
                """
                SELECT uid FROM messages WHERE project = ? AND rfc_message_id = ? AND has_foreign_id = 1
                ORDER BY uid DESC LIMIT 1
                """, project, text, read: { try $0.identifier(MessageKind.self) })
            return [own, foreign].compactMap(\.self).max()
        }
    }

    /// The Message-IDs that we make have the message's id for a left side.
    private func own(_ text: String, in project: ProjectID) throws -> MessageID? {
        let left = text.utf8.dropFirst().prefix { $0 != UInt8(ascii: "@") }
        guard let id = MessageID("\(MessageKind.prefix)_\(Substring(left))") else { return nil }
        return try first(
            "SELECT uid FROM messages WHERE uid = ? AND project = ? AND rfc_message_id = ?", id, project, text,
            read: { try $0.identifier() })
    }
}

extension Identifier {
    /// Whether `text` is `<`, this identifier without its prefix, and `@…`.
    func isLeftSide(of text: String) -> Bool {
        let digits = Crockford.digits
        let value = UInt128(high) << 64 | UInt128(low)
        var rest = text.utf8[...]
        guard rest.popFirst() == UInt8(ascii: "<") else { return false }
        for shift in stride(from: 125, through: 0, by: -5) {
            guard rest.popFirst() == digits[Int(truncatingIfNeeded: value >> UInt128(shift)) & 31] else { return false }
        }
        return rest.first == UInt8(ascii: "@")
    }
}
