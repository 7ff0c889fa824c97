// QueueStore+Endpoints.swift — webhook endpoints: created, shown, changed, deleted.

import GRDB

extension QueueStore {
    /// The endpoint as it was stored: its cursor stands at the newest event. Nil if its project has as many as it may.
    package func createEndpoint(_ endpoint: Endpoint) async throws(StoreFailure) -> Endpoint? {
        try await write(in: endpoint.project, bytes: endpoint.roughSize) { transaction in
            let others = try transaction.database.first(
                "SELECT count(*) FROM endpoints WHERE project = ? AND deleted_at IS NULL", endpoint.project,
                read: { $0.int() })
            guard others ?? 0 < Endpoint.maximumPerProject else { return nil }
            var stored = endpoint
            stored.cursor = transaction.nextEvent - 1
            try transaction.database.run(
                """
                INSERT INTO endpoints (uid, project, url, types, secret, created_at, cursor, description, tags, headers,
                  timeout_seconds, max_concurrency)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """, stored.id, stored.project, stored.url, stored.types.column, stored.secret, stored.createdAt,
                stored.cursor, stored.description, stored.tags.column, stored.sealedHeaders, stored.timeoutSeconds,
                stored.maxConcurrency)
            transaction.changesEndpoints = true
            return stored
        }
    }

    /// Oldest first; those of all projects if nil.
    package func endpoints(in project: ProjectID?) async throws(StoreFailure) -> [Endpoint] {
        try await read { database in
            try database.all(
                Endpoint.select + "WHERE deleted_at IS NULL AND (?1 IS NULL OR project = ?1) ORDER BY uid", project,
                read: { try $0.endpoint() })
        }
    }

    package func endpoint(_ id: EndpointID, in project: ProjectID) async throws(StoreFailure) -> Endpoint? {
        try await read { try $0.endpoint(id, in: project) }
    }

    /// Lets `change` change what its owner sets, in the endpoint as it is at the commit; its health and how far it has
    /// come are not theirs. Nil if there is none. `change` may run more than once.
    package func updateEndpoint(
        _ id: EndpointID, in project: ProjectID, _ change: @escaping @Sendable (inout Endpoint) -> Void
    ) async throws(StoreFailure) -> Endpoint? {
        try await write(bytes: 4096) { transaction in
            guard let before = try transaction.database.endpoint(id, in: project) else { return nil }
            var after = before
            change(&after)
            // A new place, or a new beginning, has not failed yet.
            if after.url != before.url || after.status == .enabled && before.status != .enabled {
                after.health.failingSince = nil
            }
            after.revision += 1
            try transaction.database.update(after)
            transaction.changesEndpoints = true
            return after
        }
    }

    /// It is gone for everybody, and its secrets from the disk. Its posts and retries go in pieces: what is left after the
    /// first by `purge`. False if there is none.
    package func deleteEndpoint(
        _ id: EndpointID, in project: ProjectID, at now: Timestamp
    ) async throws(StoreFailure) -> Bool {
        try await write { transaction in
            let deleted = try transaction.database.markEndpointsDeleted(only: id, in: project, at: now)
            guard deleted == 1 else { return false }
            transaction.changesEndpoints = true
            try transaction.database.clear(id, limit: 500)
            return true
        }
    }

    /// Writes a `webhook.test` event that only this endpoint gets; nil if there is no such endpoint.
    /// - Parameter data: as `Event.data`.
    package func appendTestEvent(
        to endpoint: EndpointID, in project: ProjectID, at now: Timestamp, data: String? = nil
    ) async throws(StoreFailure) -> Event? {
        try await write(isRefusedWhenFull: true) { transaction in
            var event = Event(
                seq: transaction.nextEvent, id: EventID(at: now), project: project, type: .test, timestamp: now,
                message: nil)
            event.data = data
            let written = try transaction.database.run(
                """
                INSERT INTO events (seq, uid, project, type, at, endpoint, data)
                SELECT ?, ?, project, ?, ?, uid, ? FROM endpoints WHERE uid = ? AND project = ? AND deleted_at IS NULL
                """, event.seq, event.id, event.type, now, data, endpoint, project)
            guard written == 1 else { return nil }
            transaction.nextEvent += 1
            return event
        }
    }
}

extension Database {
    func endpoint(_ id: EndpointID, in project: ProjectID?) throws -> Endpoint? {
        try first(
            Endpoint.select + "WHERE uid = ?1 AND deleted_at IS NULL AND (?2 IS NULL OR project = ?2)", id, project,
            read: { try $0.endpoint() })
    }

