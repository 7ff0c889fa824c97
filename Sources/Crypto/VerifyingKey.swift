// VerifyingKey.swift — a public key as key records publish it, that checks signatures.

import COpenSSL

package struct VerifyingKey: Sendable {
    package let algorithm: SignatureAlgorithm
    private let key: OpenSSLKey

    /// `publicKey` is what the `p=` tag says: for RSA a SubjectPublicKeyInfo or a bare RSAPublicKey (RFC 6376 §3.6.1 and
    /// its erratum 3017), for Ed25519 the 32 raw bytes. Nil for anything else.
    package init?(_ algorithm: SignatureAlgorithm, _ publicKey: [UInt8]) {
        let parsed =
            switch algorithm {
            case .rsaSHA256: Self.parseRSA(publicKey)
            case .ed25519SHA256:
                OpenSSLKey(owning: EVP_PKEY_new_raw_public_key_ex(nil, "ED25519", nil, publicKey, publicKey.count))
            }
        guard let parsed, parsed.algorithm == algorithm else { return nil }
        (self.algorithm, key) = (algorithm, parsed)
    }

    package func verifies(_ signature: [UInt8], of bytes: [UInt8]) -> Bool {
        let context = EVP_MD_CTX_new()
        defer {
            EVP_MD_CTX_free(context)
            ERR_clear_error()
        }
        let input = algorithm.input(for: bytes)
        return EVP_DigestVerifyInit(context, nil, algorithm.digest, nil, key.pointer) == 1
            && EVP_DigestVerify(context, signature, signature.count, input, input.count) == 1
    }

    private static func parseRSA(_ der: [UInt8]) -> OpenSSLKey? {
        der.withUnsafeBufferPointer { bytes in
            var (info, bare) = (bytes.baseAddress, bytes.baseAddress)
            return OpenSSLKey(owning: d2i_PUBKEY(nil, &info, bytes.count))
                ?? OpenSSLKey(owning: d2i_PublicKey(EVP_PKEY_RSA, nil, &bare, bytes.count))
        }
    }
}
