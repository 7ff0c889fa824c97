// QueueStore+Domains.swift — sending domains: created, changed as a whole, deleted. What may follow what, Domains decides;
// the schema refuses what never may. They are read from memory: `sendingDomains`.

import GRDB
import Mail

extension QueueStore {
    /// The domain as it was stored; nil if there is one of this name already.
    package func createDomain(_ domain: SendingDomain) async throws(StoreFailure) -> SendingDomain? {
        try await write(bytes: 4096, isRefusedWhenFull: true) { try $0.insert(domain) }
    }

    /// Stores `domain`, with its keys and findings, in the place of what it was made from, and with it, if there is
    /// one, the event that it is failing. Nil, and nothing is written, if it was changed or deleted meanwhile.
    package func updateDomain(
        _ domain: SendingDomain, failing event: DomainFailing? = nil
    ) async throws(StoreFailure) -> SendingDomain? {
        try await write(bytes: 4096) { try $0.update(domain, failing: event) }
    }

    /// Its keys and findings go with it. False if there is none.
    package func deleteDomain(_ name: Domain, in project: ProjectID) async throws(StoreFailure) -> Bool {
        try await write { transaction in
            let deleted = try transaction.database.run(
                "DELETE FROM domains WHERE name = ? AND project = ?", name, project)
            if deleted == 1 { transaction.changedDomains.append((name, nil)) }
            return deleted == 1
        }
    }

    /// Whether a message of this domain that was accepted at `time` or before is still queued. Goes through the queue: for
    /// now and then.
    package func hasQueued(from domain: Domain, acceptedBy time: Timestamp) async throws(StoreFailure) -> Bool {
        try await read { database in
            try database.first(
                """
                SELECT 1 FROM recipients r CROSS JOIN messages m ON m.id = r.message
                WHERE r.state = 'queued' AND m.from_domain = ? AND m.accepted_at <= ? LIMIT 1
                """, domain, time, read: { _ in true }) ?? false
        }
    }
}

/// The event that a domain is failing.
package struct DomainFailing: Sendable {
    package var at: Timestamp
    /// The event's `data`: JSON that is stored, and later shown, as it is.
    package var data: String
    package init(at: Timestamp, data: String) { (self.at, self.data) = (at, data) }
}

extension WriteTransaction {
    fileprivate mutating func insert(_ domain: SendingDomain) throws -> SendingDomain? {
        let inserted = try database.run(
            """
            INSERT INTO domains (uid, project, name, original, created_at, status, checked_at, revision)
            VALUES (?, ?, ?, ?, ?, ?, ?, 0) ON CONFLICT (name) DO NOTHING
            """, domain.id, domain.project, domain.name, domain.original, domain.createdAt, domain.status,
            domain.checkedAt)
        guard inserted == 1 else { return nil }
        var stored = domain
        (stored.key, stored.revision) = (database.lastInsertedRowID, 0)
        try savePartsAndAnnounce(stored)
        return stored
    }

    /// The id too must be the same: a row's number may be that of a deleted one.
    fileprivate mutating func update(_ domain: SendingDomain, failing event: DomainFailing?) throws -> SendingDomain? {
        let changed = try database.run(
            """
            UPDATE domains SET status = ?, checked_at = ?, revision = revision + 1
            WHERE id = ? AND uid = ? AND revision = ?
            """, domain.status, domain.checkedAt, domain.key, domain.id, domain.revision)
        guard changed == 1 else { return nil }
        var stored = domain
        stored.revision += 1
        try savePartsAndAnnounce(stored)
        if let event { try append(event, of: domain) }
        return stored
    }

    private mutating func savePartsAndAnnounce(_ domain: SendingDomain) throws {
        try database.save(keys: domain.keys, of: domain.key)
        try database.save(findings: domain.findings, of: domain.key)
        changedDomains.append((domain.name, domain))
    }

    private mutating func append(_ event: DomainFailing, of domain: SendingDomain) throws {
        try database.run(
            "INSERT INTO events (seq, uid, project, type, at, data) VALUES (?, ?, ?, ?, ?, ?)", nextEvent,
            EventID(at: event.at), domain.project, EventType.domainFailing, event.at, event.data)
        nextEvent += 1
    }
}

extension Database {
    /// Those that are not among `keys` are deleted. The retired come first: one key of an algorithm may be active.
    fileprivate func save(keys: [DKIMKeyRow], of domain: Int64) throws {
        let stored = try all("SELECT selector FROM dkim_keys WHERE domain = ?", domain, read: { $0.text() })
        for selector in Set(stored).subtracting(keys.map(\.selector)) {
            try run("DELETE FROM dkim_keys WHERE domain = ? AND selector = ?", domain, selector)
        }
        for key in keys.filter({ $0.state == .retired }) + keys.filter({ $0.state != .retired }) {
            try run(
                """
                INSERT INTO dkim_keys (domain, selector, algorithm, state, private_key, public_key, created_at, retired_at)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (domain, selector)
                DO UPDATE SET state = excluded.state, retired_at = excluded.retired_at WHERE state <> excluded.state
                """, domain, key.selector, key.algorithm, key.state, key.sealedPrivateKey, key.publicKey,
                key.createdAt, key.retiredAt)
        }
    }

    fileprivate func save(findings: [RecordFinding], of domain: Int64) throws {
        try run("DELETE FROM domain_findings WHERE domain = ?", domain)
        for finding in findings {
            try run(
                """
                INSERT INTO domain_findings (domain, purpose, kind, name, status, found, detail)
                VALUES (?, ?, ?, ?, ?, ?, ?)
                """, domain, finding.subject.purpose, finding.subject.kind, finding.subject.name, finding.status,
                finding.found.column, finding.detail)
        }
    }
}
