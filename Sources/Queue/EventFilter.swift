// EventFilter.swift — which events a follower of the log wants, and that in SQL.

/// Every member that is set must hold.
package struct EventFilter: Hashable, Sendable {
    /// Of these types; empty for all.
    package var types: Set<EventType>
    /// With these tags on its message.
    package var tags: [String: String]
    /// About this message.
    package var message: MessageID?

    package init(types: Set<EventType> = [], tags: [String: String] = [:], message: MessageID? = nil) {
        (self.types, self.tags, self.message) = (types, tags, message)
    }

    package func matches(_ event: Event) -> Bool {
        if !types.isEmpty, !types.contains(event.type) { return false }
        if let message, event.message?.messageID != message { return false }
        return tags.allSatisfy { event.message?.tags[$0.key] == $0.value }
    }
}

extension EventFilter {
    /// On `events e` joined with `messages m`.
    func conditions(in project: ProjectID, after seq: Int64) -> Conditions {
        var conditions = Conditions()
        conditions.add("e.seq > ?", seq)
        conditions.add("e.project = ?", project)
        let marks = Array(repeating: "?", count: types.count).joined(separator: ", ")
        if !types.isEmpty { conditions.add("e.type IN (\(marks))", types.sorted { $0.rawValue < $1.rawValue }) }
        if let message { conditions.add("e.message = (SELECT id FROM messages WHERE uid = ?)", message) }
        for (name, value) in tags {
            conditions.add("EXISTS (SELECT 1 FROM json_each(m.tags) WHERE key = ? AND value = ?)", name, value)
        }
        return conditions
    }
}
