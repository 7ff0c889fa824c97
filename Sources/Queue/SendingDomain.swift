// SendingDomain.swift — a domain that its owner sends from: its keys, and what was last seen of its DNS records.

import Mail

package enum SendingDomainStatus: String, Sendable, CaseIterable {
    /// Its records have not all been seen yet.
    case pending
    /// It has an active key, and every record that this needs was there at the last check.
    case verified
    /// It was verified, and a check found that this no longer holds.
    case failing
}

/// A domain as a project sends from it: two projects may both register it, each with keys of its own.
package struct SendingDomainName: Hashable, Sendable, CustomStringConvertible {
    package let domain: Domain
    package let project: ProjectID

    package init(_ domain: Domain, in project: ProjectID) { (self.domain, self.project) = (domain, project) }

    package var description: String { domain.description }
}

package struct SendingDomain: Sendable, Equatable {
    package let id: DomainID
    package let name: Domain
    package let project: ProjectID
    /// As its owner wrote it; a U-label stays one.
    package let original: String
    package let createdAt: Timestamp
    package var status: SendingDomainStatus
    /// When its records were last looked up.
    package var checkedAt: Timestamp?
    /// When they are to be looked up next.
    package var nextCheckAt: Timestamp
    /// Set while it is verified, and the last look found it out of order: a second one is to confirm that.
    package var doubtedAt: Timestamp?
    /// Oldest first.
    package var keys: [DKIMKeyRow]
    /// What the last check saw of each record.
    package var findings: [RecordFinding] = []
    /// Its row, given by the store; rises from one domain to the next, for cursors.
    package internal(set) var key: Int64 = 0
    /// Rises with each change, given by the store: a change to what is no longer so is refused.
    package internal(set) var revision: Int64 = 0

    package init(
        name: Domain, project: ProjectID = .default, original: String, createdAt: Timestamp,
        status: SendingDomainStatus = .pending, keys: [DKIMKeyRow]
    ) {
        id = DomainID(at: createdAt)
        (self.name, self.project, self.original, self.createdAt) = (name, project, original, createdAt)
        (self.status, self.keys, nextCheckAt) = (status, keys, createdAt)
    }

    /// As a row has it, without keys and findings.
    init(id: DomainID, name: Domain, project: ProjectID, original: String, createdAt: Timestamp) {
        (self.id, self.name, self.project, self.original) = (id, name, project, original)
        (self.createdAt, status, keys, nextCheckAt) = (createdAt, .pending, [], createdAt)
    }

    package var fullName: SendingDomainName { SendingDomainName(name, in: project) }

    /// Those that sign.
    package var activeKeys: [DKIMKeyRow] { keys.filter { $0.state == .active } }
}

/// A DKIM key of a sending domain, as the store keeps it.
package struct DKIMKeyRow: Sendable, Equatable {
    package enum State: String, Sendable, CaseIterable {
        /// Its record is to be published.
        case publishing
        /// It signs. At most one of a domain and algorithm.
        case active
        /// It signs no more; its record must stay while messages that it signed are under way.
        case retired
    }

    package let selector: String
    /// As in the `a=` tag: `rsa-sha256` or `ed25519-sha256`.
    package let algorithm: String
    package var state: State
    /// PKCS #8, sealed: only its own room can open it.
    package let sealedPrivateKey: String
    /// As in the `p=` tag of its record, before base64.
    package let publicKey: [UInt8]
    package let createdAt: Timestamp
    /// Set just when it is retired.
    package var retiredAt: Timestamp?

    package init(
        selector: String, algorithm: String, state: State = .publishing, sealedPrivateKey: String, publicKey: [UInt8],
        createdAt: Timestamp
    ) {
        (self.selector, self.algorithm, self.state) = (selector, algorithm, state)
        (self.sealedPrivateKey, self.publicKey, self.createdAt) = (sealedPrivateKey, publicKey, createdAt)
    }

    /// What its private key is sealed for.
    package static func sealingPurpose(domain: Domain, selector: String) -> String {
        "dkim:\(domain.ascii):\(selector)"
    }
}
