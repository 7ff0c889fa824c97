// OpenSSLKey.swift — an OpenSSL key that is freed with its last owner.

import COpenSSL

/// OpenSSL lets several threads use a key at the same time, as long as none changes it, and nobody here does.
final class OpenSSLKey: @unchecked Sendable {
    let pointer: OpaquePointer

    /// Takes over the caller's reference. Nil for a null pointer, after which this thread's error queue is empty again:
    /// TLS on the same thread would take what lies there for its own.
    init?(owning pointer: OpaquePointer?) {
        guard let pointer else {
            ERR_clear_error()
            return nil
        }
        self.pointer = pointer
    }

    deinit { EVP_PKEY_free(pointer) }

    /// What kind of signature it makes; nil for a kind that we do not use.
    var algorithm: SignatureAlgorithm? {
        if EVP_PKEY_is_a(pointer, "RSA") == 1 { return .rsaSHA256 }
        if EVP_PKEY_is_a(pointer, "ED25519") == 1 { return .ed25519SHA256 }
        return nil
    }

    /// Its public half as `SignatureAlgorithm` says that it is published.
    func publicBytes(for algorithm: SignatureAlgorithm) -> [UInt8] {
        switch algorithm {
        case .rsaSHA256: return derBytes { i2d_PUBKEY(pointer, $0) }
        case .ed25519SHA256:
            return [UInt8](unsafeUninitializedCapacity: SignatureAlgorithm.ed25519KeyByteCount) { bytes, count in
                count = bytes.count
                let done = EVP_PKEY_get_raw_public_key(pointer, bytes.baseAddress, &count)
                precondition(done == 1, "OpenSSL knows the public half of a key")
            }
        }
    }
}

/// What one of OpenSSL's `i2d_…` functions writes, which says its length when asked with a null address.
func derBytes(_ write: (UnsafeMutablePointer<UnsafeMutablePointer<UInt8>?>?) -> CInt) -> [UInt8] {
    let length = Int(write(nil))
    precondition(length > 0, "OpenSSL writes a key as DER")
    return [UInt8](unsafeUninitializedCapacity: length) { bytes, count in
        var end = bytes.baseAddress
        count = Int(write(&end))
    }
}
