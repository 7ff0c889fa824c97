// QueueStore+Domains.swift — sending domains: created, changed as a whole, deleted. What may follow what, Domains decides;
// the schema refuses what never may. They are read from memory: `sendingDomains`.

import GRDB
import Mail

extension QueueStore {
    /// The domain as it was stored; nil if its project has one of this name already.
    package func createDomain(_ domain: SendingDomain) async throws(StoreFailure) -> SendingDomain? {
        try await write(in: domain.project, bytes: domain.roughSize) { [sendingDomains] in
            try $0.insert(domain, into: sendingDomains)
        }
    }

    /// Stores `domain`, with its keys and findings, in the place of what it was made from, and with it, if there is
    /// one, the event that it is failing. Nil, and nothing is written, if it was changed or deleted meanwhile.
    package func updateDomain(
        _ domain: SendingDomain, failing event: DomainFailing? = nil
    ) async throws(StoreFailure) -> SendingDomain? {
        try await write(bytes: domain.roughSize + (event?.data.utf8.count ?? 0)) { [sendingDomains] transaction in
            guard let stored = try transaction.update(domain, in: sendingDomains) else { return nil }
            if let event {
                try transaction.appendEvent(.domainFailing, of: domain.project, at: event.at, data: event.data)
            }
            return stored
        }
    }

    /// Its keys and findings go with it. False if there is none.
    package func deleteDomain(_ name: SendingDomainName) async throws(StoreFailure) -> Bool {
        try await write { [sendingDomains] in try $0.delete(name, from: sendingDomains) }
    }

    /// When the oldest message that is queued was accepted, for each of `domains` that has one. Goes through the queue: for
    /// now and then.
    package func oldestQueued(
        from domains: [SendingDomainName]
    ) async throws(StoreFailure) -> [SendingDomainName: Timestamp] {
        try await read { database in
            let found = try database.all(
                """
                SELECT m.from_domain, m.project, MIN(m.accepted_at)
                FROM recipients r CROSS JOIN messages m ON m.id = r.message
                WHERE r.state = 'queued' AND m.from_domain IN (SELECT value FROM json_each(?))
                GROUP BY m.from_domain, m.project
                """, domains.map(\.domain.ascii).column,
                read: { (SendingDomainName(Domain(trusted: $0.text()), in: ProjectID(rawValue: $0.int())), $0.time()) })
            return Dictionary(found) { first, _ in first }.filter { domains.contains($0.key) }
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
    fileprivate mutating func insert(
        _ domain: SendingDomain, into directory: SendingDomainDirectory
    ) throws -> SendingDomain? {
        let inserted = try database.run(
            """
            INSERT INTO domains (uid, project, name, original, created_at, status, checked_at, next_check_at, doubted_at,
              revision)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 0) ON CONFLICT (project, name) DO NOTHING
            """, domain.id, domain.project, domain.name, domain.original, domain.createdAt, domain.status,
            domain.checkedAt, domain.nextCheckAt, domain.doubtedAt)
        guard inserted == 1 else { return nil }
        var stored = domain
        (stored.key, stored.revision) = (database.lastInsertedRowID, 0)
        try saveParts(of: stored, announcing: directory)
        return stored
    }

    /// The id too must be the same: a row's number may be that of a deleted one.
    fileprivate mutating func update(
        _ domain: SendingDomain, in directory: SendingDomainDirectory
    ) throws -> SendingDomain? {
        let changed = try database.run(
            """
            UPDATE domains SET status = ?, checked_at = ?, next_check_at = ?, doubted_at = ?, revision = revision + 1
            WHERE id = ? AND uid = ? AND revision = ?
            """, domain.status, domain.checkedAt, domain.nextCheckAt, domain.doubtedAt, domain.key, domain.id,
            domain.revision)
        guard changed == 1 else { return nil }
        var stored = domain
        stored.revision += 1
        try saveParts(of: stored, announcing: directory)
        return stored
    }

    mutating func delete(_ name: SendingDomainName, from directory: SendingDomainDirectory) throws -> Bool {
        let deleted = try database.run(
            "DELETE FROM domains WHERE name = ? AND project = ?", name.domain, name.project)
        guard deleted == 1 else { return false }
        onCommit.append { directory.set(nil, for: name) }
        return true
    }

    private mutating func saveParts(
        of domain: SendingDomain, announcing directory: SendingDomainDirectory
    ) throws {
        try database.save(keys: domain.keys, of: domain.key)
        try database.save(findings: domain.findings, of: domain.key)
        onCommit.append { directory.set(domain, for: domain.fullName) }
    }
}

extension Database {
    /// Those that are not among `keys` are deleted. The retired come first: one key of an algorithm may be active.
    fileprivate func save(keys: [DKIMKeyRow], of domain: Int64) throws {
        let stored = try all("SELECT selector FROM dkim_keys WHERE domain = ?", domain, read: { $0.text() })
        for selector in Set(stored).subtracting(keys.map(\.selector)) {
            try run("DELETE FROM dkim_keys WHERE domain = ? AND selector = ?", domain, selector)
        }
        let placed = Array(keys.enumerated())
        for (position, key) in placed.filter({ $1.state == .retired }) + placed.filter({ $1.state != .retired }) {
            try run(
                """
                INSERT INTO dkim_keys (domain, selector, position, algorithm, state, private_key, public_key, created_at,
                  retired_at)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (domain, selector)
                DO UPDATE SET position = excluded.position, state = excluded.state, retired_at = excluded.retired_at
                WHERE state <> excluded.state OR position <> excluded.position
                """, domain, key.selector, position, key.algorithm, key.state, key.sealedPrivateKey, key.publicKey,
                key.createdAt, key.retiredAt)
        }
    }

    fileprivate func save(findings: [RecordFinding], of domain: Int64) throws {
        try run("DELETE FROM domain_findings WHERE domain = ?", domain)
        for (position, finding) in findings.enumerated() {
            try run(
                """
                INSERT INTO domain_findings (domain, position, purpose, kind, name, status, found, detail)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?)
                """, domain, position, finding.subject.purpose, finding.subject.kind, finding.subject.name,
                finding.status,
                finding.found.column, finding.detail)
        }
    }
}

extension SendingDomain {
    /// About as many bytes as its rows have.
    fileprivate var roughSize: Int {
        let keys = keys.map { 200 + $0.sealedPrivateKey.utf8.count + $0.publicKey.count }
        let findings = findings.map { finding in
            200 + (finding.detail?.utf8.count ?? 0) + finding.found.reduce(0) { $0 + $1.utf8.count }
        }
        return 512 + keys.reduce(0, +) + findings.reduce(0, +)
    }
}
