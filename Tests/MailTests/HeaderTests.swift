// HeaderTests.swift — what the header of a composed message looks like.

import Mail
import Testing

struct HeaderTests {
    private func header(_ draft: MessageDraft) throws -> MessageReader { MessageReader(try compose(draft)) }

    @Test func `a plain message has these fields in this order`() throws {
        var draft = try draft(to: ["Bob <bob@example.net>", "eve@example.net"])
        draft.cc = [try NamedMailbox(parsing: "Zoë <zoe@example.net>")]
        draft.replyTo = [try NamedMailbox(parsing: "help@acme.example")]
        let message = try compose(draft)
        #expect(
            String(decoding: message, as: UTF8.self) == """
                Date: Mon, 21 Sep 2026 14:13:20 +0000\r
                From: Acme <hello@acme.example>\r
                To: Bob <bob@example.net>, eve@example.net\r
                Cc: =?UTF-8?Q?Zo=C3=AB?= <zoe@example.net>\r
                Reply-To: help@acme.example\r
                Message-ID: <1@acme.example>\r
                Subject: Hello\r
                MIME-Version: 1.0\r
                Content-Type: text/plain; charset=utf-8\r
                Content-Transfer-Encoding: 7bit\r
                \r
                Hi.\r

                """)
    }

    @Test(arguments: [
        "Your code", "", "a  b   c", "Grüße aus Köln", "รหัสยืนยันของคุณคือ 123456 — ใช้ได้ภายในสิบนาที โปรดอย่าเปิดเผยรหัสนี้กับผู้อื่น",
        "👩‍👩‍👧‍👦 and family 👩‍👩‍👧‍👦👩‍👩‍👧‍👦👩‍👩‍👧‍👦", "=?UTF-8?Q?not_ours?=", " ends in spaces ", String(repeating: "long ", count: 60) + "end",
        String(repeating: "x", count: 2000), "e" + String(repeating: "\u{301}", count: 200),
        "a:" + String(repeating: " b", count: 80),
        String(repeating: "é", count: 500),
    ])
    func `a subject comes back whole from lines of at most 78 bytes`(subject: String) throws {
        let message = try compose(draft(subject: subject))
        #expect(Array((MessageReader(message).decoded("Subject") ?? "absent").utf8) == Array(subject.utf8))
        #expect(lines(message).allSatisfy { $0.utf8.count <= 78 })
        #expect(message.allSatisfy { $0 < 0x80 })
    }

    @Test func `encoded words are at most 75 bytes and break between characters`() throws {
        let subject = String(repeating: "ผู้ใช้", count: 20)
        let words = try #require(header(draft(subject: subject))["Subject"]).components(separatedBy: " ")
        #expect(words.count > 4)
        for word in words {
            #expect(word.utf8.count <= 75)
            #expect(word.hasPrefix("=?UTF-8?B?"))
            let alone = try #require(MessageReader("Subject: \(word)\r\n\r\n").decoded("Subject"))
            #expect(!alone.contains("\u{FFFD}"))
        }
    }

    @Test(arguments: ["👩‍👩‍👧‍👦 and a long tail of plain text", "é" + String(repeating: "\u{301}", count: 18) + " tail", "ก้"])
    func `a character of many bytes stays whole in a word of at most 75`(text: String) throws {
        for padding in 0...80 {
            var draft = try draft(subject: String(repeating: "x", count: padding) + text)
            draft.to = [try NamedMailbox(displayName: draft.subject, mailbox: Mailbox(parsing: "a@b.test"))]
            let message = try header(draft)
            #expect(message.decoded("Subject") == draft.subject)
            #expect(lines(try compose(draft)).allSatisfy { $0.utf8.count <= 78 })
            for word in try #require(message["Subject"]).components(separatedBy: " ") where word.hasPrefix("=?") {
                #expect(word.utf8.count <= 75)
            }
        }
    }

    @Test(arguments: [
        "นายสมชาย ใจดีวัฒนา", "สมชาย สมหญิง ใจดี ณ อยุธยา", "Jürgen Müller-Lüdenscheidt of the Österreichische Werke",
    ])
    func `a name that takes several encoded words breaks at its own spaces`(name: String) throws {
        let draft = try draft(to: ["\"\(name)\" <person@example.test>"])
        let message = try header(draft)
        #expect(message.decoded("To") == "\(name) <person@example.test>")
        let words = try #require(message["To"]).components(separatedBy: " ").dropLast()
        #expect(words.count > 1)
        for word in words.dropLast() {
            #expect(try #require(MessageReader("X: \(word)\r\n\r\n").decoded("X")).hasSuffix(" "))
        }
    }

    @Test func `a name that fits in one encoded word is not torn to fill a line`() throws {
        let draft = try draft(to: (1...9).map { "สมชาย ใจดี \($0) <person\($0)@example.test>" })
        let words = try #require(header(draft)["To"]).components(separatedBy: " ").filter { $0.hasPrefix("=?") }
        #expect(words.count == 9)
    }

    @Test(arguments: [
        ("Bob Jones", "Bob Jones"), ("Jones, Bob", "\"Jones, Bob\""), ("Bob \"B\" \\", "\"Bob \\\"B\\\" \\\\\""),
        ("Bob J.", "\"Bob J.\""),
        ("Zoë", "=?UTF-8?Q?Zo=C3=AB?="), ("Zoë Meyer", "=?UTF-8?Q?Zo=C3=AB_Meyer?="),
        ("Zoë, x_y", "=?UTF-8?B?Wm/DqywgeF95?="), ("สมชาย", "=?UTF-8?B?4Liq4Lih4LiK4Liy4Lii?="),
        ("=?UTF-8?Q?a?=", "=?UTF-8?B?PT9VVEYtOD9RP2E/PQ==?="), ("a  b", "\"a  b\""),
    ])
    func `a display name is written in its plainest safe form`(name: String, phrase: String) throws {
        let mailbox = try NamedMailbox(displayName: name, mailbox: Mailbox(parsing: "a@b.test"))
        var draft = MessageDraft(from: mailbox, date: 0, messageID: "<1@b.test>")
        draft.text = ""
        #expect(try header(draft)["From"] == "\(phrase) <a@b.test>")
    }

    @Test func `many recipients are folded between addresses`() throws {
        let to = (1...200).map { "Person Number \($0) <person\($0)@example.net>" }
        let message = try compose(draft(to: to))
        #expect(MessageReader(message)["To"] == to.joined(separator: ", "))
        #expect(lines(message).allSatisfy { $0.utf8.count <= 78 })
    }

    @Test func `the longest address and a long name stay below 998 bytes a line`() throws {
        let label = String(repeating: "d", count: 61)
        let address = "\(String(repeating: "l", count: 64))@\(label).\(label).\(label).eee"
        let message = try compose(
            draft(to: ["\"\(String(repeating: "n.", count: 700))\" <\(address)>"]))
        #expect(lines(message).allSatisfy { $0.utf8.count <= 998 })
        #expect(MessageReader(message).decoded("To") == "\(String(repeating: "n.", count: 700)) <\(address)>")
    }

    @Test func `an internationalised mailbox keeps its local-part and gets A-labels`() throws {
        let draft = try draft(to: ["ผู้ใช้@ตัวอย่าง.ไทย"])
        #expect(draft.needsSMTPUTF8)
        #expect(try header(draft)["To"] == "ผู้ใช้@xn--72c1a1bt4awk9o.xn--o3cw4h")
    }

    @Test func `a message to nobody in sight says so`() throws {
        var draft = try draft(to: [])
        #expect(try header(draft)["To"] == "undisclosed-recipients:;")
        draft.cc = [try NamedMailbox(parsing: "a@b.test")]
        #expect(try header(draft)["To"] == nil)
    }

    @Test(arguments: [
        (Int64(0), "Thu, 1 Jan 1970 00:00:00 +0000"), (951_782_399_999, "Mon, 28 Feb 2000 23:59:59 +0000"),
        (951_782_400_000, "Tue, 29 Feb 2000 00:00:00 +0000"), (1_795_441_728_123, "Mon, 23 Nov 2026 13:48:48 +0000"),
        (4_107_542_399_000, "Sun, 28 Feb 2100 23:59:59 +0000"), (-1, "Wed, 31 Dec 1969 23:59:59 +0000"),
    ])
    func `a date is written in UTC`(milliseconds: Int64, text: String) throws {
        var draft = try draft()
        draft.date = milliseconds
        #expect(try header(draft)["Date"] == text)
    }

    @Test(arguments: [
        "a\r\nBcc: eve@example.net", "a\nb", "a\rb", "a\0b", "a\tb", "a\u{1B}[2J", "a\u{85}b", "a\u{2028}b", "a\u{7F}",
    ])
    func `no control character gets into a subject`(subject: String) {
        #expect { try compose(draft(subject: subject)) } throws: {
            ($0 as? DraftError)?.problems.map(\.field) == [.subject]
        }
    }

    @Test(arguments: ["", "<>", "1@acme.example", "<1>", "<1@a b>", "<1@a>\r\n<2@b>", "<a@b@c>", "<a..b@c>", "<é@c>"])
    func `no malformed Message-ID gets into a header`(id: String) throws {
        var draft = try draft()
        draft.messageID = id
        #expect {
            try compose(draft)
        } throws: {
            ($0 as? DraftError)?.problems.map(\.field) == [.messageID]
        }
    }

    @Test func `all that is wrong is said at once`() throws {
        #expect { try compose(draft(subject: "a\nb", text: "\0", html: "\0")) } throws: {
            ($0 as? DraftError)?.problems.map(\.field) == [.subject, .text, .html]
        }
        #expect { try compose(draft(text: nil)) } throws: { ($0 as? DraftError)?.problems.map(\.field) == [.text] }
    }
}
