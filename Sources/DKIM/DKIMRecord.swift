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

    /// The value for a zone file: quoted strings of at most 255 bytes (RFC 1035 §3.3.14), which resolvers join again.
    package var zoneFileText: String {
        let text = Array(text.utf8)
        let strings = stride(from: 0, to: text.count, by: 255).map { start in
            String(decoding: text[start..<min(start + 255, text.count)], as: UTF8.self)
        }
        return strings.map { "\"\($0)\"" }.joined(separator: " ")
    }

    static func keyType(of algorithm: SignatureAlgorithm) -> String {
        switch algorithm {
        case .rsaSHA256: "rsa"
        case .ed25519SHA256: "ed25519"
        }
    }
}
