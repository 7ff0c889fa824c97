// SecretBoxTests.swift — a secret comes out only as it went in, for what it was sealed for, under the same master key.

import Crypto
import Testing

struct SecretBoxTests {
    private let box: SecretBox
    private let secret = Array("a webhook's secret".utf8)

    init() throws { box = try SecretBox(masterKey: [UInt8](0..<32)) }

    @Test(arguments: [0, 1, 15, 16, 17, 1200])
    func `a secret of any length comes out again`(length: Int) throws {
        let secret = [UInt8].random(count: length)
        #expect(try box.open(box.seal(secret, for: "test"), for: "test") == secret)
    }

    @Test func `the text names its version and shows nothing`() throws {
        let sealed = box.seal(secret, for: "test")
        #expect(sealed.utf8.starts(with: "v1.".utf8))
        let bytes = try #require(Base64.decode(sealed.utf8.dropFirst(3)))
        #expect(bytes.count == 12 + secret.count + 16)
        #expect(box.seal(secret, for: "test") != sealed)
    }

    /// So that secrets that were sealed by an earlier version can always be opened.
    @Test func `a known text opens`() throws {
        #expect(
            try box.open("v1.ZGVmZ2hpamtsbW5vCk8Yvx+0mh6kiAJwPPkbgpWdo7IA4Ys/1J1sgu0JywRdXg==", for: "test") == secret)
    }

    @Test func `every flipped bit is noticed`() throws {
        let sealed = Array(box.seal(secret, for: "test").utf8)
        for position in sealed.indices {
            for bit in 0..<7 {
                var changed = sealed
                changed[position] ^= 1 << bit
                let text = String(decoding: changed, as: UTF8.self)
                #expect(throws: SecretBoxError.self, "\(text)") { try box.open(text, for: "test") }
            }
        }
    }

    @Test func `every shortened or lengthened text is noticed`() {
        let sealed = box.seal(secret, for: "test")
        for length in 0..<sealed.utf8.count {
            #expect(throws: SecretBoxError.self) { try box.open(String(sealed.prefix(length)), for: "test") }
        }
        #expect(throws: SecretBoxError.notSealed) { try box.open(sealed + "\n", for: "test") }
    }

    @Test(arguments: ["", "tes", "test ", "Test"])
    func `it opens for nothing else`(purpose: String) {
        let sealed = box.seal(secret, for: "test")
        #expect(throws: SecretBoxError.notAuthentic) { try box.open(sealed, for: purpose) }
    }

    @Test func `it opens under no other master key`() throws {
        let other = try SecretBox(masterKey: [UInt8](1...32))
        let sealed = box.seal(secret, for: "test")
        #expect(throws: SecretBoxError.notAuthentic) { try other.open(sealed, for: "test") }
    }

    @Test(arguments: [0, 31, 33])
    func `a master key has 32 bytes`(length: Int) {
        #expect(throws: SecretBoxError.keyLength) { try SecretBox(masterKey: .random(count: length)) }
    }

    @Test func `it tells sealed text from other`() {
        #expect(SecretBox.isSealed(box.seal([], for: "test")))
        for text in ["", "v1.", "v1.AAAA", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "v2." + box.seal([], for: "test")]
        {
            #expect(!SecretBox.isSealed(text), "\(text)")
        }
    }

    @Test func `derived keys stay the same and differ by purpose and master key`() throws {
        let key = box.derivedKey(for: "bounce-address")
        #expect(Hex.encode(key) == "eb39e86d11dffe9ef3cae764f817df47ebc2e587264b64b9eba6fe6e0b75d3a0")
        #expect(box.derivedKey(for: "bounce-addresses") != key)
        #expect(try SecretBox(masterKey: [UInt8](1...32)).derivedKey(for: "bounce-address") != key)
    }
}
