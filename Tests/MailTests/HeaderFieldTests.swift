// HeaderFieldTests.swift — the header fields that callers add: which they may, and what becomes of them.

import Mail
import Testing

struct HeaderFieldTests {
    private func message(_ fields: [(String, String)]) throws -> [UInt8] {
        var draft = try draft()
        draft.headers = try fields.map { try HeaderField(callerName: $0.0, value: $0.1) }
        return try compose(draft)
    }

    @Test(arguments: ["", "X Y", "X:", "X\r\nY", "X\nY", "X\0", "Ü", "X\u{7F}", "X\t"])
    func `a field needs a name of printable ASCII`(name: String) {
        #expect(throws: HeaderFieldError.badName) { try HeaderField(callerName: name, value: "v") }
    }

    @Test func `a name leaves room on its line`() throws {
        let name = String(repeating: "n", count: 76)
        #expect(throws: HeaderFieldError.nameTooLong) { try HeaderField(callerName: name + "n", value: "v") }
        let written = try message([(name, "a b")])
        #expect(MessageReader(written)[name] == "a b")
    }

    @Test(arguments: [
        ("From", "from"), ("fRoM", "from"), ("To", "to"), ("Cc", "cc"), ("BCC", "bcc"), ("Reply-To", "reply_to"),
        ("subject", "subject"), ("Return-Path", "return_path"), ("Errors-To", "return_path"), ("Sender", "from"),
        ("Date", nil), ("Message-ID", nil), ("MESSAGE-ID", nil), ("Received", nil), ("DKIM-Signature", nil),
        ("ARC-Seal", nil), ("arc-anything", nil), ("Authentication-Results", nil), ("MIME-Version", nil),
        ("Content-Type", "text, html or attachments"), ("content-x", "text, html or attachments"),
        ("Resent-From", nil), ("Resent-Bcc", nil), ("Delivered-To", nil), ("X-Original-To", nil), ("Received-SPF", nil),
        ("BIMI-Location", nil), ("BIMI-Indicator", nil), ("TLS-Required", "tls"),
    ])
    func `a field that is ours is refused by name`(name: String, member: String?) {
        #expect(throws: HeaderFieldError.reserved(useInstead: member)) { try HeaderField(callerName: name, value: "v") }
    }

    @Test(arguments: [
        ("X-Campaign", "spring"), ("X-Thai", "รหัสยืนยันของคุณคือ 123456 — ใช้ได้ภายในสิบนาที โปรดอย่าเปิดเผยรหัสนี้กับผู้อื่น"),
        ("X-A", ""),
        ("X-A", "=?utf-8?q?not_ours?="), ("Comments", " spaces "), ("X-Long", String(repeating: "x", count: 2000)),
    ])
    func `free text arrives whole in 7-bit lines of at most 78 bytes`(name: String, value: String) throws {
        let written = try message([(name, value)])
        #expect(MessageReader(written).decoded(name) == value)
        #expect(written.allSatisfy { $0 < 0x80 })
        #expect(lines(written).allSatisfy { $0.utf8.count <= 78 })
    }

    @Test(arguments: [
        ("References", (1...200).map { "<\($0)@acme.example>" }.joined(separator: " ")),
        ("In-Reply-To", "<1@acme.example>"), ("List-Id", "News <news.acme.example>"),
        ("Auto-Submitted", "auto-generated"),
        ("Precedence", "bulk"), ("Feedback-ID", "1:2:3:acme"), ("X-Priority", "1 (Highest)"),
        ("List-Unsubscribe", "<mailto:u@acme.example?subject=a%20b>"),
        ("References", "<\(String(repeating: "x", count: 900))@a>"),
    ])
    func `what programs read is folded at its spaces and never encoded`(name: String, value: String) throws {
        let written = try message([(name, value)])
        #expect(MessageReader(written)[name] == value)
        let long = value.utf8.split(separator: 0x20).map(\.count).max() ?? 0
        #expect(lines(written).allSatisfy { $0.utf8.count <= max(78, name.utf8.count + 2 + long) })
    }

    @Test(arguments: [
        ("References", "<é@acme.example>", HeaderFieldError.notASCII),
        ("List-Id", "ข่าว <news.acme.example>", .notASCII),
        ("In-Reply-To", "<=?utf-8?q?a?=@acme.example>", .encodedWord),
        ("List-Id", "=?utf-8?B?YQ==?= <a.b>", .encodedWord),
        ("List-Id", "x=?iso-8859-1?q?a b?=y", .encodedWord), ("References", "", .empty), ("Precedence", "  ", .empty),
        ("References", String(repeating: "x", count: 987), .stretchTooLong),
        ("References", "a " + String(repeating: "x", count: 998), .stretchTooLong),
        ("References", "a" + String(repeating: " ", count: 998) + "b", .stretchTooLong),
        ("List-Unsubscribe", "https://acme.example/u", .badUnsubscribeList),
        ("List-Unsubscribe", "<>", .badUnsubscribeList), ("List-Unsubscribe", "<u@acme.example>", .badUnsubscribeList),
        ("List-Unsubscribe", "<https://a.example>,", .badUnsubscribeList),
        ("List-Unsubscribe", "<https://a.example> <https://b.example>", .badUnsubscribeList),
        ("List-Unsubscribe", "<https://a.example/ x>", .badUnsubscribeList),
        ("List-Unsubscribe", "<https://a.example>, <", .badUnsubscribeList),
        ("List-Unsubscribe", "<https://a.example>, ,<https://b.example>", .badUnsubscribeList),
        ("List-Unsubscribe", "<https://a.example> (x)", .badUnsubscribeList),
        ("List-Unsubscribe", "<https:>", .badUnsubscribeList), ("List-Unsubscribe", "<1a:b>", .badUnsubscribeList),
        ("List-Unsubscribe-Post", "yes", .badUnsubscribePost),
        ("List-Unsubscribe-Post", "list-unsubscribe=one-click", .badUnsubscribePost),
    ])
    func `what programs could not read is refused`(name: String, value: String, error: HeaderFieldError) {
        #expect(throws: error) { try HeaderField(callerName: name, value: value) }
    }

