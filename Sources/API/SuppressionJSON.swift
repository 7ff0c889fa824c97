// SuppressionJSON.swift — suppressions as users see them (openapi.yaml: Suppression, SuppressionImport), and as rows of CSV.

import Events
import JSON
import Queue

extension JSONWriter {
    mutating func value(_ suppression: Suppression) {
        object {
            $0.member("object", "suppression")
            $0.member("address", suppression.address.description)
            $0.member("reason", suppression.reason.rawValue)
            $0.member("message_id", suppression.message?.description)
            $0.member("note", suppression.note)
            $0.member("created_at", suppression.createdAt.rfc3339)
            $0.member("expires_at", suppression.expiresAt?.rfc3339)
        }
    }

    mutating func outcome(of read: SuppressionImport, created: Int, updated: Int) {
        object {
            $0.member("object", "suppression_import")
            $0.member("created", created)
            $0.member("updated", updated)
            $0.member("failed", read.failed)
            $0.member("errors", array: { for error in read.errors.all { error.write(to: &$0) } })
        }
    }
}

extension Suppression {
    /// In the order of the members above.
    var row: [String] {
        [
            address.description, reason.rawValue, message?.description ?? "", note ?? "", createdAt.rfc3339,
            expiresAt?.rfc3339 ?? "",
        ]
    }
}
