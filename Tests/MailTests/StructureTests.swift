// StructureTests.swift — how text, html and files stand together in a message.

import Mail
import Testing

struct StructureTests {
    /// `mixed(alternative(text/plain, text/html), application/pdf)`.
    private func outline(_ message: MessageReader) -> String {
        let type = message.mediaType ?? "none"
        guard type.hasPrefix("multipart/") else { return type }
        return "\(type.dropFirst("multipart/".count))(\(message.parts.map(outline).joined(separator: ", ")))"
    }

    private func file(_ name: String, id: String? = nil) throws -> Attachment {
        try Attachment(filename: name, contentID: id, bytes: [1, 2, 3])
    }

    private func message(text: String?, html: String?, _ attachments: [Attachment]) throws -> MessageReader {
        var draft = try draft(text: text, html: html)
        draft.attachments = attachments
        return MessageReader(try compose(draft))
    }

    @Test func `no wrapper is empty, and files stand where readers look for them`() throws {
        let pdf = try file("a.pdf"), png = try file("b.png", id: "b@x.test"), html = "<img src=\"cid:b@x.test\">"
        let cases: [(text: String?, html: String?, attachments: [Attachment], outline: String)] = [
            ("t", nil, [], "text/plain"), (nil, "h", [], "text/html"),
            ("t", "h", [], "alternative(text/plain, text/html)"),
            ("t", nil, [pdf], "mixed(text/plain, application/pdf)"),
            (nil, "h", [pdf], "mixed(text/html, application/pdf)"),
            ("t", "h", [pdf], "mixed(alternative(text/plain, text/html), application/pdf)"),
            (nil, html, [png], "related(text/html, image/png)"),
            ("t", html, [png], "related(alternative(text/plain, text/html), image/png)"),
            ("t", "h", [png], "mixed(alternative(text/plain, text/html), image/png)"),
            (nil, "h", [png, pdf], "mixed(text/html, image/png, application/pdf)"),
            ("", "h", [], "text/html"), ("", html, [png], "related(text/html, image/png)"), ("t", "", [], "text/plain"),
            ("", "", [], "text/plain"),
            (
                "t", html, [pdf, png, pdf],
                """
                mixed(related(alternative(text/plain, text/html), image/png), application/pdf, application/pdf)
                """
            ),
            ("t", nil, [png], "mixed(text/plain, image/png)"), (nil, nil, [pdf], "mixed(text/plain, application/pdf)"),
        ]
        for expected in cases {
            let message = try message(text: expected.text, html: expected.html, expected.attachments)
            #expect(outline(message) == expected.outline)
        }
    }

    @Test func `a file in line has its content id, and the whole says what its root is`() throws {
        let message = try message(text: nil, html: "<img src=\"cid:b@x.test\">", [file("b.png", id: "<b@x.test>")])
        #expect(message.parameter("type", of: "Content-Type") == "text/html")
        let image = try #require(message.parts.last)
        #expect(image["Content-ID"] == "<b@x.test>")
        #expect(image["Content-Disposition"] == "inline; filename=\"b.png\"")
        #expect(image["Content-Type"] == "image/png; name=\"b.png\"")
    }

    @Test(arguments: [nil, "<p>Hi</p>", "<img src=\"cid:b2\">"])
    func `a file with a content id that no html refers to is attached and keeps it`(html: String?) throws {
        let image = try #require(message(text: "t", html: html, [file("b.png", id: "b")]).parts.last)
        #expect(image["Content-ID"] == "<b>")
        #expect(image["Content-Disposition"] == "attachment; filename=\"b.png\"")
    }

    @Test func `attachments need no text`() throws {
        let message = try message(text: nil, html: nil, [file("a.pdf"), file("b.pdf")])
        #expect(message.parts.map(\.contentBytes) == [[], [1, 2, 3], [1, 2, 3]])
    }

    @Test func `the same content id twice is refused`() throws {
        var draft = try draft()
        draft.attachments = [try file("a"), try file("b", id: "x"), try file("c", id: "<x>")]
        #expect { try compose(draft) } throws: {
            ($0 as? DraftError)?.problems.map(\.field.path) == [["attachments", "2", "content_id"]]
        }
    }

    @Test(arguments: [
        "a.pdf", "a b.pdf", "a\"b;c.pdf", "100%'*.pdf", "=?utf-8?q?a?=.pdf", " a ", "ใบเสร็จ.pdf", "Zoë's file.pdf",
        "🎉.png",
        String(repeating: "ก", count: 85), String(repeating: "ก", count: 255), String(repeating: "x", count: 255),
        "👩‍👩‍👧‍👦👩‍👩‍👧‍👦👩‍👩‍👧‍👦.png",
        "e" + String(repeating: "\u{301}", count: 10) + String(repeating: "plain", count: 30),
    ])
    func `a filename can be read from both fields, in lines of at most 78 bytes`(filename: String) throws {
        var draft = try draft()
        draft.attachments = [try file(filename)]
        let bytes = try compose(draft)
        #expect(bytes.allSatisfy { $0 < 0x80 })
        #expect(lines(bytes).allSatisfy { $0.utf8.count <= 78 })
        let part = try #require(MessageReader(bytes).parts.last)
        #expect(Array((part.parameter("filename", of: "Content-Disposition") ?? "").utf8) == Array(filename.utf8))
        #expect(Array((part.parameter("name", of: "Content-Type") ?? "").utf8) == Array(filename.utf8))
    }

    @Test func `a Thai filename goes by RFC 2231, and as an encoded word for those who cannot read that`() throws {
        let part = try #require(message(text: "t", html: nil, [file("บิล.pdf")]).parts.last)
        #expect(part["Content-Type"] == "application/pdf; name=\"=?UTF-8?B?4Lia4Li04LilLnBkZg==?=\"")
        #expect(part["Content-Disposition"] == "attachment; filename*=utf-8''%E0%B8%9A%E0%B8%B4%E0%B8%A5.pdf")
    }

    @Test func `no boundary is that of another part, nor in a file that goes as it is`() throws {
        var counter = Counter()
        var draft = try draft(text: "t", html: "<img src=cid:b>")
        draft.attachments = [try file("b.png", id: "b"), try file("a.pdf")]
        func boundaries() throws -> [String] {
            counter = Counter()
            let bytes = try MessageComposer.compose(draft, using: &counter).bytes
            return lines(bytes).filter { $0.hasPrefix(" boundary=") }.map { String($0.dropFirst(11).dropLast()) }
        }
        let first = try boundaries()
        #expect(Set(first).count == 3)
        draft.attachments.append(try Attachment(filename: "a.txt", bytes: Array("--\(first[0])--\r\n".utf8)))
        #expect(try boundaries().first != first[0])
    }

    @Test func `the body begins behind the empty line`() throws {
        var draft = try draft(text: "t")
        for attachments in [[], [try file("a.pdf")]] {
            draft.attachments = attachments
            let message = try MessageComposer.compose(draft)
            #expect(message.bytes[(message.bodyStart - 4)..<message.bodyStart].elementsEqual("\r\n\r\n".utf8))
            #expect(MessageReader(message.bytes).body.utf8.elementsEqual(message.bytes[message.bodyStart...]))
        }
    }
}

/// Counts up, so that a test knows the boundaries to come.
struct Counter: RandomNumberGenerator {
    private var last: UInt64 = 0
    mutating func next() -> UInt64 {
        last += 1
        return last
    }
}
