// QueueStore+Posts.swift — what webhooks must post, have posted, and must post again.

import GRDB

extension QueueStore {
    /// Events of the endpoint's project after `seq`, oldest first, of all types; of `webhook.test` only its own. Looks at
    /// `logScan` rows of the log at most.
    package func backlog(of endpoint: Endpoint, after seq: Int64, limit: Int) async throws(StoreFailure) -> EventPage {
        try await read { [logScan] database in
            let end = try database.endOfScan(after: seq, rows: logScan)
            let events = try database.all(
                Event.select + """
                    WHERE e.seq > ? AND e.seq <= ? AND e.project = ? AND (e.endpoint IS NULL OR e.endpoint = ?)
                    ORDER BY e.seq LIMIT ?
                    """, seq, end ?? .max, endpoint.project, endpoint.id, limit, read: { try $0.event() })
            return EventPage(events: events, scannedThrough: events.count < limit ? end : nil)
        }
    }

    /// An endpoint's retries due at `now`, earliest first, without `excluding` (those being posted).
    package func dueRetries(
        of endpoint: EndpointID, at now: Timestamp, excluding: Set<Int64>, limit: Int
    ) async throws(StoreFailure) -> [PostRetry] {
        try await read { try $0.dueRetries(of: endpoint, at: now, excluding: excluding, limit: limit) }
    }

    /// Newest first; `before` is the key of the last one of the page before.
    package func posts(
        to endpoint: Endpoint, where filter: PostFilter = PostFilter(), before: Int64?, limit: Int
    ) async throws(StoreFailure) -> [StoredPost] {
        try await read { database in
            var conditions = Conditions()
            conditions.add("p.endpoint = ?", endpoint.id)
            if let event = filter.event {
                guard let seq = try database.seq(of: event, in: endpoint.project) else { return [] }
                conditions.add("p.event = ?", seq)
            }
            if let hasSucceeded = filter.hasSucceeded {
                conditions.add("\(hasSucceeded ? "" : "NOT ")(ifnull(p.status, 0) BETWEEN 200 AND 299)")
            }
            conditions.add("p.id < ?", before ?? .max)
            return try database.all(
                composed: """
                    SELECT p.id, e.uid, e.type, p.number, p.started_at, p.latency_ms, p.status, p.error, p.next_try_at
                    FROM posts p LEFT JOIN events e ON e.seq = p.event
                    WHERE \(conditions.sql) ORDER BY p.id DESC LIMIT ?
                    """, conditions.values + [limit], read: { try $0.post() })
        }
    }

    /// How many events wait for an endpoint: not posted yet, or waiting for a retry. Counts no further than `limit`.
    package func pendingPosts(to endpoint: Endpoint, limit: Int) async throws(StoreFailure) -> Int {
        let retries = try await read { database in
            try database.first(
                "SELECT count(*) FROM (SELECT 1 FROM post_retries WHERE endpoint = ? AND due_at IS NOT NULL LIMIT ?)",
                endpoint.id, limit, read: { Int($0.int()) }) ?? 0
        }
        return try await retries
            + sum(in: endpoint.cursor + 1..<Int64.max, limit: limit - retries) { database, span in
                var pending = 0
                try database.eventsInBrief(of: endpoint, in: span, limit: limit) { event in
                    if endpoint.wants(event.type, tags: event.tags) { pending += 1 }
                }
                return pending
            }
    }
}

extension PostRetry {
    /// Of one endpoint, for the index to give them in their order: a dead one may have a hundred thousand.
    static let due = """
        SELECT endpoint, event, tries, due_at FROM post_retries WHERE endpoint = ? AND due_at <= ? ORDER BY due_at
        """
}

extension Database {
    fileprivate func dueRetries(
        of endpoint: EndpointID, at now: Timestamp, excluding: Set<Int64>, limit: Int
    ) throws -> [PostRetry] {
        var due: [(endpoint: EndpointID, event: Int64, tries: Int, dueAt: Timestamp)] = []
        try rows(PostRetry.due, endpoint, now) { columns in
            let retry = (try columns.identifier(EndpointKind.self), columns.int(), Int(columns.int()), columns.time())
            if !excluding.contains(retry.1) { due.append(retry) }
            return due.count < limit
        }
        return try due.compactMap { retry in
            let event = try first(Event.select + "WHERE e.seq = ?", retry.event, read: { try $0.event() })
            return event.map {
                PostRetry(endpoint: retry.endpoint, tries: retry.tries, dueAt: retry.dueAt, event: $0)
            }
        }
    }
}

extension Columns {
    fileprivate mutating func post() throws -> StoredPost {
        StoredPost(
            key: int(), eventID: try optional { try $0.identifier() }, eventType: try optional { try $0.oneOf() },
            number: Int(int()), startedAt: time(), latency: .milliseconds(int()), status: optional { Int($0.int()) },
            error: optional { $0.text() }, nextTryAt: optional { $0.time() })
    }
}
