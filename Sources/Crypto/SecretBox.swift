// SecretBox.swift — secrets at rest: sealed with AES-256-GCM under keys derived from one master key.
//
// A sealed secret is text: `v1.` and the base64 of nonce (12 bytes), ciphertext and tag (16 bytes). What it is for is
// authenticated with it, so that one secret cannot be put in the place of another. The keys are the master key's by
// HKDF-Expand with SHA-256 (RFC 5869 §2.3); the master key is random, so there is nothing to extract (§3.3).

package struct SecretBox: Sendable {
    package static let masterKeyByteCount = 32

    private static let version = "v1."
    private let masterKey: [UInt8]
    private let cipher: AESGCM

    /// `masterKey` has 32 random bytes.
    package init(masterKey: [UInt8]) throws(SecretBoxError) {
        guard masterKey.count == Self.masterKeyByteCount else { throw .keyLength }
        self.masterKey = masterKey
        cipher = AESGCM(key: Self.expand(masterKey, info: "postrider seal v1"))
    }

    /// Another text each time. `purpose` names the secret's place, such as `webhook-secret whk_…`; it is not secret.
    package func seal(_ secret: [UInt8], for purpose: String) -> String {
        Self.version + Base64.encode(cipher.seal(secret, authenticating: Array(purpose.utf8)))
    }

    /// `notAuthentic`: sealed under another master key or for another purpose, or changed since.
    package func open(_ sealed: String, for purpose: String) throws(SecretBoxError) -> [UInt8] {
        guard let bytes = Self.sealedBytes(of: sealed) else { throw .notSealed }
        guard let secret = cipher.open(bytes, authenticating: Array(purpose.utf8)) else { throw .notAuthentic }
        return secret
    }

    /// 32 bytes that are the same for the same master key and purpose, and tell nothing about other purposes' keys.
    package func derivedKey(for purpose: String) -> [UInt8] {
        Self.expand(masterKey, info: "postrider key " + purpose)
    }

    /// Whether it has the form of a sealed secret; says nothing about who sealed it.
    package static func isSealed(_ text: String) -> Bool { sealedBytes(of: text) != nil }

    private static func sealedBytes(of text: String) -> [UInt8]? {
        guard text.utf8.starts(with: version.utf8) else { return nil }
        let bytes = Base64.decode(text.utf8.dropFirst(version.utf8.count))
        return bytes.flatMap { $0.count >= AESGCM.overhead ? $0 : nil }
    }

    /// RFC 5869 §2.3 for one block, the first.
    private static func expand(_ key: [UInt8], info: String) -> [UInt8] {
        HMACSHA256.code(of: Array(info.utf8) + [1], key: key)
    }
}

package enum SecretBoxError: Error, Hashable, Sendable {
    /// The master key does not have 32 bytes.
    case keyLength
    /// Not the text that `seal` writes.
    case notSealed
    /// Sealed under another key or for another purpose, or changed since.
    case notAuthentic
}
