// APIKey.swift — a key to the API as the store keeps it: what it allows, and digests by which its bearer is known.

import Address
import Mail

/// Whether what is sent with a key leaves the machine.
package enum KeyMode: String, Sendable, CaseIterable {
    case live
    /// Everything is accepted and shown as ever, and nothing is delivered to anyone.
    case sandbox
}

package struct APIKey: Sendable, Equatable {
    package let id: APIKeyID
    package let project: ProjectID
    package let mode: KeyMode
    package let createdAt: Timestamp
    package var name: String
    package var secret: Secret
    /// The one before it was rolled, as long as its grace lasts.
    package var previous: Previous?
    package var grant: Grant
    /// Its row, given by the store; rises from one key to the next, for cursors.
    package internal(set) var row: Int64 = 0

    /// What is left of what its bearer sends.
    package struct Secret: Sendable, Equatable {
        /// SHA-256.
        package let digest: [UInt8]
        /// The first characters, by which people know it again.
        package let prefix: String
        package init(digest: [UInt8], prefix: String) { (self.digest, self.prefix) = (digest, prefix) }
    }

    package struct Previous: Sendable, Equatable {
        /// SHA-256.
        package let digest: [UInt8]
        /// From this moment on it is worth nothing.
        package let until: Timestamp
        package init(digest: [UInt8], until: Timestamp) { (self.digest, self.until) = (digest, until) }
    }

    /// What it allows, and where and until when.
    package struct Grant: Sendable, Equatable {
        package var scopes: Set<Scope>
        /// Whose domains the From may be of; empty: any.
        package var fromDomains: [Domain] = []
        /// Where requests may come from; empty: anywhere.
        package var allowedNetworks: [Network] = []
        package var expiresAt: Timestamp?
        /// Requests a second; nil: as many as `http.rate_limit` says.
        package var rateLimit: Int?
        package init(scopes: Set<Scope>) { self.scopes = scopes }
    }

    package init(
        project: ProjectID, mode: KeyMode, name: String, secret: Secret, grant: Grant, createdAt: Timestamp
    ) {
        id = APIKeyID(at: createdAt)
        (self.project, self.mode, self.name, self.secret) = (project, mode, name, secret)
        (self.grant, self.createdAt) = (grant, createdAt)
    }

    /// As a row has it.
    init(id: APIKeyID, project: ProjectID, mode: KeyMode, name: String, secret: Secret, createdAt: Timestamp) {
        (self.id, self.project, self.mode, self.name) = (id, project, mode, name)
        (self.secret, self.createdAt, grant) = (secret, createdAt, Grant(scopes: []))
    }
}
