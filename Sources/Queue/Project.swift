// Project.swift — a tenant: whose messages, events, webhooks, domains and keys no other one sees.

package struct Project: Sendable, Equatable {
    /// Its row; rises from one project to the next, and is never given again.
    package let id: ProjectID
    package let uid: ProjectUID
    package var name: String
    package let createdAt: Timestamp

    package init(id: ProjectID, uid: ProjectUID, name: String, createdAt: Timestamp) {
        (self.id, self.uid, self.name, self.createdAt) = (id, uid, name, createdAt)
    }

    package var isDefault: Bool { id == .default }
}