    @Test(arguments: ["References", "X-A"])
    func `a line is never over 998 bytes`(name: String) throws {
        for count in 900...1000 {
            for value in [String(repeating: "x", count: count), "a " + String(repeating: "x", count: count)] {
                do {
                    #expect(lines(try message([(name, value)])).allSatisfy { $0.utf8.count <= 998 })
                } catch {
                    #expect(error as? HeaderFieldError == .stretchTooLong)
                }
            }
        }
    }

    @Test(arguments: [
        ("<https://acme.example/u?a=b>", true), ("<mailto:u@acme.example>, <HTTPS://acme.example/u>", true),
        ("<mailto:u@acme.example>", false), ("<http://acme.example/u>", false),
        ("<https://acme.example/u?ids=1,2,3>", true),
        ("<mailto:u@acme.example?subject=a,b>,<https://acme.example/,>", true),
        ("<mailto:u@acme.example?body=https:,x>", false),
        (" <https://acme.example/u> , <mailto:u@acme.example> ", true),
    ])
    func `one click is offered where there is an https URI to click`(value: String, isOffered: Bool) throws {
        let message = MessageReader(try message([("list-unsubscribe", value)]))
        #expect(message["List-Unsubscribe-Post"] == (isOffered ? "List-Unsubscribe=One-Click" : nil))
    }

    @Test func `a caller's own List-Unsubscribe-Post stands alone`() throws {
        let message = MessageReader(
            try message([
                ("List-Unsubscribe", "<https://a.example>"), ("list-unsubscribe-post", "List-Unsubscribe=One-Click"),
            ]))
        #expect(message.fields.count { $0.name.lowercased() == "list-unsubscribe-post" } == 1)
    }

    @Test(arguments: [nil, "<mailto:u@acme.example>", "<http://acme.example/u>"])
    func `one click is not promised without an https URI to click`(list: String?) {
        let fields =
            [("list-unsubscribe-Post", "List-Unsubscribe=One-Click")] + (list.map { [("List-Unsubscribe", $0)] } ?? [])
        #expect { try message(fields) } throws: {
            ($0 as? DraftError)?.problems.map(\.field.path) == [["headers", "list-unsubscribe-Post"]]
        }
    }

    @Test func `the same name twice is refused, however it is written`() throws {
        #expect { try message([("X-A", "1"), ("X-B", "2"), ("x-a", "3")]) } throws: {
            ($0 as? DraftError)?.problems.map(\.field.path) == [["headers", "x-a"]]
        }
    }

    @Test func `own fields stand between Subject and MIME-Version in their order`() throws {
        let names = MessageReader(try message([("X-B", "1"), ("X-A", "2")])).fields.map(\.name)
        #expect(
            names.suffix(6).elementsEqual(
                ["Subject", "X-B", "X-A", "MIME-Version", "Content-Type", "Content-Transfer-Encoding"]))
    }

    @Test(.timeLimit(.minutes(1))) func `a value that no header has room for is refused before it is looked at`() throws
    {
        let longest = String(repeating: "สว", count: 65_536 / 6)
        #expect(throws: Never.self) { try HeaderField(callerName: "X-A", value: longest) }
        for count in [5, 25_000_000] {
            let longer = longest + String(repeating: "x", count: count)
            #expect(throws: HeaderFieldError.valueTooLong) { try HeaderField(callerName: "X-A", value: longer) }
        }
    }

    @Test(.timeLimit(.minutes(1))) func `a header that is too long in any case is a problem before it is composed`()
        throws
    {
        var draft = try draft(to: [])
        draft.headers = try (0..<100_000).map { try HeaderField(callerName: "X-\($0)", value: "") }
        #expect(draft.problems.map(\.field) == [.headers])
        draft.headers = []
        let mailbox = try Mailbox(parsing: "a@b.test")
        draft.cc = [try NamedMailbox(displayName: String(repeating: "ก", count: 8_000_000), mailbox: mailbox)]
        #expect(draft.problems.map(\.field) == [.cc])
    }

    @Test func `a header over 64 KiB is refused, naming what takes most of it`() throws {
        func fields(_ draft: MessageDraft) -> [DraftError.Field]? {
            do {
                _ = try MessageComposer.compose(draft)
                return nil
            } catch {
                return error.problems.map(\.field)
            }
        }
        let long = String(repeating: "word ", count: 13_200) + "end"
        #expect(fields(try draft(subject: long)) == [.subject])
        #expect(fields(try draft(to: (1...2000).map { "person.number.\($0)@department.example" })) == [.to])
        var own = try draft()
        let half = String(repeating: "word ", count: 6_600) + "end"
        own.headers = try ["X-A", "X-B"].map { try HeaderField(callerName: $0, value: half) }
        #expect(fields(own) == [.headers])
        // It grows too long only when it is encoded.
        let thai = String(repeating: "สวัสดี", count: 100)
        own.headers = try (1...30).map { try HeaderField(callerName: "X-\($0)", value: thai) }
        #expect(own.problems.isEmpty && fields(own) == [.headers])
        #expect(fields(try draft(subject: String(repeating: "word ", count: 12_000) + "end")) == nil)
    }
}
