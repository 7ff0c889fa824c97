// DKIMRecord.swift — a key record: the TXT value under `SELECTOR._domainkey.DOMAIN` (RFC 6376 §3.6.1, RFC 8463 §4).

import Crypto
import Mail

package struct DKIMRecord: Hashable, Sendable {
    package let algorithm: SignatureAlgorithm
    /// As the `p=` tag has it, before base64 (`SigningKey.publicKey`).
    package let publicKey: [UInt8]

    package init(algorithm: SignatureAlgorithm, publicKey: [UInt8]) {
        (self.algorithm, self.publicKey) = (algorithm, publicKey)
    }

    package init(for key: SigningKey) { self.init(algorithm: key.algorithm, publicKey: key.publicKey) }

    /// Where it is published, without a final dot.
    package static func name(selector: String, domain: Domain) -> String {
        "\(selector)._domainkey.\(domain.ascii)"
    }

    /// The whole value, as most DNS panels want it.
    package var text: String { "v=DKIM1; k=\(Self.keyType(of: algorithm)); p=\(Base64.encode(publicKey))" }

    static func keyType(of algorithm: SignatureAlgorithm) -> String {
        switch algorithm {
        case .rsaSHA256: "rsa"
        case .ed25519SHA256: "ed25519"
        }
    }
}
