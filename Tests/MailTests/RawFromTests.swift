// RawFromTests.swift — the mailbox of a From field in a message that the caller composed.

import Mail
import Testing

struct RawFromTests {
    @Test(arguments: [
        ("bob@example.net", nil, "bob@example.net"), ("<bob@example.net>", nil, "bob@example.net"),
        ("Bob <bob@example.net>", "Bob", "bob@example.net"), ("Bob<bob@example.net>", "Bob", "bob@example.net"),
        ("Bob\r\n\tJ. Jones\r\n <bob@example.net>", "Bob J. Jones", "bob@example.net"),
        ("\"Jones, Bob\" <bob@example.net>", "Jones, Bob", "bob@example.net"),
        ("\"A \\\"B\\\"\" C <bob@example.net>", "A \"B\" C", "bob@example.net"),
        ("=?UTF-8?B?4Liq4Lih4LiK4Liy4Lii?= <a@b.test>", "สมชาย", "a@b.test"),
        ("=?UTF-8?Q?Zo=C3=AB?=\r\n =?UTF-8?Q?_Meyer?= <a@b.test>", "Zoë Meyer", "a@b.test"),
        ("สมชาย <ผู้ใช้@ตัวอย่าง.ไทย>", "สมชาย", "ผู้ใช้@xn--72c1a1bt4awk9o.xn--o3cw4h"),
        ("bob@example.net (Bob (the B.) Jones)", nil, "bob@example.net"),
        ("(x) Bob (y) < (z) bob@example.net (\\)) > (w)", "Bob", "bob@example.net"),
        ("\"b b\"@example.net", nil, "\"b b\"@example.net"),
        ("Bob <\"b>b\"@example.net>", "Bob", "\"b>b\"@example.net"),
        ("\"a@attacker.test b\"@victim.test", nil, "\"a@attacker.test b\"@victim.test"),
        ("=?utf-8?q?a=40b?=c@host.test", nil, "=?utf-8?q?a=40b?=c@host.test"),
        ("=?utf-8?q?=3Cv=40x.test=3E?= <a@b.test>", "<v@x.test>", "a@b.test"),
        ("=?utf-8?q?a=0D=0Ab?= <a@b.test>", "=?utf-8?q?a=0D=0Ab?=", "a@b.test"),
        ("[Acme] Bob <a@b.test>", "[Acme] Bob", "a@b.test"),
        ("\"\" <a@b.test>", nil, "a@b.test"), ("B\u{1B}ob <a@b.test>", "Bob", "a@b.test"),
        ("\"=?utf-8?q?a?=\" <a@b.test>", "=?utf-8?q?a?=", "a@b.test"),
    ])
    func `a From field gives name and mailbox`(value: String, name: String?, mailbox: String) throws {
        let from = try raw("From: \(value)\r\n\r\n").from
        #expect(from.displayName == name)
        #expect(from.mailbox.description == mailbox)
    }

    @Test(arguments: [
        "a@[192.0.2.1]", "Bob <a@[IPv6:2001:db8::1]>", "(x) <a@[192.0.2.1]> (y)", "\"a b\"@[192.0.2.1]",
    ])
    func `an address literal is let in where it is asked for`(value: String) throws {
        let bytes = Array("From: \(value)\r\n\r\n".utf8)
        let message = try RawMessage(bytes, date: 0, allowingLiterals: true, messageID: { _ in "<1@b.test>" })
        #expect(message.from.mailbox.domain.isLiteral)
        #expect(throws: RawMessageError.badFrom(.literal)) { try raw(bytes) }
    }

    @Test(arguments: [
        ("", RawMessageError.malformedFrom), ("Bob", .malformedFrom), ("Bob <>", .badFrom(.empty)),
        ("a@b.test, c@d.test", .severalFrom), ("A <a@b.test>, B <c@d.test>", .severalFrom), ("a@b.test,", .severalFrom),
        ("Group: a@b.test;", .severalFrom), ("Group:;", .severalFrom), ("a@b.test c@d.test", .malformedFrom),
        ("a@b.test <c@d.test>", .malformedFrom), ("\"a@b.test\" <c@d.test> x", .malformedFrom),
        ("<a@b.test> <c@d.test>", .malformedFrom), ("<<a@b.test>>", .malformedFrom), ("<a@b.test", .malformedFrom),
        ("a@b.test>", .malformedFrom), ("<@x.test:a@b.test>", .badFrom(.emptyLocalPart)), ("a @b.test", .malformedFrom),
        ("<a @b.test>", .malformedFrom), ("<a@ b.test>", .malformedFrom), ("<a(x)@b.test>", .malformedFrom),
        ("\"Bob <a@b.test>", .malformedFrom), ("(Bob <a@b.test>", .malformedFrom), ("B\\ob <a@b.test>", .malformedFrom),
        ("Bob) <a@b.test>", .malformedFrom), ("a@[192.0.2.1]", .badFrom(.literal)),
        ("a@localhost", .badFrom(.singleLabel)),
        ("a..b@c.test", .badFrom(.misplacedDot)), ("=?utf-8?q?a=40b.test?=", .malformedFrom),
        ("\(String(repeating: "(", count: 17))\(String(repeating: ")", count: 17)) a@b.test", .malformedFrom),
        ("a@b.test\u{1B}", .badFrom(.controlCharacter)),
    ])
    func `a From field without exactly one mailbox is refused`(value: String, error: RawMessageError) {
        #expect(throws: error) { try raw("From: \(value)\r\n\r\n") }
    }
}
