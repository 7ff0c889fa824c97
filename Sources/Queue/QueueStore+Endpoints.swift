// QueueStore+Endpoints.swift — webhook endpoints: created, shown, disabled, deleted.

import GRDB

extension QueueStore {
    /// The endpoint as it was stored: its cursor stands at the newest event.
    package func createEndpoint(_ endpoint: Endpoint) async throws(StoreFailure) -> Endpoint {
        try await write(isRefusedWhenFull: true) { transaction in
            var stored = endpoint
            stored.cursor = transaction.nextEvent - 1
            try transaction.database.run(
                """
                INSERT INTO endpoints (uid, project, url, types, secret, created_at, cursor) VALUES (?, ?, ?, ?, ?, ?, ?)
                """, stored.id, stored.project, stored.url,
                stored.types.map(\.rawValue).joined(separator: " "), stored.secret, stored.createdAt, stored.cursor)
            transaction.changesEndpoints = true
            return stored
        }
    }

    /// Oldest first; those of all projects if nil.
    package func endpoints(in project: ProjectID?) async throws(StoreFailure) -> [Endpoint] {
        try await read { database in
            try database.all(
                Endpoint.select + "WHERE ?1 IS NULL OR project = ?1 ORDER BY uid", project,
                read: { try $0.endpoint() })
        }
    }

    package func endpoint(_ id: EndpointID, in project: ProjectID) async throws(StoreFailure) -> Endpoint? {
        try await read { database in
            try database.first(
                Endpoint.select + "WHERE uid = ? AND project = ?", id, project, read: { try $0.endpoint() })
        }
    }

    /// Its posts and retries go with it. False if there is none.
    package func deleteEndpoint(_ id: EndpointID, in project: ProjectID) async throws(StoreFailure) -> Bool {
        try await write { transaction in
            let deleted = try transaction.database.run(
                "DELETE FROM endpoints WHERE uid = ? AND project = ?", id, project)
            if deleted == 1 { transaction.changesEndpoints = true }
            return deleted == 1
        }
    }

    /// Its retries go; its posts stay. The first reason stays.
    package func disableEndpoint(_ id: EndpointID, at now: Timestamp, reason: String) async throws(StoreFailure) {
        try await write { transaction in
            try transaction.database.run(
                "UPDATE endpoints SET disabled_at = ?, disabled_reason = ? WHERE uid = ? AND disabled_at IS NULL", now,
                reason, id)
            try transaction.database.run("DELETE FROM post_retries WHERE endpoint = ?", id)
            transaction.changesEndpoints = true
        }
    }

    /// Writes a `webhook.test` event that only this endpoint gets; nil if there is no such endpoint.
    package func appendTestEvent(
        to endpoint: EndpointID, in project: ProjectID, at now: Timestamp
    ) async throws(StoreFailure) -> Event? {
        try await write(isRefusedWhenFull: true) { transaction in
            let event = Event(
                seq: transaction.nextEvent, id: EventID(at: now), project: project, type: .test, timestamp: now,
                message: nil)
            let written = try transaction.database.run(
                """
                INSERT INTO events (seq, uid, project, type, at, endpoint)
                SELECT ?, ?, project, ?, ?, uid FROM endpoints WHERE uid = ? AND project = ?
                """, event.seq, event.id, event.type, now, endpoint, project)
            guard written == 1 else { return nil }
            transaction.nextEvent += 1
            return event
        }
    }
}

extension Endpoint {
    fileprivate static let select = """
        SELECT uid, project, url, types, secret, created_at, disabled_at, disabled_reason, cursor FROM endpoints

        """
}

extension Columns {
    fileprivate mutating func endpoint() throws -> Endpoint {
        var endpoint = Endpoint(
            id: try identifier(), project: ProjectID(rawValue: int()), url: text(),
            types: text().split(separator: " ").compactMap { EventType(rawValue: String($0)) }, secret: text(),
            createdAt: time())
        endpoint.disabledAt = optional { $0.time() }
        endpoint.disabledReason = optional { $0.text() }
        endpoint.cursor = int()
        return endpoint
    }
}
