// DigestTests.swift — digests against the vectors of their standards.

import Crypto
import Testing

struct DigestTests {
    /// FIPS 180-4's own examples, and the empty message.
    @Test(arguments: [
        ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        (
            "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
        ),
    ])
    func sha256(message: String, digest: String) {
        #expect(Hex.encode(SHA256.digest(of: Array(message.utf8))) == digest)
    }

    @Test(arguments: [0, 1, 63, 64, 65, 1000])
    func `pieces have the digest of the whole`(length: Int) {
        let whole = [UInt8].random(count: 1000)
        var hasher = SHA256.Hasher()
        whole.prefix(length).withUnsafeBytes { hasher.update($0) }
        whole.dropFirst(length).withUnsafeBytes { hasher.update($0) }
        #expect(hasher.finalize() == SHA256.digest(of: whole))
    }

    @Test func `a hasher that got nothing has the digest of nothing`() {
        #expect(SHA256.Hasher().finalize() == SHA256.digest(of: []))
    }

    struct Vector: Sendable { let key: [UInt8], message: [UInt8], code: String }

    /// RFC 4231 §4.2, §4.3, §4.7 (a key longer than a block), and an empty key.
    @Test(arguments: [
        Vector(
            key: .init(repeating: 0x0b, count: 20), message: Array("Hi There".utf8),
            code: "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"),
        Vector(
            key: Array("Jefe".utf8), message: Array("what do ya want for nothing?".utf8),
            code: "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"),
        Vector(
            key: .init(repeating: 0xaa, count: 131),
            message: Array("Test Using Larger Than Block-Size Key - Hash Key First".utf8),
            code: "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"),
        Vector(
            key: [], message: [], code: "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad"),
    ])
    func hmac(vector: Vector) {
        #expect(Hex.encode(HMACSHA256.code(of: vector.message, key: vector.key)) == vector.code)
    }

    @Test func threadsComputeCodesAtTheSameTime() async {
        let expected = HMACSHA256.code(of: Array("message".utf8), key: Array("key".utf8))
        let codes = await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<64 {
                group.addTask { HMACSHA256.code(of: Array("message".utf8), key: Array("key".utf8)) == expected }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
        #expect(codes.count == 64 && codes.allSatisfy(\.self))
    }

    @Test(
        arguments: [
            ([1, 2, 3], [1, 2, 3], true), ([1, 2, 3], [1, 2, 4], false), ([1, 2], [1, 2, 3], false), ([], [], true),
        ] as [([UInt8], [UInt8], Bool)])
    func constantTimeComparison(a: [UInt8], b: [UInt8], equal: Bool) {
        #expect(areEqualInConstantTime(a, b) == equal)
    }

    @Test(arguments: [0, 1, 32, 1000])
    func randomBytes(count: Int) {
        #expect([UInt8].random(count: count).count == count)
        #expect(count < 16 || [UInt8].random(count: count) != [UInt8].random(count: count))
    }
}
