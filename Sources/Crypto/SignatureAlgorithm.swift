// SignatureAlgorithm.swift — the two kinds of DKIM signature, by the names of the `a=` tag.

import COpenSSL

package enum SignatureAlgorithm: String, CaseIterable, Hashable, Sendable {
    /// RSASSA-PKCS1-v1_5 over SHA-256 (RFC 6376 §3.3.1). Its public key is a DER SubjectPublicKeyInfo (§3.6.1).
    case rsaSHA256 = "rsa-sha256"
    /// PureEdDSA over the SHA-256 digest, not over the bytes (RFC 8463 §3). Its public key is 32 raw bytes (§4.2).
    case ed25519SHA256 = "ed25519-sha256"

    /// RFC 8301 §3.2: what signers should use. Longer ones make records that many DNS panels do not take.
    static let rsaBitsOfNewKeys = 2048
    /// RFC 8301 §3.2: nothing shorter may sign, and above 4096 verifiers need not follow.
    static let rsaBits = 1024...4096
    static let ed25519KeyByteCount = 32

    /// What EVP_DigestSign hashes with; nil: Ed25519 takes its input whole.
    var digest: OpaquePointer? {
        switch self {
        case .rsaSHA256: SHA256.algorithm
        case .ed25519SHA256: nil
        }
    }

    /// What is given to EVP_DigestSign.
    func input(for bytes: [UInt8]) -> [UInt8] {
        switch self {
        case .rsaSHA256: bytes
        case .ed25519SHA256: SHA256.digest(of: bytes)
        }
    }
}
