// BodyTests.swift — what becomes of text and HTML on their way into a message.

import Mail
import Testing

struct BodyTests {
    private func read(_ text: String) throws -> MessageReader {
        MessageReader(try compose(draft(text: text)))
    }

    @Test(arguments: [
        ("plain ASCII\n", "7bit"), ("a\tb = c\n", "7bit"), ("", "7bit"), (String(repeating: "x", count: 998), "7bit"),
        ("..\n.leading\n", "7bit"), (String(repeating: "x", count: 999), "quoted-printable"),
        ("ends in space \n", "quoted-printable"),
        ("ends in tab\t\n", "quoted-printable"), ("-- \nBob", "quoted-printable"), ("dot:\n.\nend", "quoted-printable"),
        ("hello\nFrom here on\n", "quoted-printable"), ("mostly ASCII, one é", "quoted-printable"),
        ("\u{1B}[1mbold and more text", "quoted-printable"),
        ("สวัสดีครับ", "base64"), ("日本語のテキスト\n", "base64"),
    ])
    func `the cheapest encoding that is safe is taken, and undone gives the text again`(text: String, encoding: String)
        throws
    {
        let message = try read(text)
        #expect(message["Content-Transfer-Encoding"] == encoding)
        let canonical = text.replacing("\n", with: "\r\n")
        #expect(message.content == canonical + (canonical.isEmpty || canonical.hasSuffix("\r\n") ? "" : "\r\n"))
    }

    @Test(arguments: ["a\nb\n", "a\rb\r", "a\r\nb\r\n", "a\nb\r", "a\r\nb"])
    func `any line end becomes CRLF`(text: String) throws {
        #expect(try read(text).content == "a\r\nb\r\n")
        #expect(try read(text + "é").content.hasPrefix("a\r\nb"))
    }

    @Test(arguments: [("\n\r", "\r\n\r\n"), ("\r\r\n\n", "\r\n\r\n\r\n"), ("\n\na", "\r\n\r\na\r\n")])
    func `empty lines are kept`(text: String, canonical: String) throws {
        #expect(try read(text).content == canonical)
    }

    @Test(arguments: ["x", "é x", "สวัสดี ", "=", ".", "From ", " ", "\t", "a.b From "])
    func `whatever the text, lines are short, safe and 7-bit`(unit: String) throws {
        for text in [
            String(repeating: unit, count: 700), String(repeating: unit + "\r", count: 70), unit + "\n" + unit,
        ] {
            let message = try compose(draft(text: text))
            #expect(message.allSatisfy { $0 < 0x80 })
            #expect(hasOnlyCRLF(message))
            let body = lines(message).drop { !$0.isEmpty }
            #expect(
                body.allSatisfy { $0.utf8.count <= 998 && $0 != "." && !$0.hasPrefix("From ") && $0.utf8.last != 0x20 })
        }
    }

    @Test func `quoted-printable lines are at most 76 bytes`() throws {
        let message = try compose(
            draft(text: String(repeating: "a long line with = and é ", count: 50)))
        #expect(lines(message).allSatisfy { $0.utf8.count <= 76 })
    }

    @Test func `text and html become alternatives, the html last`() throws {
        let message = MessageReader(try compose(draft(text: "Hi", html: "<p>สวัสดี</p>")))
        #expect(try #require(message["Content-Type"]).hasPrefix("multipart/alternative; boundary="))
        #expect(message.parts.map { $0["Content-Type"] } == ["text/plain; charset=utf-8", "text/html; charset=utf-8"])
        #expect(message.parts.map(\.content) == ["Hi\r\n", "<p>สวัสดี</p>\r\n"])
        #expect(message["Content-Transfer-Encoding"] == nil)
    }

    @Test func `html alone is a single part`() throws {
        let message = MessageReader(try compose(draft(text: nil, html: "<p>Hi</p>")))
        #expect(message["Content-Type"] == "text/html; charset=utf-8")
        #expect(message.content == "<p>Hi</p>\r\n")
    }

    @Test(arguments: [("", "<p>Hi</p>"), ("Hi", ""), ("", "")])
    func `what is empty is no alternative`(text: String, html: String) throws {
        let message = MessageReader(try compose(draft(text: text, html: html)))
        #expect(message.content == text + html + (text.isEmpty && html.isEmpty ? "" : "\r\n"))
        #expect(message["Content-Type"] == "text/\(html.isEmpty ? "plain" : "html"); charset=utf-8")
    }

    @Test(arguments: ["a", "a\n", "a\n\n\n", "\n", "é\n\n", "สวัสดี\n\n"])
    func `a text has the same content beside html as it has alone`(text: String) throws {
        let alternatives = MessageReader(try compose(draft(text: text, html: "<p>Hi</p>")))
        #expect(try alternatives.parts.first?.content == read(text).content)
    }

    @Test func `a boundary that the text holds is not used`() throws {
        func boundary(_ text: String) throws -> String {
            var counter = Counter()
            let message = MessageReader(
                try MessageComposer.compose(draft(text: text, html: "<p>"), using: &counter).bytes)
            return try #require(message["Content-Type"]?.components(separatedBy: "\"").dropFirst().first)
        }
        let first = try boundary("x")
        #expect(try boundary("x\n--\(first)\n") != first)
    }

    @Test func `a boundary differs from message to message`() throws {
        let same = try draft(text: "Hi", html: "Hi")
        #expect(try compose(same) != compose(same))
    }
}
