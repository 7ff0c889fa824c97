// RawMessageTests.swift — messages that callers composed themselves: what is changed in them, and what is refused.

import Mail
import Testing

/// Read with a date and a Message-ID of its From domain, if it has none.
func raw(_ text: String) throws(RawMessageError) -> RawMessage { try raw(Array(text.utf8)) }

func raw(_ bytes: [UInt8]) throws(RawMessageError) -> RawMessage {
    try RawMessage(bytes, date: 1_790_000_000_000, messageID: { "<1@\($0)>" })
}

private let own = "Date: Mon, 1 Jan 2024 00:00:00 +0700\r\nMessage-ID: <own@acme.example>\r\n"

struct RawMessageTests {
    @Test(arguments: [
        "\(own)From: a@b.test\r\n\r\nHi.\r\n",
        "From: a@b.test\r\n\(own)X: \r\n y\r\n\tz\r\n\r\n\r\n.\r\n \r\nFrom x\r\n",
        "\(own)From: a@b.test\r\n\r\n",
        "\(own)from:a@b.test\r\nX-รหัส: no\r\n".replacing("X-รหัส", with: "X-Y") + "\r\nสวัสดี\r\n",
        "\(own)From: a@b.test\r\nSubject: สวัสดี\r\n\r\n\u{1B}\u{85}\r\n",
    ])
    func `a message that is right stays as it is, byte for byte`(text: String) throws {
        #expect(try raw(text).content.bytes == Array(text.utf8))
    }

    @Test func `its body begins behind the empty line`() throws {
        for text in ["\(own)From: a@b.test\r\n\r\nbody\r\n", "From: a@b.test\r\nBcc: v@x.test\r\n\r\nbody\r\n"] {
            let message = try raw(text).content
            #expect(message.bytes[message.bodyStart...].elementsEqual("body\r\n".utf8))
        }
    }

