// Digest.swift — SHA-256, HMAC-SHA-256 and the comparison that does not tell where two secrets differ.

import COpenSSL

package enum SHA256 {
    package static let byteCount = 32

    /// The 32 bytes of FIPS 180-4.
    package static func digest(of bytes: [UInt8]) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: byteCount) { digest, count in
            let done = EVP_Digest(bytes, bytes.count, digest.baseAddress, nil, algorithm, nil)
            precondition(done == 1, "OpenSSL computes SHA-256")
            count = byteCount
        }
    }

    /// The digest of bytes that come in pieces.
    package struct Hasher: ~Copyable {
        private let context: OpaquePointer

        package init() {
            guard let context = EVP_MD_CTX_new(), EVP_DigestInit_ex2(context, algorithm, nil) == 1 else {
                preconditionFailure("OpenSSL computes SHA-256")
            }
            self.context = context
        }

        deinit { EVP_MD_CTX_free(context) }

        /// Only reads the bytes during the call.
        package mutating func update(_ bytes: UnsafeRawBufferPointer) {
            let done = EVP_DigestUpdate(context, bytes.baseAddress, bytes.count)
            precondition(done == 1, "OpenSSL computes SHA-256")
        }

        /// The 32 bytes for all that went in.
        package consuming func finalize() -> [UInt8] {
            [UInt8](unsafeUninitializedCapacity: byteCount) { digest, count in
                let done = EVP_DigestFinal_ex(context, digest.baseAddress, nil)
                precondition(done == 1, "OpenSSL computes SHA-256")
                count = byteCount
            }
        }
    }

    /// Fetched once: OpenSSL 3 searches its providers on every use of `EVP_sha256()`.
    /// A fetched algorithm is never changed again, so that every thread may read it.
    nonisolated(unsafe) static let algorithm = EVP_MD_fetch(nil, "SHA256", nil)
}

package enum HMACSHA256 {
    /// The 32 bytes of RFC 2104 with SHA-256; any length of key.
    package static func code(of bytes: [UInt8], key: [UInt8]) -> [UInt8] {
        guard let context = EVP_MAC_CTX_dup(template) else { preconditionFailure("OpenSSL copies a context") }
        defer { EVP_MAC_CTX_free(context) }
        return [UInt8](unsafeUninitializedCapacity: SHA256.byteCount) { code, count in
            let done =
                EVP_MAC_init(context, nonEmpty(key), key.count, nil) == 1
                && EVP_MAC_update(context, bytes, bytes.count) == 1
                && EVP_MAC_final(context, code.baseAddress, &count, SHA256.byteCount) == 1
            precondition(done && count == SHA256.byteCount, "OpenSSL computes HMAC-SHA-256")
        }
    }

    /// OpenSSL takes a key at a null address for "keep the key you have".
    private static func nonEmpty(_ key: [UInt8]) -> [UInt8] { key.isEmpty ? [0] : key }

    /// HMAC with its digest chosen and no key: made once, only ever copied, which threads may do at the same time.
    nonisolated(unsafe) private static let template: OpaquePointer? = {
        let hmac = EVP_MAC_fetch(nil, "HMAC", nil)
        defer { EVP_MAC_free(hmac) }
        let context = EVP_MAC_CTX_new(hmac)
        var name = Array("SHA256".utf8CString)
        let chosen = name.withUnsafeMutableBufferPointer { name in
            var parameters = [
                OSSL_PARAM_construct_utf8_string("digest", name.baseAddress, 0), OSSL_PARAM_construct_end(),
            ]
            return EVP_MAC_CTX_set_params(context, &parameters)
        }
        precondition(chosen == 1, "OpenSSL has HMAC with SHA-256")
        return context
    }()
}

/// Compares secrets in a time that depends on their lengths only.
package func areEqualInConstantTime(_ a: [UInt8], _ b: [UInt8]) -> Bool {
    a.count == b.count && CRYPTO_memcmp(a, b, a.count) == 0
}
