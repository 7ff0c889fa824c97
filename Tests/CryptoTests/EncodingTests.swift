// EncodingTests.swift — base64 and hex, and what they refuse.

import Crypto
import Testing

struct EncodingTests {
    /// RFC 4648 §10.
    static let base64 = [
        ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="),
        ("foobar", "Zm9vYmFy"),
    ]

    @Test(arguments: base64)
    func base64Encodes(plain: String, encoded: String) {
        #expect(Base64.encode(Array(plain.utf8)) == encoded)
    }

    @Test(arguments: base64)
    func base64Decodes(plain: String, encoded: String) {
        #expect(Base64.decode(encoded) == Array(plain.utf8))
    }

    @Test func base64KeepsEveryByteAtEveryLength() {
        let all = [UInt8](0...255)
        for length in 0...256 {
            let bytes = Array(all.prefix(length))
            #expect(Base64.decode(Base64.encode(bytes)) == bytes)
        }
    }

    @Test(arguments: [
        "Zg", "Zg=", "Zg===", "Z===", "====", "=", "Zh==", "Zm9=", "Zm9v\n", " Zm9v", "Zm9v\r\nZm9v", "Zm9-", "Zm_v",
        "Zg==Zg==", "Zm9v====", "Zm=v", "Zm9v---=", "----", "Zm9\u{e9}",
    ])
    func base64Refuses(text: String) {
        #expect(Base64.decode(text) == nil)
    }

    @Test func hexWritesLowerCaseAndReadsBoth() {
        #expect(Hex.encode([0, 0x0f, 0xa5, 0xff]) == "000fa5ff")
        #expect(Hex.decode("000fa5fF") == [0, 0x0f, 0xa5, 0xff])
        #expect(Hex.decode("") == [])
    }

    @Test(arguments: ["0", "0g", "0x10", "+1", " 1", "é1"])
    func hexRefuses(text: String) {
        #expect(Hex.decode(text) == nil)
    }
}
