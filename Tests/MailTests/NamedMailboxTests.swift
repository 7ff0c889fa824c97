// NamedMailboxTests.swift — display names beside mailboxes.

import Mail
import Testing

struct NamedMailboxTests {
    @Test(arguments: [
        ("bob@example.net", nil, "bob@example.net"), ("<bob@example.net>", nil, "bob@example.net"),
        (" bob@example.net ", nil, "bob@example.net"), ("Bob <bob@example.net>", "Bob", "bob@example.net"),
        ("Bob<bob@example.net>", "Bob", "bob@example.net"),
        ("Bob J. (Acme) <bob@example.net>", "Bob J. (Acme)", "bob@example.net"),
        ("\"Jones, Bob\" <bob@example.net>", "Jones, Bob", "bob@example.net"),
        ("\"\" <bob@example.net>", nil, "bob@example.net"),
        ("\"The \\\"B\\\" <x>\" <bob@example.net>", "The \"B\" <x>", "bob@example.net"),
        ("สมชาย ใจดี <somchai@example.net>", "สมชาย ใจดี", "somchai@example.net"),
        ("Bob <\"b>b\"@example.net>", "Bob", "\"b>b\"@example.net"),
        ("\"b b\"@example.net", nil, "\"b b\"@example.net"),
    ])
    func `a written form gives name and mailbox`(written: String, name: String?, mailbox: String) throws {
        let parsed = try NamedMailbox(parsing: written)
        #expect(parsed.displayName == name)
        #expect(parsed.mailbox.description == mailbox)
    }

    @Test(arguments: [
        ("", AddressError.empty), ("Bob", .noAtSign), ("Bob <>", .empty), ("Bob bob@example.net>", .badAngleBrackets),
        ("Bob <bob@example.net> x", .forbiddenInLocalPart), ("Bob <<bob@example.net>>", .forbiddenInLocalPart),
        ("a@b.test, Bob <bob@example.net>", .severalAddresses), ("a@b.test,c@d.test", .severalAddresses),
        ("Bob, Jr <bob@example.net>", .badDisplayName), ("Bob <bob@example.net", .badAngleBrackets),
        ("a@b.test; <bob@example.net>", .badDisplayName),
        ("x> <bob@example.net>", .badDisplayName), ("John \"J\" Doe <bob@example.net>", .badDisplayName),
        ("\"Bob <bob@example.net>", .unclosedQuotes), ("\"Bob\" x <bob@example.net>", .badAngleBrackets),
        ("Bob\r\nBcc: eve@example.net <bob@example.net>", .controlCharacter),
        ("B\tb <bob@example.net>", .controlCharacter),
        ("Bob <bob@example.net>\n", .controlCharacter), ("B\u{9B}b <bob@example.net>", .controlCharacter),
    ])
    func `what is no mailbox with a name is refused`(written: String, error: AddressError) {
        #expect(throws: error) { try NamedMailbox(parsing: written) }
    }

    @Test func `a name given apart may hold anything but controls`() throws {
        let mailbox = try Mailbox(parsing: "bob@example.net")
        #expect(try NamedMailbox(displayName: "Jones, <Bob>", mailbox: mailbox).displayName == "Jones, <Bob>")
        #expect(try NamedMailbox(displayName: "  ", mailbox: mailbox).displayName == nil)
        #expect(throws: AddressError.controlCharacter) { try NamedMailbox(displayName: "a\r\nb", mailbox: mailbox) }
    }

    @Test func `a name may have marks of direction, but none that turns it around`() throws {
        let mailbox = try Mailbox(parsing: "bob@example.net")
        for name in ["שלום ABC \u{200F}123\u{200E}", "\u{202B}שלום\u{202C}", "\u{2068}שלום\u{2069}"] {
            #expect(try NamedMailbox(displayName: name, mailbox: mailbox).displayName == name)
        }
        for name in ["moc.knab \u{202E}", "\u{202D}a"] {
            #expect(throws: AddressError.directionOverride) { try NamedMailbox(displayName: name, mailbox: mailbox) }
            #expect(throws: AddressError.directionOverride) { try NamedMailbox(parsing: "\(name)<bob@example.net>") }
        }
    }

    @Test(arguments: [
        "bob@example.net", "Bob B <bob@example.net>", "\"Jones, Bob\" <bob@bücher.example>", "สมชาย <a@example.net>",
    ])
    func `its description can be read again`(written: String) throws {
        #expect(try NamedMailbox(parsing: written).description == written)
    }
}
