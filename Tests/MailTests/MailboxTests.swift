// MailboxTests.swift — which addresses are mailboxes, and what they look like on the wire.

import Mail
import Testing

struct MailboxTests {
    @Test(arguments: [
        ("bob@example.net", "bob@example.net"), ("Bob.O'Neil+tag@EXAMPLE.Net", "Bob.O'Neil+tag@example.net"),
        ("\"bob\"@example.net", "bob@example.net"), ("\"b\\ob\"@example.net", "bob@example.net"),
        ("\"b b\"@example.net", "\"b b\"@example.net"), ("\"\\ \"@example.net", "\" \"@example.net"),
        ("\"a\\\"b\\\\c\"@example.net", "\"a\\\"b\\\\c\"@example.net"), ("\"a@b\"@example.net", "\"a@b\"@example.net"),
        ("\"\"@example.net", "\"\"@example.net"), ("\"a..b\"@example.net", "\"a..b\"@example.net"),
        ("a@bücher.example", "a@xn--bcher-kva.example"), ("a@BÜCHER.example", "a@xn--bcher-kva.example"),
        ("a@faß.example", "a@xn--fa-hia.example"), ("a@例え。テスト", "a@xn--r8jz45g.xn--zckzah"),
        ("ผู้ใช้@ตัวอย่าง.ไทย", "ผู้ใช้@xn--72c1a1bt4awk9o.xn--o3cw4h"),
    ])
    func `an address becomes its form on the wire`(written: String, wire: String) throws {
        #expect(try Mailbox(parsing: written).description == wire)
    }

    @Test(arguments: [
        ("Bob@EXAMPLE.Net", "Bob@EXAMPLE.Net"), ("\"b\\ob\"@example.net", "\"b\\ob\"@example.net"),
        ("a@xn--bcher-kva.example", "a@xn--bcher-kva.example"), ("ผู้ใช้@ตัวอย่าง.ไทย", "ผู้ใช้@ตัวอย่าง.ไทย"),
        ("a@BÜCHER.example", "a@bücher.example"), ("a@例え。テスト", "a@例え.テスト"), ("a@ex\u{200B}ample.net", "a@example.net"),
        ("a@b\u{FC}c\u{AD}her.example", "a@bücher.example"), ("a@Ｅxample.net", "a@example.net"),
    ])
    func `an address is shown as it was written, its U-labels as DNS has them`(written: String, shown: String) throws {
        #expect(Array(try Mailbox(parsing: written).original.utf8) == Array(shown.utf8))
    }

