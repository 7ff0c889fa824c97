// DKIMRecordTests.swift — key records as they are published, and as they are found.

import Crypto
import DKIM
import Foundation
import Mail
import Testing

struct DKIMRecordTests {
    static let ed25519 = DKIMRecord(
        algorithm: .ed25519SHA256, publicKey: Array("0123456789abcdef0123456789abcdef".utf8))
    static let p = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="
    static let rsa = DKIMRecord(algorithm: .rsaSHA256, publicKey: [UInt8](repeating: 7, count: 294))

    @Test func `a record names the version, the kind of key and the key`() {
        #expect(Self.ed25519.text == "v=DKIM1; k=ed25519; p=\(Self.p)")
        #expect(Self.rsa.text.hasPrefix("v=DKIM1; k=rsa; p=BwcH"))
    }

    @Test func `a record stands under its selector`() {
        let name = DKIMRecord.name(selector: "s1", domain: Domain(trusted: "acme.example"))
        #expect(name == "s1._domainkey.acme.example")
    }

    @Test(arguments: [rsa, ed25519])
    func `what is published agrees`(record: DKIMRecord) {
        #expect(record.agreement(with: [Array(record.text.utf8)]) == .ok)
    }

    /// RFC 6376 §3.2, §3.6.1.
    @Test(arguments: [
        "v=DKIM1;k=ed25519;p=\(p)", "v=DKIM1; p=\(p); k=ed25519", " v = DKIM1 ;\tk = ed25519 ; p = \(p) ; ",
        "k=ed25519; p=\(p)",
        "v=DKIM1; k=ed25519; n=a note; x_1=unknown; p=\(p);", "v=DKIM1; k=ed25519; h=sha1:sha256; s=email; t=s; p=\(p)",
        "v=DKIM1; k=ed25519; s=*; p=\(p)", "v=DKIM1; k=ed25519; p=MDEyMzQ1Njc4OWFi \r\n Y2RlZjAxMjM0NTY3ODlhYmNkZWY=",
        "v=DKIM1; k=ed25519; p=\(p);\r\n", "v=DKIM1; k=ed25519; t=; n=; p=\(p)",
    ])
    func `what means the same agrees`(text: String) {
        #expect(Self.ed25519.agreement(with: [Array(text.utf8)]) == .ok)
    }

    @Test func `RSA is the kind of key that needs no name`() {
        let text = Self.rsa.text.replacingOccurrences(of: " k=rsa;", with: "")
        #expect(Self.rsa.agreement(with: [Array(text.utf8)]) == .ok)
    }

    @Test(
        arguments: [
            ("", .noKey), ("v=spf1 -all", .otherVersion),
            ("v=DKIM1", .noKey), ("hello", .malformed), ("=x", .malformed),
            ("v=DKIM1;; p=\(p)", .malformed), ("1a=x; p=\(p)", .malformed), ("a b=x; p=\(p)", .malformed),
            ("v=DKIM1; k=ed25519; p=\(p); p=\(p)", .malformed), ("v=DKIM1; n=é; k=ed25519; p=\(p)", .malformed),
            ("v=DKIM2; k=ed25519; p=\(p)", .otherVersion), ("k=ed25519; v=DKIM1; p=\(p)", .otherVersion),
            ("v=dkim1; k=ed25519; p=\(p)", .otherVersion), ("v=DKIM1; k=rsa; p=\(p)", .otherKeyType),
            ("v=DKIM1; p=\(p)", .otherKeyType), ("v=DKIM1; k=new; p=\(p)", .otherKeyType),
            ("v=DKIM1; k=ed25519; p=", .revoked), ("v=DKIM1; k=ed25519; p= ;", .revoked),
            ("v=DKIM1; k=ed25519; p=\(p.dropLast())", .malformed), ("v=DKIM1; k=ed25519; p=\"\(p)\"", .malformed),
            ("v=DKIM1; k=ed25519; p=\(p.dropFirst(4))", .otherKey),
            ("v=DKIM1; k=ed25519; p=N\(p.dropFirst())", .otherKey),
            ("v=DKIM1; k=ed25519; h=sha1; p=\(p)", .hashNotAllowed),
            ("v=DKIM1; k=ed25519; s=tlsrpt; p=\(p)", .mailNotAllowed),
            ("v=DKIM1; k=ed25519; t=y:s; p=\(p)", .testing), ("v=DKIM1; k=ed25519\0; p=\(p)", .malformed),
        ] as [(String, DKIMRecord.Difference)])
    func `what means something else differs`(text: String, difference: DKIMRecord.Difference) {
        #expect(Self.ed25519.agreement(with: [Array(text.utf8)]) == .differs(difference))
    }

    @Test func `no record is missing, several differ`() {
        let text = Array(Self.ed25519.text.utf8)
        #expect(Self.ed25519.agreement(with: []) == .missing)
        #expect(Self.ed25519.agreement(with: [text, text]) == .differs(.severalRecords))
    }
}
