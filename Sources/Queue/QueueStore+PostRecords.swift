// QueueStore+PostRecords.swift — posts on record: what each was answered, when it is tried again, and how the endpoint fares.

import GRDB
import JSON

extension QueueStore {
    /// Logs posts, keeps what must be retried, moves cursors forward, and disables endpoints that want no more posts or
    /// have failed for `Endpoint.patience`, in one transaction. Also written when the disk is full. Posts to endpoints
    /// deleted meanwhile are left out, and what was posted to a URL that has been changed meanwhile says nothing of the endpoint.
    /// Returns the endpoints that it has disabled, with the reasons.
    @discardableResult
    package func record(
        _ posts: [PostRecord], cursors: [EndpointID: Int64]
    ) async throws(StoreFailure) -> [EndpointID: String] {
        try await write(bytes: 256 * (posts.count + cursors.count)) { transaction in
            for (endpoint, seq) in cursors {
                try transaction.database.run(
                    "UPDATE endpoints SET cursor = ?1 WHERE uid = ?2 AND cursor < ?1", seq, endpoint)
            }
            var disabled: [EndpointID: String] = [:]
            for (endpoint, posts) in Dictionary(grouping: posts, by: \.endpoint) {
                guard let found = try transaction.database.endpoint(endpoint, in: nil) else { continue }
                for post in posts { try transaction.database.record(post) }
                let current = posts.filter { $0.url == nil || $0.url == found.url }
                disabled[endpoint] = try transaction.note(current, of: found)
            }
            return disabled
        }
    }
}

extension Database {
    /// What a post leaves in the log, and of the retry that it may have been.
    fileprivate func record(_ post: PostRecord) throws {
        var nextTryAt: Timestamp?
        if case .retry(let time) = post.outcome { nextTryAt = time }
        try run(
            """
            INSERT INTO posts (endpoint, event, number, started_at, latency_ms, status, error, next_try_at)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?)
            """, post.endpoint, post.event, post.number, post.startedAt, post.latency.wholeMilliseconds, post.status,
            post.error, nextTryAt)
        // What was asked for while this post was under way is still to be posted, whatever came of this one: it is a first
        // try, so this one is not it if it is a later try, or began before that was asked for.
        let wasAsked = "(tries = 0 AND due_at IS NOT NULL AND (due_at > ? OR ? > 1))"
        guard post.outcome != .succeeded else {
            try run(
                "DELETE FROM post_retries WHERE endpoint = ? AND event = ? AND NOT \(wasAsked)", post.endpoint,
                post.event,
                post.startedAt, post.number)
            return
        }
        // A retry of an event purged meanwhile is not kept.
        try run(
            """
            INSERT INTO post_retries (endpoint, event, tries, due_at) SELECT ?, seq, ?, ? FROM events WHERE seq = ?
            ON CONFLICT (endpoint, event) DO UPDATE SET tries = excluded.tries, due_at = excluded.due_at
              WHERE NOT \(wasAsked)
            """, post.endpoint, post.number, nextTryAt, post.event, post.startedAt, post.number)
    }
}

extension WriteTransaction {
    /// Keeps the health of an endpoint, given its posts in the order of their ends. Returns why it was disabled, if it was.
    fileprivate mutating func note(_ posts: [PostRecord], of endpoint: Endpoint) throws -> String? {
        var health = endpoint.health
        var end: (at: Timestamp, reason: String)?
        for post in posts {
            health.note(post)
            if post.isGone {
                end = end ?? (post.startedAt, "the endpoint answered 410 Gone")
            } else if !post.isTest, let since = health.failingSince, post.startedAt - since >= Endpoint.patience {
                let days = (post.startedAt - since).components.seconds / 86_400
                end = end ?? (post.startedAt, "every post has failed for \(days) days")
            }
        }
        if health != endpoint.health { try database.update(health, of: endpoint.id) }
        guard let end, endpoint.disabledAt == nil else { return nil }
        try disable(endpoint, at: end.at, reason: end.reason)
        return end.reason
    }

    /// Its retries stay: they are due when it is resumed.
    fileprivate mutating func disable(_ endpoint: Endpoint, at now: Timestamp, reason: String) throws {
        try database.run(
            "UPDATE endpoints SET disabled_at = ?, disabled_reason = ?, revision = revision + 1 WHERE uid = ?", now,
            reason, endpoint.id)
        try appendEvent(
            .webhookDisabled, of: endpoint.project, at: now, data: endpoint.disabledData(reason: reason))
        changesEndpoints = true
    }
}

extension Endpoint.Health {
    fileprivate mutating func note(_ post: PostRecord) {
        if post.outcome == .succeeded {
            (lastSuccessAt, failingSince) = (post.startedAt, nil)
        } else {
            (lastFailureAt, lastFailure) = (post.startedAt, post.error ?? "")
            if !post.isTest { failingSince = failingSince ?? post.startedAt }
        }
    }
}

extension Database {
    fileprivate func update(_ health: Endpoint.Health, of endpoint: EndpointID) throws {
        try run(
            """
            UPDATE endpoints SET failing_since = ?, last_success_at = ?, last_failure_at = ?, last_failure = ?
            WHERE uid = ?
            """, health.failingSince, health.lastSuccessAt, health.lastFailureAt, health.lastFailure, endpoint)
    }
}

extension Endpoint {
    /// What its `webhook.disabled` says.
    fileprivate func disabledData(reason: String) -> String {
        var writer = JSONWriter()
        writer.object {
            $0.member(
                "webhook",
                object: {
                    $0.member("object", "webhook")
                    $0.member("id", id.description)
                    $0.member("url", origin)
                    $0.member("description", description)
                    $0.member("status", EndpointStatus.disabled.rawValue)
                    $0.member("disabled_reason", reason)
                })
        }
        return String(decoding: writer.bytes, as: UTF8.self)
    }
}