    @Test func `a missing Date or Message-ID is put in front`() throws {
        let message = try raw("From: a@b.test\r\n\r\nHi.\r\n")
        #expect(
            String(decoding: message.content.bytes, as: UTF8.self)
                == "Date: Mon, 21 Sep 2026 14:13:20 +0000\r\nMessage-ID: <1@b.test>\r\nFrom: a@b.test\r\n\r\nHi.\r\n"
        )
        #expect(message.messageID == "<1@b.test>")
        #expect(try raw("\(own)From: a@b.test\r\n\r\n").messageID == "<own@acme.example>")
        #expect(try raw("message-id:\r\n <x@y>\r\nFrom: a@b.test\r\n\r\n").messageID == "<x@y>")
    }

    @Test(arguments: [
        "Bcc: v@x.test", "BCC: v@x.test,\r\n w@x.test", "Bcc:", "Return-Path: <v@x.test>", "resent-bcc: v@x.test",
    ])
    func `what nobody may see is taken out with all its lines`(field: String) throws {
        let kept = "\(own)From: a@b.test\r\nX: y\r\n\r\nBcc: this is text\r\n"
        for text in [kept.replacing("X: y", with: "X: y\r\n\(field)"), "\(field)\r\n\(kept)"] {
            #expect(String(decoding: try raw(text).content.bytes, as: UTF8.self) == kept)
        }
    }

    @Test(arguments: ["\n", "\r", "\r\n"]) func `any line end becomes CRLF`(end: String) throws {
        let text = "\(own)From: a@b.test\r\nSubject: a\r\n b\r\n\r\nx\r\n\r\ny"
        let bytes = try raw(text.replacing("\r\n", with: end)).content.bytes
        #expect(bytes == Array((text + "\r\n").utf8))
    }

    @Test(arguments: InjectionTests.smuggling + ["\n\r", "\r\r\n", "\r\n\n", "\n\r\n\r"])
    func `a body can hold no line end but CRLF, or is refused`(sequence: String) throws {
        let text = "\(own)From: a@b.test\r\n\r\na\(sequence)MAIL FROM:<v@x.test>\r\n"
        guard !sequence.utf8.contains(0) else {
            #expect(throws: RawMessageError.containsNUL) { try raw(text) }
            return
        }
        #expect(hasOnlyCRLF(try raw(text).content.bytes))
    }

    @Test func `a line break of any kind in the header makes a field that is judged as one`() throws {
        for end in ["\r", "\n", "\r\r\n"] {
            let text = "\(own)From: a@b.test\r\nSubject: x\(end)Bcc: v@x.test\r\n\r\n"
            #expect(
                !String(decoding: try raw(text).content.bytes, as: UTF8.self).contains("v@x.test") || end == "\r\r\n")
        }
        #expect(throws: RawMessageError.repeated("from")) { try raw("From: a@b.test\rFrom: c@d.test\r\n\r\n") }
    }

    @Test func `a header without an empty line gets one`() throws {
        for text in ["\(own)From: a@b.test", "\(own)From: a@b.test\r\n"] {
            let message = try raw(text).content
            #expect(String(decoding: message.bytes, as: UTF8.self) == "\(own)From: a@b.test\r\n\r\n")
            #expect(message.bodyStart == message.bytes.count)
        }
    }

    @Test(arguments: [
        ("Hi", "Hi", false, false), ("Hi", "สวัสดี", true, false), ("สวัสดี", "Hi", false, true), ("é", "é", true, true),
    ])
    func `what it asks of a host is told by its bytes`(subject: String, body: String, eightBit: Bool, utf8: Bool) throws
    {
        let message = try raw("From: a@b.test\r\nSubject: \(subject)\r\n\r\n\(body)\r\n")
        #expect(message.content.form == ContentForm(has8BitBody: eightBit, hasUTF8Header: utf8))
    }

    @Test func `a body may hold bytes that are no text`() throws {
        let message = try raw(Array("From: a@b.test\r\n\r\n".utf8) + [0xFF, 0xFE, 0x80, 0x0D, 0x0A])
        #expect(message.content.bytes.suffix(5) == [0xFF, 0xFE, 0x80, 0x0D, 0x0A])
    }

    @Test(arguments: [
        ("", RawMessageError.noHeader), ("\r\nFrom: a@b.test\r\n", .noHeader), ("\r\n", .noHeader),
        ("From a@b.test Mon Jan 1\r\nFrom: a@b.test\r\n\r\n", .mboxLine),
        (" From: a@b.test\r\n\r\n", .notAField(line: 1)),
        ("Hello\r\n\r\n", .notAField(line: 1)), ("From: a@b.test\r\n: x\r\n\r\n", .notAField(line: 2)),
        ("Bcc : a@b.test\r\n\r\n", .notAField(line: 1)), ("From: a@b.test\r\nX\u{1B}: y\r\n\r\n", .notAField(line: 2)),
        ("From: a@b.test\r\nXé: y\r\n\r\n", .notAField(line: 2)), ("X: y\r\n\r\nFrom: a@b.test\r\n", .noFrom),
        ("From: a@b.test\0\r\n\r\n", .containsNUL), ("From: a@b.test\r\n\r\n\0", .containsNUL),
        ("From: a@b.test\r\nfrom: c@d.test\r\n\r\n", .repeated("from")),
        ("From: a@b.test\r\nSubject: x\r\nSUBJECT: y\r\n\r\n", .repeated("subject")),
        ("From: a@b.test\r\nDate: x\r\nDate: x\r\n\r\n", .repeated("date")),
        ("From: a@b.test\r\nTo: x\r\nTo: y\r\n\r\n", .repeated("to")),
        ("From: a@b.test\r\nContent-Type: a/b\r\ncontent-type: a/b\r\n\r\n", .repeated("content-type")),
        ("From: a@b.test\r\nMessage-ID: x\r\n\r\n", .badMessageID),
        ("From: a@b.test\r\nMessage-ID:\r\n\r\n", .badMessageID),
        ("From: a@b.test\r\nMessage-ID: <a b>\r\n\r\n", .badMessageID),
        ("From: a@b.test\r\nMessage-ID: <a@b> <c@d>\r\n\r\n", .badMessageID),
        ("From: a@b.test\r\n\r\n\(String(repeating: "x", count: 999))\r\n", .lineTooLong(line: 3)),
        ("From: a@b.test\r\nX: \(String(repeating: "x", count: 996))\r\n\r\n", .lineTooLong(line: 2)),
    ])
    func `what is no message is refused with its reason`(text: String, error: RawMessageError) {
        #expect(throws: error) { try raw(text) }
    }

    @Test func `UTF-8 in the header of a part asks for 8BITMIME only`() throws {
        let part = "--x\r\nContent-Disposition: attachment; filename=\"บิล.pdf\"\r\n\r\n\r\n--x--\r\n"
        let message = try raw("From: a@b.test\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n\(part)")
        #expect(message.content.form == ContentForm(has8BitBody: true, hasUTF8Header: false))
    }

    @Test func `a header is UTF-8 and has at most 64 KiB`() {
        #expect(throws: RawMessageError.notUTF8) {
            try raw(Array("From: a@b.test\r\nX: ".utf8) + [0xE9, 0x0D, 0x0A, 0x0D, 0x0A])
        }
        // 16 bytes of From and 65 of each other field.
        let field = "X: \(String(repeating: "x", count: 60))\r\n"
        func message(_ count: Int) -> String { "From: a@b.test\r\n\(String(repeating: field, count: count))\r\n" }
        #expect(throws: RawMessageError.headerTooLong) { _ = try raw(message(1009)) }
        #expect(throws: Never.self) { _ = try raw(message(1008)) }
    }

    @Test(arguments: [
        ("Hello", "Hello"), ("a\r\n b", "a b"), ("=?UTF-8?B?4Liq4Lin4Lix4Liq4LiU4Li1?=", "สวัสดี"),
        ("=?utf-8?q?Gr=C3=BC=C3=9Fe?= aus", "Grüße aus"), ("=?iso-8859-1?Q?Gr=FC=DFe?=", "Grüße"),
        ("=?UTF-8?B?4Li=?=\r\n =?UTF-8?B?qg==?=", "ส"),
        ("=?UTF-8?Q?=E0=B8?= =?UTF-8?Q?=AA?=", "ส"), ("=?utf-8?q?a?= =?utf-8?q?b?= c", "ab c"),
        ("=?utf-8*th?q?a?=", "a"), ("=?koi8-r?q?=C1?=", "=?koi8-r?q?=C1?="), ("=?utf-8?x?a?=", "=?utf-8?x?a?="),
        ("=?utf-8?q?=0D=0ABcc:_v?=", "=?utf-8?q?=0D=0ABcc:_v?="), ("=?utf-8?q?=C2=85?= x", "=?utf-8?q?=C2=85?= x"),
        ("=?utf-8?q?=ZZ?=", "=?utf-8?q?=ZZ?="), ("a\u{1B}[2Jb", "a[2Jb"), ("a\u{85}b\u{2028}", "ab"), ("", ""),
        ("=?utf-8?q?=FF?=", "\u{FFFD}"),
    ])
    func `its subject is shown unfolded and decoded, without controls`(written: String, shown: String) throws {
        #expect(try raw("From: a@b.test\r\nSubject: \(written)\r\n\r\n").subject == shown)
    }

    @Test(.timeLimit(.minutes(1))) func `hostile messages take no longer than their size asks`() throws {
        // Each would take minutes if any step were quadratic.
        let size = 300_000
        for body in ["\r", "\n", "\r\n", "\n\r", ".\n", "x\r", "From \n"] {
            let long = String(repeating: body, count: size / body.utf8.count)
            #expect(throws: Never.self) { _ = try raw("From: a@b.test\r\n\r\n\(long)") }
        }
        for field in ["a:", "=?", "=?utf-8?q?", "(", "\"", "<", "=?utf-8?q?a?= "] {
            let line = " \(String(repeating: field, count: 900 / field.utf8.count))\r\n"
            let lines = String(repeating: line, count: 60_000 / line.utf8.count)
            _ = try raw("From: a@b.test\r\nSubject:\r\n\(lines)\r\n").subject
            #expect(throws: RawMessageError.self) { try raw("From:\r\n\(lines)\r\n") }
        }
    }
}