    @Test(arguments: [
        0x200B, 0x200E, 0x200F, 0x202A, 0x202E, 0x2060, 0x2066, 0x2069, 0xFEFF, 0xFDD0, 0xFFFE, 0x1FFFF, 0xAD, 0xE0041,
    ])
    func `no character that nobody sees gets into a local-part`(scalar: UInt32) throws {
        let character = String(try #require(Unicode.Scalar(scalar)))
        for local in ["bob\(character)", "\"b \(character)b\"", character] {
            #expect(throws: AddressError.invisibleCharacter) { try Mailbox(parsing: "\(local)@example.net") }
        }
    }

    @Test(arguments: ["نمی\u{200C}خواهم", "क्\u{200D}ष", "❤\u{FE0F}", "👩\u{200D}👩\u{200D}👧"])
    func `what a script is written with gets into a local-part`(local: String) throws {
        #expect(try Mailbox(parsing: "\(local)@example.net").localPart == local)
    }

    @Test(arguments: ["xn--0.example", "a.xn--", "xn--.example", "XN--ZZZZZZ99999.example"])
    func `an A-label that encodes nothing is refused`(domain: String) {
        #expect(throws: AddressError.self) { try Domain(parsing: domain) }
    }

    @Test(arguments: [
        "xn--bcher-kva.example", "xn--o3cw4h.xn--o3cw4h", "xn--i-7iq.example", "ab--cd.example", "xn-0.example",
        "a.xn0--x.example",
    ])
    func `a label that can be registered is taken as it is`(domain: String) throws {
        #expect(try Domain(parsing: domain).ascii == domain)
        #expect(try Domain(parsing: domain.uppercased()).ascii == domain)
    }

    @Test(arguments: [
        ("", AddressError.empty), ("bob", .noAtSign), ("@example.net", .emptyLocalPart), ("bob@", .emptyDomain),
        (".bob@example.net", .misplacedDot), ("bob.@example.net", .misplacedDot), ("b..b@example.net", .misplacedDot),
        ("b b@example.net", .forbiddenInLocalPart), ("b,b@example.net", .forbiddenInLocalPart),
        ("\"bob@example.net", .unclosedQuotes), ("\"bob\\\"@example.net", .unclosedQuotes),
        ("\"b\"ob@example.net", .forbiddenInLocalPart), ("\"b\\é\"@example.net", .badQuotedString),
        ("bob@[192.0.2.1]", .literal), ("bob@[IPv6:2001:db8::1]", .literal), ("bob@192.0.2.1", .numericTopLevel),
        ("bob@localhost", .singleLabel), ("bob@example.net.", .emptyLabel), ("bob@.example.net", .emptyLabel),
        ("bob@a..test", .emptyLabel), ("bob@-a.test", .misplacedHyphen), ("bob@a-.test", .misplacedHyphen),
        ("bob@a.test-", .misplacedHyphen), ("bob@a_b.test", .forbiddenInDomain), ("bob@ a.test", .forbiddenInDomain),
        ("bob@a@b.test", .forbiddenInDomain), ("bob@é_é.test", .forbiddenInDomain),
        ("bob@é\u{2100}.test", .notInternationalised),
        ("bob@\u{300}a.test", .notInternationalised),
        ("bob\r\nRCPT TO:<eve@example.net>@example.net", .controlCharacter), ("bob@exam\nple.net", .controlCharacter),
        ("b\u{0}b@example.net", .controlCharacter), ("b\u{7F}b@example.net", .controlCharacter),
        ("b\u{85}b@example.net", .controlCharacter), ("b\u{2028}b@example.net", .controlCharacter),
    ])
    func `what is no mailbox is refused with its reason`(written: String, error: AddressError) {
        #expect(throws: error) { try Mailbox(parsing: written) }
    }

    @Test func `lengths are limited on the wire`() throws {
        let local = String(repeating: "l", count: 64)
        let label = String(repeating: "d", count: 61)
        let domain = "\(label).\(label).\(label).\(String(repeating: "e", count: 3))"
        #expect(try Mailbox(parsing: "\(local)@\(domain)").description.utf8.count == 254)
        #expect(throws: AddressError.localPartTooLong) { try Mailbox(parsing: "\(local)l@a.test") }
        #expect(throws: AddressError.addressTooLong) { try Mailbox(parsing: "\(local)@\(domain)e") }
        #expect(throws: AddressError.labelTooLong) { try Mailbox(parsing: "a@\(label)ddd.test") }
        #expect(throws: AddressError.domainTooLong) {
            try Domain(parsing: Array(repeating: label, count: 4).joined(separator: ".") + ".testing")
        }
    }

    @Test func `only a local-part beyond ASCII needs SMTPUTF8`() throws {
        #expect(try Mailbox(parsing: "ผู้ใช้@example.net").needsSMTPUTF8)
        #expect(try !Mailbox(parsing: "user@ตัวอย่าง.ไทย").needsSMTPUTF8)
    }

    @Test func `mailboxes are equal by their form on the wire, byte for byte`() throws {
        let composed = try Mailbox(parsing: "\u{E9}@example.net")
        let decomposed = try Mailbox(parsing: "e\u{301}@example.net")
        #expect(composed != decomposed)
        #expect(Set([composed, decomposed]).count == 2)
        #expect(try Mailbox(parsing: "a@bücher.example") == Mailbox(parsing: "a@xn--bcher-kva.EXAMPLE"))
        #expect(try Mailbox(parsing: "A@example.net") != Mailbox(parsing: "a@example.net"))
    }

