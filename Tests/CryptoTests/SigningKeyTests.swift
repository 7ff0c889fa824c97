// SigningKeyTests.swift — keys are written and read again, and what they sign verifies with what they publish.

import Crypto
import Testing

struct SigningKeyTests {
    /// Made once: an RSA key takes its time.
    static let keys: [SigningKey.Algorithm: SigningKey] = Dictionary(
        uniqueKeysWithValues: SigningKey.Algorithm.allCases.map { ($0, SigningKey.generate($0)) })

    static let message = Array("Is dinner ready?".utf8)

    private func key(_ algorithm: SigningKey.Algorithm) throws -> SigningKey { try #require(Self.keys[algorithm]) }

    @Test(arguments: SigningKey.Algorithm.allCases)
    func `a signature verifies with the published key`(algorithm: SigningKey.Algorithm) throws {
        let key = try key(algorithm)
        let published = try #require(VerifyingKey(algorithm, key.publicKey))
        #expect(published.verifies(key.sign(Self.message), of: Self.message))
    }

    @Test(arguments: SigningKey.Algorithm.allCases)
    func `a signature of other bytes, a changed one and another key's do not verify`(
        algorithm: SigningKey.Algorithm
    ) throws {
        let key = try key(algorithm)
        let published = try #require(VerifyingKey(algorithm, key.publicKey))
        var signature = key.sign(Self.message)
        #expect(!published.verifies(signature, of: Self.message + [0]))
        #expect(!published.verifies(signature.dropLast(), of: Self.message))
        #expect(!published.verifies([], of: Self.message))
        signature[10] ^= 1
        #expect(!published.verifies(signature, of: Self.message))
        let other = try #require(VerifyingKey(.ed25519SHA256, SigningKey.generate(.ed25519SHA256).publicKey))
        #expect(!other.verifies(key.sign(Self.message), of: Self.message))
    }

    @Test(arguments: SigningKey.Algorithm.allCases)
    func `a key is the same after writing and reading`(algorithm: SigningKey.Algorithm) throws {
        let key = try key(algorithm)
        let read = try SigningKey(pkcs8: key.pkcs8)
        #expect(read.algorithm == algorithm)
        #expect(read.publicKey == key.publicKey)
        // Both kinds of signature are deterministic.
        #expect(read.sign(Self.message) == key.sign(Self.message))
    }

    @Test func `every generated key is another`() {
        #expect(SigningKey.generate(.ed25519SHA256).publicKey != SigningKey.generate(.ed25519SHA256).publicKey)
    }

    @Test func `RSA keys have 2048 bits and are published as SubjectPublicKeyInfo`() throws {
        let key = try key(.rsaSHA256)
        #expect(key.sign(Self.message).count == 2048 / 8)
        // SEQUENCE { SEQUENCE { OID rsaEncryption, NULL }, BIT STRING … }
        let prefix = "30820122300d06092a864886f70d01010105000382010f00"
        #expect(Hex.encode(Array(key.publicKey.prefix(24))) == prefix)
    }

    /// RFC 8032 §7.1, test 1, whose key is RFC 8463's too.
    @Test func `an Ed25519 key is published as 32 raw bytes`() throws {
        let key = try SigningKey(pkcs8: Self.ed25519(seed: "nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A="))
        #expect(Base64.encode(key.publicKey) == "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=")
    }

    @Test func `Ed25519 signs the digest, not the bytes`() throws {
        let key = try key(.ed25519SHA256)
        let published = try #require(VerifyingKey(.ed25519SHA256, key.publicKey))
        #expect(!published.verifies(key.sign(SHA256.digest(of: Self.message)), of: Self.message))
    }

    /// RFC 8410 §7.
    static func ed25519(seed: String) throws -> [UInt8] {
        let prefix = try #require(Hex.decode("302e020100300506032b657004220420"))
        return try prefix + #require(Base64.decode(seed))
    }

    @Test func `threads sign with one key at the same time`() async throws {
        for algorithm in SigningKey.Algorithm.allCases {
            let key = try key(algorithm)
            let expected = key.sign(Self.message)
            let signatures = await withTaskGroup(of: [UInt8].self) { group in
                for _ in 0..<32 { group.addTask { key.sign(Self.message) } }
                return await group.reduce(into: []) { $0.append($1) }
            }
            #expect(signatures.count == 32 && signatures.allSatisfy { $0 == expected })
        }
    }
}
