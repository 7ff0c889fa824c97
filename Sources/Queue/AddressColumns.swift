// AddressColumns.swift — mailboxes and reverse-paths as columns.

import Mail

extension Mailbox {
    /// How the caller wrote it; nil when that is just how it goes on the wire.
    var originalColumn: String? { original == description ? nil : original }
}

extension Columns {
    /// local_part, domain, original.
    mutating func mailbox() -> Mailbox {
        Mailbox(localPart: text(), domain: Domain(trusted: text()), original: optional { $0.text() })
    }

    /// reverse_path.
    mutating func reversePath() -> ReversePath {
        guard let path = optional({ $0.text() }) else { return .null }
        // A quoted local-part may hold an @, a domain never does.
        guard let at = path.utf8.lastIndex(of: UInt8(ascii: "@")) else { return .null }
        let domain = Domain(trusted: String(path[path.utf8.index(after: at)...]))
        return .mailbox(Mailbox(localPart: String(path[..<at]), domain: domain))
    }
}

extension ReversePath {
    /// Nil for the null reverse-path.
    var column: String? {
        switch self {
        case .null: nil
        case .mailbox(let mailbox): mailbox.description
        }
    }
}
