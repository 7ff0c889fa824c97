// SigningKey.swift — a private key that signs mail.
//
// Any number of threads may sign with one key at the same time. A signature costs what OpenSSL needs: 250 µs for
// RSA-2048, 40 µs for Ed25519; never make one on an event loop.

import COpenSSL

package struct SigningKey: Sendable {
    package typealias Algorithm = SignatureAlgorithm

    package let algorithm: Algorithm
    /// As the `p=` tag of a key record wants it, before base64: SubjectPublicKeyInfo for RSA (RFC 6376 §3.6.1), the 32
    /// raw bytes for Ed25519 (RFC 8463 §4.2).
    package let publicKey: [UInt8]
    private let key: OpenSSLKey

    /// RSA keys have 2048 bits. Takes 50 to 500 ms for RSA.
    package static func generate(_ algorithm: Algorithm) -> SigningKey {
        let generated =
            switch algorithm {
            case .rsaSHA256: pr_generate_rsa_key(Algorithm.rsaBitsOfNewKeys)
            case .ed25519SHA256: pr_generate_ed25519_key()
            }
        guard let key = OpenSSLKey(owning: generated) else { preconditionFailure("OpenSSL makes keys") }
        return SigningKey(key, algorithm)
    }

    /// Reads an unencrypted DER PrivateKeyInfo (RFC 5958) with nothing behind it, and proves that the key signs.
    package init(pkcs8: [UInt8]) throws(SigningKeyError) {
        guard let key = Self.parse(pkcs8) else { throw .malformed }
        guard let algorithm = key.algorithm else { throw .otherAlgorithm }
        let isRSA = algorithm == .rsaSHA256
        guard !isRSA || Algorithm.rsaBits.contains(Int(EVP_PKEY_get_bits(key.pointer))) else { throw .otherSize }
        self.init(key, algorithm)
        guard signsWhatItVerifies else { throw .inconsistent }
    }

    private init(_ key: OpenSSLKey, _ algorithm: Algorithm) {
        (self.key, self.algorithm) = (key, algorithm)
        publicKey = key.publicBytes(for: algorithm)
    }

    /// Unencrypted DER PrivateKeyInfo (RFC 5958). Secret.
    package var pkcs8: [UInt8] {
        let info = EVP_PKEY2PKCS8(key.pointer)
        defer { PKCS8_PRIV_KEY_INFO_free(info) }
        return derBytes { i2d_PKCS8_PRIV_KEY_INFO(info, $0) }
    }

    /// The bytes of the `b=` tag, before base64.
    package func sign(_ bytes: [UInt8]) -> [UInt8] {
        guard let signature = signature(of: bytes) else { preconditionFailure("a key that was proven signs") }
        return signature
    }

    private func signature(of bytes: [UInt8]) -> [UInt8]? {
        let context = EVP_MD_CTX_new()
        defer { EVP_MD_CTX_free(context) }
        guard EVP_DigestSignInit(context, nil, algorithm.digest, nil, key.pointer) == 1 else { return nil }
        let input = algorithm.input(for: bytes)
        var done: CInt = 0
        let signature = [UInt8](unsafeUninitializedCapacity: Int(EVP_PKEY_get_size(key.pointer))) { bytes, count in
            count = bytes.count
            done = EVP_DigestSign(context, bytes.baseAddress, &count, input, input.count)
            if done != 1 { count = 0 }
        }
        return done == 1 ? signature : nil
    }

    private var signsWhatItVerifies: Bool {
        defer { ERR_clear_error() }
        guard let signature = signature(of: []), let key = VerifyingKey(algorithm, publicKey) else { return false }
        return key.verifies(signature, of: [])
    }

    private static func parse(_ pkcs8: [UInt8]) -> OpenSSLKey? {
        pkcs8.withUnsafeBufferPointer { bytes in
            var end = bytes.baseAddress
            let info = d2i_PKCS8_PRIV_KEY_INFO(nil, &end, bytes.count)
            defer { PKCS8_PRIV_KEY_INFO_free(info) }
            guard let key = OpenSSLKey(owning: info.flatMap { EVP_PKCS82PKEY($0) }) else { return nil }
            return end == bytes.baseAddress.map { $0 + bytes.count } ? key : nil
        }
    }
}

package enum SigningKeyError: Error, Hashable, Sendable {
    /// No DER PrivateKeyInfo, or more than one.
    case malformed
    /// Neither RSA nor Ed25519.
    case otherAlgorithm
    /// RSA below 1024 or above 4096 bits.
    case otherSize
    /// The private half does not belong to the public one.
    case inconsistent
}