    @Test(arguments: [
        ("bob@[192.0.2.1]", "bob@[192.0.2.1]"), ("bob@[IPv6:2001:DB8:0:0::1]", "bob@[IPv6:2001:db8::1]"),
        ("bob@[ipv6:::1]", "bob@[IPv6:::1]"), ("bob@[IPv6:::ffff:192.0.2.1]", "bob@[IPv6:::ffff:192.0.2.1]"),
    ])
    func `an address literal is let in where it is asked for, in one form`(written: String, wire: String) throws {
        let mailbox = try Mailbox(parsing: written, allowingLiterals: true)
        #expect(mailbox.description == wire)
        #expect(mailbox.domain.isLiteral)
        #expect(throws: AddressError.literal) { try Mailbox(parsing: written) }
        #expect(try NamedMailbox(parsing: "Bob <\(written)>", allowingLiterals: true).mailbox == mailbox)
        #expect(throws: AddressError.literal) { try NamedMailbox(parsing: "Bob <\(written)>") }
    }

    @Test(arguments: [
        "[]", "[192.0.2]", "[192.0.2.256]", "[192.0.2.01]", "[192.0.2.1", "[192.0.2.1].test", "[192.0.2.1]]",
        "[ 192.0.2.1]",
        "[2001:db8::1]", "[IPv6:]", "[IPv6:2001:db8::1::2]", "[IPv6:1:2:3:4:5:6:7:8:9]", "[IPv6:fe80::1%eth0]",
        "[IPv6:12345::]", "[x-tag:1]", "[é]", "[\u{664}.0.2.1]",
    ])
    func `a malformed address literal is refused even then`(domain: String) throws {
        #expect(throws: AddressError.badLiteral) { try Mailbox(parsing: "bob@" + domain, allowingLiterals: true) }
        #expect(try !Domain(parsing: "example.test", allowingLiterals: true).isLiteral)
    }

    @Test(arguments: [
        ("\"a@attacker.test b\"@victim.test", "\"a@attacker.test b\"", "victim.test"),
        ("\"<a@attacker.test>\"@victim.test", "\"<a@attacker.test>\"", "victim.test"),
        ("=?utf-8?q?a=40b?=c@host.test", "=?utf-8?q?a=40b?=c", "host.test"),
        ("=?utf-8?q?a=40attacker.test=3E?=@host.test", "=?utf-8?q?a=40attacker.test=3E?=", "host.test"),
    ])
    func `an address goes to the domain behind its last @, and keeps its quotes`(
        written: String, localPart: String, domain: String
    ) throws {
        let mailbox = try Mailbox(parsing: written)
        #expect(mailbox.localPart == localPart)
        #expect(mailbox.domain.ascii == domain)
    }

    @Test(arguments: [
        ("\"a@attacker.test b\"@victim.test", "\"a@attacker.test b\"@victim.test"),
        ("=?utf-8?q?a=40b?=@host.test", "\"=?utf-8?q?a=40b?=\"@host.test"),
        ("x=?utf-8?q?a=40b?=c@host.test", "\"x=?utf-8?q?a=40b?=c\"@host.test"),
        ("ก=?b@host.test", "\"ก=?b\"@host.test"), ("a=b?c@host.test", "a=b?c@host.test"),
    ])
    func `a header shows an address as it is, with quotes around what looks like an encoded word`(
        written: String, shown: String
    ) throws {
        for name in ["", "Bob "] {
            let message = MessageReader(try compose(draft(to: ["\(name)<\(written)>"])))
            #expect(message["To"] == (name.isEmpty ? shown : "Bob <\(shown)>"))
        }
        #expect(try Mailbox(parsing: shown) == Mailbox(parsing: written))
    }
}
