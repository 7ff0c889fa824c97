// QueueStore+Posts.swift — what webhooks must post, have posted, and must post again.

import GRDB

extension QueueStore {
    /// Events of the endpoint's project after `seq`, oldest first, of all types; of `webhook.test` only its own.
    package func backlog(of endpoint: Endpoint, after seq: Int64, limit: Int) async throws(StoreFailure) -> [Event] {
        try await read { database in
            try database.all(
                Event.select + """
                    WHERE e.seq > ? AND e.project = ? AND (e.endpoint IS NULL OR e.endpoint = ?) ORDER BY e.seq LIMIT ?
                    """, seq, endpoint.project, endpoint.id, limit, read: { try $0.event() })
        }
    }

    /// Logs posts, keeps what must be retried, and moves cursors forward, in one transaction. Also written when the
    /// disk is full. Posts to endpoints deleted meanwhile are left out.
    package func record(_ posts: [PostRecord], cursors: [EndpointID: Int64]) async throws(StoreFailure) {
        try await write(bytes: 256 * (posts.count + cursors.count)) { transaction in
            for post in posts { try transaction.record(post) }
            for (endpoint, seq) in cursors {
                try transaction.database.run(
                    "UPDATE endpoints SET cursor = ?1 WHERE uid = ?2 AND cursor < ?1", seq, endpoint)
            }
        }
    }

    /// An endpoint's retries due at `now`, earliest first, without `excluding` (those being posted).
    package func dueRetries(
        of endpoint: EndpointID, at now: Timestamp, excluding: Set<Int64>, limit: Int
    ) async throws(StoreFailure) -> [PostRetry] {
        try await read { try $0.dueRetries(of: endpoint, at: now, excluding: excluding, limit: limit) }
    }

    /// When the earliest retry of an endpoint is due.
    package func nextRetryAt(of endpoint: EndpointID) async throws(StoreFailure) -> Timestamp? {
        try await read { database in
            try database.first(
                "SELECT due_at FROM post_retries WHERE endpoint = ? ORDER BY due_at LIMIT 1", endpoint,
                read: { $0.time() })
        }
    }

    /// Newest first; `before` is the key of the last one of the page before.
    package func posts(to endpoint: EndpointID, before: Int64?, limit: Int) async throws(StoreFailure) -> [StoredPost] {
        try await read { database in
            try database.all(
                """
                SELECT p.id, e.uid, e.type, p.number, p.started_at, p.latency_ms, p.status, p.error, p.next_try_at
                FROM posts p LEFT JOIN events e ON e.seq = p.event
                WHERE p.endpoint = ? AND p.id < ? ORDER BY p.id DESC LIMIT ?
                """, endpoint, before ?? .max, limit, read: { try $0.post() })
        }
    }
}

extension WriteTransaction {
    fileprivate func record(_ post: PostRecord) throws {
        var nextTryAt: Timestamp?
        if case .retry(let time) = post.outcome { nextTryAt = time }
        let written = try database.run(
            """
            INSERT INTO posts (endpoint, event, number, started_at, latency_ms, status, error, next_try_at)
            SELECT uid, ?, ?, ?, ?, ?, ?, ? FROM endpoints WHERE uid = ?
            """, post.event, post.number, post.startedAt, post.latency.wholeMilliseconds, post.status, post.error,
            nextTryAt, post.endpoint)
        guard written == 1 else { return }
        try keepRetry(of: post, at: nextTryAt)
    }

    /// A retry of an endpoint disabled meanwhile, or of an event purged meanwhile, is not kept.
    private func keepRetry(of post: PostRecord, at time: Timestamp?) throws {
        guard let time else {
            try database.run(
                "DELETE FROM post_retries WHERE endpoint = ? AND event = ?", post.endpoint, post.event)
            return
        }
        try database.run(
            """
            INSERT OR REPLACE INTO post_retries (endpoint, event, tries, due_at)
            SELECT n.uid, e.seq, ?, ? FROM endpoints n JOIN events e
            WHERE n.uid = ? AND n.disabled_at IS NULL AND e.seq = ?
            """, post.number, time, post.endpoint, post.event)
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
