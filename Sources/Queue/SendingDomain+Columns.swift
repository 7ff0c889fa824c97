// SendingDomain+Columns.swift — every sending domain, read back when the store is opened.

import GRDB
import Mail

extension Database {
    func sendingDomains() throws -> [SendingDomain] {
        var domains: [Int64: SendingDomain] = [:]
        try rows(
            """
            SELECT id, uid, name, project, original, created_at, status, checked_at, next_check_at, doubted_at, revision
            FROM domains
            """
        ) { columns in
            let key = columns.int()
            var domain = try columns.domain()
            domain.key = key
            domains[key] = domain
            return true
        }
        try rows(
            """
            SELECT domain, selector, algorithm, state, private_key, public_key, created_at, retired_at FROM dkim_keys
            ORDER BY domain, position
            """
        ) { columns in
            try domains[columns.int()]?.keys.append(columns.dkimKey())
            return true
        }
        try rows(
            "SELECT domain, purpose, kind, name, status, found, detail FROM domain_findings ORDER BY domain, position"
        ) { columns in
            try domains[columns.int()]?.findings.append(columns.finding())
            return true
        }
        return Array(domains.values)
    }
}

extension Columns {
    fileprivate mutating func domain() throws -> SendingDomain {
        var domain = SendingDomain(
            id: try identifier(), name: Domain(trusted: text()), project: ProjectID(rawValue: int()), original: text(),
            createdAt: time())
        domain.status = try oneOf()
        domain.checkedAt = optional { $0.time() }
        domain.nextCheckAt = time()
        domain.doubtedAt = optional { $0.time() }
        domain.revision = int()
        return domain
    }

    fileprivate mutating func dkimKey() throws -> DKIMKeyRow {
        var key = DKIMKeyRow(
            selector: text(), algorithm: text(), state: try oneOf(), sealedPrivateKey: text(), publicKey: bytes(),
            createdAt: time())
        key.retiredAt = optional { $0.time() }
        return key
    }

    fileprivate mutating func finding() throws -> RecordFinding {
        let subject = RecordFinding.Subject(purpose: try oneOf(), kind: try oneOf(), name: text())
        return RecordFinding(
            subject: subject, status: try oneOf(), found: try [String](column: bytes()), detail: optional { $0.text() })
    }
}
