// DKIMRecord+Reading.swift — judges the TXT records that were found where this one should be.

import Crypto

extension DKIMRecord {
    /// What a lookup showed, compared with what it should show.
    package enum Agreement: Hashable, Sendable {
        /// Verifiers will find the key.
        case ok
        case missing
        case differs(Difference)
    }

    /// Why verifiers would not find the key. Also why a text is no key record.
    package enum Difference: Error, Hashable, Sendable {
        case severalRecords
        case malformed
        case otherVersion
        case otherKeyType
        case noKey
        case revoked
        case otherKey
        case hashNotAllowed
        case mailNotAllowed
        case testing
    }

    /// `texts` are the name's TXT records, each with its strings joined.
    ///
    /// Order of tags, white space, unknown tags and defaults make no difference (RFC 6376 §3.6.1).
    package func agreement(with texts: [[UInt8]]) -> Agreement {
        guard let text = texts.first else { return .missing }
        // §3.6.2.2: what a verifier does then is undefined.
        guard texts.count == 1 else { return .differs(.severalRecords) }
        do {
            let found = try DKIMRecord(parsing: text)
            guard found.algorithm == algorithm else { return .differs(.otherKeyType) }
            return found == self ? .ok : .differs(.otherKey)
        } catch {
            return .differs(error)
        }
    }

    /// Reads a record that lets mail be signed with SHA-256; throws what stands in the way of that.
    package init(parsing text: [UInt8]) throws(Difference) {
        guard let tags = TagList(parsing: text) else { throw .malformed }
        if let version = tags["v"] {
            // If it is there, it stands first (§3.6.1).
            guard version == Array("DKIM1".utf8), tags.first == "v" else { throw .otherVersion }
        }
        let algorithm = try Self.algorithm(for: tags["k"])
        try Self.checkUse(tags)
        guard let encoded = tags["p"] else { throw .noKey }
        guard !encoded.isEmpty else { throw .revoked }
        guard let publicKey = Base64.decode(encoded) else { throw .malformed }
        self.init(algorithm: algorithm, publicKey: publicKey)
    }

    private static func algorithm(for keyType: [UInt8]?) throws(Difference) -> SignatureAlgorithm {
        guard let keyType else { return .rsaSHA256 }
        let known = SignatureAlgorithm.allCases.first { Array(Self.keyType(of: $0).utf8) == keyType }
        guard let known else { throw .otherKeyType }
        return known
    }

    /// The tags that limit a key: `h=` hashes, `s=` services, `t=` flags. `t=s` does not concern us: we write no `i=`.
    private static func checkUse(_ tags: TagList) throws(Difference) {
        if let hashes = tags.list("h"), !hashes.contains("sha256") { throw .hashNotAllowed }
        if let services = tags.list("s"), !services.contains("email"), !services.contains("*") { throw .mailNotAllowed }
        // Verifiers treat mail under a testing key as unsigned.
        if let flags = tags.list("t"), flags.contains("y") { throw .testing }
    }
}

extension DKIMRecord.Difference: CustomStringConvertible {
    /// Half a sentence for whoever publishes the record.
    package var description: String {
        switch self {
        case .severalRecords: "there are several TXT records; leave only this one"
        case .malformed: "it is not a DKIM record, or its base64 is damaged"
        case .otherVersion: "it must begin with v=DKIM1"
        case .otherKeyType: "its k= tag names another kind of key"
        case .noKey: "it has no p= tag"
        case .revoked: "its p= tag is empty, which revokes the key"
        case .otherKey: "its p= tag has another key"
        case .hashNotAllowed: "its h= tag does not allow sha256"
        case .mailNotAllowed: "its s= tag does not allow email"
        case .testing: "its t=y flag tells others to treat the mail as unsigned"
        }
    }
}
