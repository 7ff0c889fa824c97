// QueueStore+Projects.swift — projects: created, renamed, deleted with all that acts in their name. They are read from
// memory: `access`.

import GRDB
import Mail

extension QueueStore {
    /// Nil if another one has this name.
    package func createProject(_ name: String, at now: Timestamp) async throws(StoreFailure) -> Project? {
        try await write(isRefusedWhenFull: true) { [access] transaction in
            let uid = ProjectUID(at: now)
            let inserted = try transaction.database.run(
                "INSERT INTO projects (uid, name, created_at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING", uid, name, now)
            guard inserted == 1 else { return nil }
            let id = ProjectID(rawValue: transaction.database.lastInsertedRowID)
            let project = Project(id: id, uid: uid, name: name, createdAt: now)
            transaction.onCommit.append { access.set(project) }
            return project
        }
    }

    /// False if another one has this name, or the project is gone.
    package func renameProject(_ project: Project, to name: String) async throws(StoreFailure) -> Bool {
        try await write { [access] transaction in
            var renamed = project
            renamed.name = name
            let changed = try transaction.database.run(
                "UPDATE OR IGNORE projects SET name = ? WHERE id = ? AND deleted_at IS NULL", name, project.id)
            guard changed == 1 else { return false }
            let stored = renamed
            transaction.onCommit.append { access.set(stored) }
            return true
        }
    }

    /// Its keys, endpoints, sending domains and suppressions are gone for everybody at once; what is known of its messages, which
    /// nobody can ask for any more, goes when its retention is over. Never the default one, and none of whose messages one
    /// waits for delivery; and nothing new gets into it from then on.
    package func deleteProject(_ id: ProjectID, at now: Timestamp) async throws(StoreFailure) -> ProjectDeletion {
        try await write { [access, sendingDomains] transaction in
            let database = transaction.database
            guard try !database.hasQueued(in: id) else { return .hasQueued }
            let deleted = try database.run(
                "UPDATE projects SET deleted_at = ? WHERE id = ? AND id <> ? AND deleted_at IS NULL", now, id,
                ProjectID.default)
            guard deleted == 1 else { return .noSuchProject }
            transaction.deletedProjects.insert(id)
            let keys = try database.all(
                "SELECT uid FROM api_keys WHERE project = ?", id, read: { try $0.identifier(APIKeyKind.self) })
            for key in keys { transaction.onCommit.append { access.remove(key) } }
            try database.run("DELETE FROM api_keys WHERE project = ?", id)
            for domain in try database.all("SELECT name FROM domains WHERE project = ?", id, read: { $0.text() }) {
                _ = try transaction.delete(SendingDomainName(Domain(trusted: domain), in: id), from: sendingDomains)
            }
            // What endpoints have posted and whom the project has suppressed may be much: `purge` takes it in pieces.
            // Nobody asks for it until then.
            try database.markEndpointsDeleted(in: id, at: now)
            transaction.changesEndpoints = true
            transaction.onCommit.append { access.remove(id) }
            return .done
        }
    }
}

package enum ProjectDeletion: Sendable, Equatable {
    /// Or the default one.
    case noSuchProject
    /// A message of it waits for delivery.
    case hasQueued
    case done
}

extension Database {
    fileprivate func hasQueued(in project: ProjectID) throws -> Bool {
        try first(
            """
            SELECT 1 FROM recipients r CROSS JOIN messages m ON m.id = r.message
            WHERE r.state = 'queued' AND m.project = ? LIMIT 1
            """, project, read: { $0.int() }) != nil
    }

    /// Those that are not deleted.
    func projects() throws -> [Project] {
        try all("SELECT id, uid, name, created_at FROM projects WHERE deleted_at IS NULL") { columns in
            Project(
                id: ProjectID(rawValue: columns.int()), uid: try columns.identifier(), name: columns.text(),
                createdAt: columns.time())
        }
    }
}
