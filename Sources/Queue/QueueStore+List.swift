// QueueStore+List.swift — lists of messages, newest first, in the order of their ids, which is that of their time.
//
// What no index can answer is looked for row by row, and one request looks at so many rows at most: then its page ends
// where it got to, full or not.

import GRDB

package struct MessagePage: Sendable {
    package var messages: [StoredMessage]
    /// Where the next page begins: before this. Nil when nothing is left.
    package var next: MessageID?
}

extension QueueStore {
    /// Looks at `messageScan` messages at most.
    package func messages(
        in project: ProjectID, matching filter: MessageFilter, before: MessageID?, at now: Timestamp, limit: Int
    ) async throws(StoreFailure) -> MessagePage {
        try await read { [messageScan] database in
            let search = MessageSearch(filter, in: project, before: before, at: now)
            let (keys, next) = try database.find(search, limit: limit, scanLimit: messageScan)
            return MessagePage(messages: try keys.compactMap { try database.message($0) }, next: next)
        }
    }
}

/// A statement that yields messages in their order, and of each whether it matches.
struct MessageSearch {
    let sql: String
    let values: [any SQLValue]

    init(_ filter: MessageFilter, in project: ProjectID, before: MessageID?, at now: Timestamp) {
        var reach = Conditions()
        // Each is in words what an index is made for (`Schema+Messages`); the first that applies is the best.
        if let name = filter.externalID {
            reach.add("m.project = ? AND m.external_id = ?", project, name)
        } else if filter.status == .scheduled {
            reach.add("m.project = ?", project)
            reach.add("m.first_attempt_at > m.accepted_at AND m.finished_at IS NULL")
        } else if project != .default {
            reach.add("m.project = ? AND m.project <> 1", project)
        }
        if let before { reach.add("m.uid < ?", before) }
        if let time = filter.createdAfter { reach.add("m.uid >= ?", MessageID(earliestAt: time)) }
        if let time = filter.createdBefore { reach.add("m.uid < ?", MessageID(earliestAt: time)) }
        var matching = filter.conditions(at: now)
        matching.add("m.project = ?", project)
        sql = """
            SELECT m.id, m.uid, \(matching.sql) FROM messages m \(reach.sql.isEmpty ? "" : "WHERE \(reach.sql)")
            ORDER BY m.uid DESC
            """
        values = matching.values + reach.values
    }
}

extension Database {
    /// The first `limit` that match, and where to go on if there may be more.
    fileprivate func find(
        _ search: MessageSearch, limit: Int, scanLimit: Int
    ) throws -> (keys: [MessageKey], next: MessageID?) {
        var keys: [MessageKey] = []
        var last: MessageID?
        var scanned = 0, hasMore = false
        try rows(composed: search.sql, search.values) { columns in
            let key = MessageKey(rawValue: columns.int())
            let id = try columns.identifier(MessageKind.self)
            let isMatch = columns.int() == 1
            hasMore = isMatch && keys.count == limit || scanned == scanLimit
            guard !hasMore else { return false }
            scanned += 1
            // A page ends with its last match, or where the search does.
            if isMatch { keys.append(key) }
            if isMatch || keys.count < limit { last = id }
            return true
        }
        return (keys, hasMore ? last : nil)
    }
}
