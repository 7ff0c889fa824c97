// AESGCM.swift — AES-256-GCM with random nonces (NIST SP 800-38D): nonce, ciphertext and tag in a row.
//
// Random nonces of 96 bits allow 2^32 seals under one key (§8.3): far more than there will be secrets.

import COpenSSL

struct AESGCM: Sendable {
    /// How much longer sealed bytes are.
    static let overhead = nonceByteCount + tagByteCount
    private static let nonceByteCount = 12
    private static let tagByteCount = 16

    private let key: [UInt8]

    /// `key` has 32 bytes.
    init(key: [UInt8]) {
        precondition(key.count == 32, "AES-256 has keys of 32 bytes")
        self.key = key
    }

    func seal(_ secret: [UInt8], authenticating context: [UInt8]) -> [UInt8] {
        let nonce = [UInt8].random(count: Self.nonceByteCount)
        let operation = CipherOperation(.seal, key: key, nonce: nonce)
        guard operation.authenticate(context), let sealed = operation.update(secret),
            let tag = operation.finishedTag(byteCount: Self.tagByteCount)
        else { preconditionFailure("OpenSSL seals") }
        return nonce + sealed + tag
    }

    /// Nil if a bit of it, of the key or of the context differs.
    func open(_ bytes: [UInt8], authenticating context: [UInt8]) -> [UInt8]? {
        guard bytes.count >= Self.overhead else { return nil }
        let operation = CipherOperation(.open, key: key, nonce: Array(bytes.prefix(Self.nonceByteCount)))
        let sealed = Array(bytes.dropFirst(Self.nonceByteCount).dropLast(Self.tagByteCount))
        guard operation.authenticate(context), let secret = operation.update(sealed),
            operation.accepts(tag: Array(bytes.suffix(Self.tagByteCount)))
        else { return nil }
        return secret
    }
}

/// One use of OpenSSL's cipher.
private struct CipherOperation: ~Copyable {
    enum Direction: CInt { case open = 0, seal = 1 }

    private let context: OpaquePointer

    init(_ direction: Direction, key: [UInt8], nonce: [UInt8]) {
        guard let context = EVP_CIPHER_CTX_new(),
            EVP_CipherInit_ex2(context, Self.algorithm, key, nonce, direction.rawValue, nil) == 1
        else { preconditionFailure("OpenSSL has AES-256-GCM") }
        self.context = context
    }

    deinit {
        EVP_CIPHER_CTX_free(context)
        ERR_clear_error()
    }

    func authenticate(_ bytes: [UInt8]) -> Bool {
        var length: CInt = 0
        return EVP_CipherUpdate(context, nil, &length, bytes, CInt(bytes.count)) == 1
    }

    func update(_ bytes: [UInt8]) -> [UInt8]? {
        // OpenSSL takes no bytes at all for the end of the message.
        guard !bytes.isEmpty else { return [] }
        var done: CInt = 0
        let output = [UInt8](unsafeUninitializedCapacity: bytes.count) { output, count in
            var length: CInt = 0
            done = EVP_CipherUpdate(context, output.baseAddress, &length, bytes, CInt(bytes.count))
            count = Int(length)
        }
        return done == 1 ? output : nil
    }

    func finishedTag(byteCount: Int) -> [UInt8]? {
        guard finish() else { return nil }
        var tag = [UInt8](repeating: 0, count: byteCount)
        let done = EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, CInt(byteCount), &tag)
        return done == 1 ? tag : nil
    }

    func accepts(tag: [UInt8]) -> Bool {
        var tag = tag
        return EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, CInt(tag.count), &tag) == 1 && finish()
    }

    /// A stream cipher has no bytes left to write.
    private func finish() -> Bool {
        var (rest, length): ([UInt8], CInt) = ([UInt8](repeating: 0, count: 16), 0)
        return EVP_CipherFinal_ex(context, &rest, &length) == 1
    }

    /// Fetched once, never changed again: every thread may read it.
    nonisolated(unsafe) private static let algorithm = EVP_CIPHER_fetch(nil, "AES-256-GCM", nil)
}
