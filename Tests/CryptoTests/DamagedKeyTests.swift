// DamagedKeyTests.swift — what is no key is refused, with an error and without a crash.

import COpenSSL
import Crypto
import Testing

struct DamagedKeyTests {
    /// `openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256`, as PKCS #8.
    private static let p256 = """
        MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgZthoMArfBB2wJ1rbAHNaIhHk4+MHQU8qOZB8k0beqn6hRANCAATf\
        CEXPzHHv7NJOHzK0rcaKs3l/nOcEso5g+rqA/gqd25C1KKspraYtvhWq4EzuothMjogSfgDIHAttikL1jRpK
        """

    /// `openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:512`, as PKCS #8.
    private static let rsa512 = """
        MIIBVQIBADANBgkqhkiG9w0BAQEFAASCAT8wggE7AgEAAkEAmGALXAoYSdDUDooiIotMc2KqhyoyxQrKr8A/yrI4Qt2ZprFj+OC6\
        RfEQ2abEIPN5JHqL5xdRkYYt6ooKGHnElQIDAQABAkBRE3GX5Ist456hqeAlz0a7cnlX+B0ReP+F6l5HBPMoqBxkDAYbIOXhOczd\
        jxlEM98Es66HV15UXKwC9e9mVUQVAiEAx1ejKkPTC5gV88uuGW7n8ly9HrhCbflVsxtEN9tQw2cCIQDDrwaiIwE1lxA6Offh7fbM\
        3SRk/WVPdJsaR/FbP5mWowIhAJObQSa6sjuTki3EVFZg2T+NjDyDFC16wwqs1gbGTzdhAiBGF8SlgSpmusSqRqde+zEjMrddoVKP\
        wnHoWQrAJ6jpRwIhAKyedgsnmlsoxQD/9RaQUWQS/6/Tgf/XfgLTxqdVzD4a
        """

    private static let ed25519 = SigningKey.generate(.ed25519SHA256).pkcs8

    @Test func `what is no PrivateKeyInfo is malformed`() {
        for bytes in [[], [0], [0x30, 0x80], Array("-----BEGIN PRIVATE KEY-----".utf8), Self.ed25519 + [0]] as [[UInt8]]
        {
            #expect(throws: SigningKeyError.malformed) { try SigningKey(pkcs8: bytes) }
        }
    }

    @Test func `every shortened key is malformed`() {
        for length in 0..<Self.ed25519.count {
            #expect(throws: SigningKeyError.malformed) { try SigningKey(pkcs8: Array(Self.ed25519.prefix(length))) }
        }
    }

    @Test func `a key for another algorithm is refused`() throws {
        let p256 = try #require(Base64.decode(Self.p256))
        #expect(throws: SigningKeyError.otherAlgorithm) { try SigningKey(pkcs8: p256) }
    }

    @Test func `an RSA key that verifiers do not take is refused`() throws {
        let short = try #require(Base64.decode(Self.rsa512))
        #expect(throws: SigningKeyError.otherSize) { try SigningKey(pkcs8: short) }
    }

    @Test func `a private key for another public one is refused`() throws {
        var damaged = try #require(SigningKeyTests.keys[.rsaSHA256]).pkcs8
        // Within the modulus, which DER puts before the private numbers.
        damaged[100] ^= 0x10
        #expect(throws: SigningKeyError.inconsistent) { try SigningKey(pkcs8: damaged) }
    }

    /// TLS on the same thread would take it for its own.
    @Test func `what is refused leaves no error in OpenSSL's queue`() throws {
        var damaged = try #require(SigningKeyTests.keys[.rsaSHA256]).pkcs8
        damaged[100] ^= 0x10
        for bytes in [[0], Self.ed25519 + [0], damaged] as [[UInt8]] {
            #expect(throws: SigningKeyError.self) { try SigningKey(pkcs8: bytes) }
            #expect(ERR_peek_error() == 0)
        }
        for (algorithm, key) in SigningKeyTests.keys {
            let published = try #require(VerifyingKey(algorithm, key.publicKey))
            #expect(!published.verifies([1], of: []))
            #expect(ERR_peek_error() == 0)
        }
        let box = try SecretBox(masterKey: .random(count: 32))
        #expect(throws: SecretBoxError.self) { try box.open(box.seal([1], for: "one"), for: "another") }
        #expect(ERR_peek_error() == 0)
    }

    /// Where the damage is not seen, the key must still be one that signs.
    @Test func `a damaged RSA key never signs what does not verify`() throws {
        let whole = try #require(SigningKeyTests.keys[.rsaSHA256]).pkcs8
        for position in stride(from: 0, to: whole.count, by: 23) {
            var damaged = whole
            damaged[position] ^= 0x10
            guard let key = try? SigningKey(pkcs8: damaged) else { continue }
            let published = try #require(VerifyingKey(key.algorithm, key.publicKey))
            #expect(published.verifies(key.sign([1, 2, 3]), of: [1, 2, 3]), "byte \(position)")
        }
    }

    @Test(arguments: SignatureAlgorithm.allCases)
    func `what is no public key is refused`(algorithm: SignatureAlgorithm) {
        let other = SigningKey.generate(.ed25519SHA256).publicKey
        for bytes in [[], [0], Array(other.dropLast()), other + [0]] {
            #expect(VerifyingKey(algorithm, bytes) == nil)
        }
    }
}
