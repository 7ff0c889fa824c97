// QueueStore+Keys.swift — API keys: created, changed as a whole, revoked. They are read from memory: `access`.

import Address
import GRDB
import Mail

extension QueueStore {
    /// The key as it was stored; nil if its project is gone.
    package func createKey(_ key: APIKey) async throws(StoreFailure) -> APIKey? {
        try await write(isRefusedWhenFull: true) { [access] transaction in
            guard let stored = try transaction.database.insert(key) else { return nil }
            transaction.onCommit.append { access.set(stored) }
            return stored
        }
    }

    /// Stores what may change of a key: name, secrets and grant. False, and nothing is written, if it was changed or revoked
    /// since it was `old`: what was judged then may not hold any more.
    package func replaceKey(_ old: APIKey, by new: APIKey) async throws(StoreFailure) -> Bool {
        try await write { [access] transaction in
            guard try transaction.database.apiKeys(old.id).first?.key == old else { return false }
            try transaction.database.update(new)
            transaction.onCommit.append { access.set(new) }
            return true
        }
    }

    /// From the moment this returns on, the key is worth nothing. False if there is none.
    package func revokeKey(_ id: APIKeyID) async throws(StoreFailure) -> Bool {
        try await write { [access] transaction in
            guard try transaction.database.run("DELETE FROM api_keys WHERE uid = ?", id) == 1 else { return false }
            transaction.onCommit.append { access.remove(id) }
            return true
        }
    }

    /// When keys were last used, of those that were since the last call.
    package func writeKeyUses() async throws(StoreFailure) {
        let uses = access.takeUnwrittenUses()
        guard !uses.isEmpty else { return }
        do throws(StoreFailure) {
            try await write(bytes: 64 * uses.count) { transaction in
                for (id, time) in uses {
                    try transaction.database.run("UPDATE api_keys SET last_used_at = ? WHERE uid = ?", time, id)
                }
            }
        } catch {
            access.returnUnwrittenUses(uses.keys)
            throw error
        }
    }
}

extension Database {
    fileprivate func insert(_ key: APIKey) throws -> APIKey? {
        let inserted = try run(
            """
            INSERT INTO api_keys (uid, project, name, prefix, digest, scopes, from_domains, allowed_ips, mode, rate_limit,
              created_at, expires_at)
            SELECT ?, id, ?, ?, ?, ?, ?, ?, ?, ?, ?, ? FROM projects WHERE id = ? AND deleted_at IS NULL
            """, key.id, key.name, key.secret.prefix, key.secret.digest, key.grant.scopeColumn, key.grant.domainColumn,
            key.grant.networkColumn, key.mode, key.grant.rateLimit, key.createdAt, key.grant.expiresAt, key.project)
        guard inserted == 1 else { return nil }
        var stored = key
        stored.row = lastInsertedRowID
        return stored
    }

    fileprivate func update(_ key: APIKey) throws {
        try run(
            """
            UPDATE api_keys SET name = ?, prefix = ?, digest = ?, previous_digest = ?, previous_until = ?, scopes = ?,
              from_domains = ?, allowed_ips = ?, rate_limit = ?, expires_at = ? WHERE uid = ?
            """, key.name, key.secret.prefix, key.secret.digest, key.previous?.digest, key.previous?.until,
            key.grant.scopeColumn, key.grant.domainColumn, key.grant.networkColumn, key.grant.rateLimit,
            key.grant.expiresAt, key.id)
    }

    /// All, or the one.
    func apiKeys(_ id: APIKeyID? = nil) throws -> [(key: APIKey, lastUse: Timestamp?)] {
        try all(
            """
            SELECT id, uid, project, mode, name, digest, prefix, created_at, previous_digest, previous_until, scopes,
              from_domains, allowed_ips, expires_at, rate_limit, last_used_at
            FROM api_keys WHERE ?1 IS NULL OR uid = ?1
            """, id
        ) { columns in
            let key = try columns.apiKey()
            return (key, columns.optional { $0.time() })
        }
    }
}

extension Columns {
    fileprivate mutating func apiKey() throws -> APIKey {
        let row = int()
        var key = APIKey(
            id: try identifier(), project: ProjectID(rawValue: int()), mode: try oneOf(), name: text(),
            secret: APIKey.Secret(digest: bytes(), prefix: text()), createdAt: time())
        key.row = row
        let previous = optional { $0.bytes() }, until = optional { $0.time() }
        if let previous, let until { key.previous = APIKey.Previous(digest: previous, until: until) }
        key.grant.scopes = Set(words().compactMap { Scope(rawValue: String($0)) })
        key.grant.fromDomains = words().map { Domain(trusted: String($0)) }
        key.grant.allowedNetworks = try words().map { word in
            // A network less could let everyone in.
            guard let network = Network(word) else { throw malformed("the network \(word)") }
            return network
        }
        key.grant.expiresAt = optional { $0.time() }
        key.grant.rateLimit = optional { Int($0.int()) }
        return key
    }

    private mutating func words() -> [Substring] { text().split(separator: " ") }
}

extension APIKey.Grant {
    fileprivate var scopeColumn: String { scopes.map(\.rawValue).sorted().joined(separator: " ") }
    fileprivate var domainColumn: String { fromDomains.map(\.ascii).joined(separator: " ") }
    fileprivate var networkColumn: String { allowedNetworks.map(\.description).joined(separator: " ") }
}