    /// One of a project's endpoints, or all of them: gone for everybody, their secrets from the disk. Returns how many.
    @discardableResult
    func markEndpointsDeleted(only id: EndpointID? = nil, in project: ProjectID, at now: Timestamp) throws -> Int {
        let deletion = """
            UPDATE endpoints SET deleted_at = ?, secret = '', old_secret = NULL, old_secret_expires_at = NULL, headers = NULL
            WHERE deleted_at IS NULL AND project = ?
            """
        if let id { return try run(deletion + " AND uid = ?", now, project, id) }
        return try run(deletion, now, project)
    }

    fileprivate func update(_ endpoint: Endpoint) throws {
        try run(
            """
            UPDATE endpoints SET url = ?, types = ?, description = ?, tags = ?, headers = ?, timeout_seconds = ?,
              max_concurrency = ?, secret = ?, old_secret = ?, old_secret_expires_at = ?, paused_at = ?, disabled_at = ?,
              disabled_reason = ?, failing_since = ?, revision = ?
            WHERE uid = ?
            """, endpoint.url, endpoint.types.column, endpoint.description, endpoint.tags.column,
            endpoint.sealedHeaders, endpoint.timeoutSeconds, endpoint.maxConcurrency, endpoint.secret,
            endpoint.oldSecret?.secret, endpoint.oldSecret?.expiresAt, endpoint.pausedAt, endpoint.disabledAt,
            endpoint.disabledReason, endpoint.health.failingSince, endpoint.revision, endpoint.id)
    }

    /// Takes up to `limit` posts and as many retries of a deleted endpoint away; with the last, the endpoint.
    func clear(_ endpoint: EndpointID, limit: Int) throws {
        let posts = try run(
            "DELETE FROM posts WHERE id IN (SELECT id FROM posts WHERE endpoint = ? LIMIT ?)", endpoint, limit)
        let retries = try run(
            """
            DELETE FROM post_retries WHERE endpoint = ?1
              AND event IN (SELECT event FROM post_retries WHERE endpoint = ?1 LIMIT ?2)
            """, endpoint, limit)
        guard posts < limit, retries < limit else { return }
        try run("DELETE FROM endpoints WHERE uid = ? AND deleted_at IS NOT NULL", endpoint)
    }
}

extension Endpoint {
    static let select = """
        SELECT uid, project, url, types, secret, created_at, description, tags, headers, timeout_seconds, max_concurrency,
          old_secret, old_secret_expires_at, paused_at, disabled_at, disabled_reason, failing_since, last_success_at,
          last_failure_at, last_failure, revision, cursor
        FROM endpoints

        """

    fileprivate var roughSize: Int { 1024 + url.utf8.count + (sealedHeaders?.utf8.count ?? 0) }
}

extension [EventType] {
    /// Separated by spaces.
    var column: String { map(\.rawValue).joined(separator: " ") }

    init(column: String) { self = column.split(separator: " ").compactMap { EventType(rawValue: String($0)) } }
}

extension Columns {
    fileprivate mutating func endpoint() throws -> Endpoint {
        var endpoint = Endpoint(
            id: try identifier(), project: ProjectID(rawValue: int()), url: text(), types: [EventType](column: text()),
            secret: text(), createdAt: time())
        endpoint.description = optional { $0.text() }
        endpoint.tags = try [String: String](column: optional { $0.bytes() })
        endpoint.sealedHeaders = optional { $0.text() }
        (endpoint.timeoutSeconds, endpoint.maxConcurrency) = (Int(int()), Int(int()))
        let oldSecret = optional { $0.text() }, expiresAt = optional { $0.time() }
        if let oldSecret, let expiresAt { endpoint.oldSecret = .init(secret: oldSecret, expiresAt: expiresAt) }
        endpoint.pausedAt = optional { $0.time() }
        endpoint.disabledAt = optional { $0.time() }
        endpoint.disabledReason = optional { $0.text() }
        endpoint.health.failingSince = optional { $0.time() }
        endpoint.health.lastSuccessAt = optional { $0.time() }
        endpoint.health.lastFailureAt = optional { $0.time() }
        endpoint.health.lastFailure = optional { $0.text() }
        (endpoint.revision, endpoint.cursor) = (int(), int())
        return endpoint
    }
}
