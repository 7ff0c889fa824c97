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
        return tags.areAmong(event.message?.tags ?? [:])
    }
}

extension [String: String] {
    /// Whether all of these tags are among `others`, their values byte for byte, as SQLite compares them.
    func areAmong(_ others: [String: String]) -> Bool {
        allSatisfy { name, value in others[name]?.utf8.elementsEqual(value.utf8) ?? false }
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
        conditions.add(tags: tags)
        return conditions
    }
}
