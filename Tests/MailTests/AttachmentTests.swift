// AttachmentTests.swift — which files may be attached, and in which encoding they go.

import Mail
import Testing

struct AttachmentTests {
    private func members(_ make: () throws -> Attachment) -> [Attachment.Member] {
        do {
            _ = try make()
            return []
        } catch {
            return (error as? AttachmentError)?.problems.map(\.member) ?? []
        }
    }

    @Test(arguments: [
        "", ".", "..", "/etc/passwd", "../a.pdf", "C:\\a.pdf", "a\r\nBcc: v@x.test", "a\nb", "a\rb", "a\0b", "a\u{85}b",
        "a\u{2028}b", "a\u{2029}b", "a\u{7F}", "a\tb", String(repeating: "x", count: 256),
        String(repeating: "ก", count: 256), String(repeating: "🎉", count: 128), String(repeating: "x", count: 10_000),
    ])
    func `a filename that could not be one is refused`(filename: String) {
        #expect(members { try Attachment(filename: filename, bytes: [1]) } == [.filename])
    }

    @Test(arguments: [
        "", "<>", "a b", "a@b@c", "@b", "a@", "<a", "a>", "<<a>>", "a\"b", "ก", "a\r\nb", "a\0", "a\u{85}", "a,b",
        String(repeating: "x", count: 201),
    ])
    func `a content id that could not be one is refused`(id: String) {
        #expect(members { try Attachment(filename: "a", contentID: id, bytes: [1]) } == [.contentID])
    }

    @Test(arguments: [
        ("logo", "logo"), ("<logo@acme.example>", "logo@acme.example"), ("a.b+c@acme.example", "a.b+c@acme.example"),
    ])
    func `a content id is kept without its brackets`(given: String, kept: String) throws {
        #expect(try Attachment(filename: "a", contentID: given, bytes: []).contentID == kept)
    }

    @Test func `all that is wrong is said at once, and what of it are controls`() {
        #expect {
            try Attachment(filename: "a\n", contentType: "multipart/mixed", contentID: "a b", bytes: [])
        } throws: { error in
            let problems = (error as? AttachmentError)?.problems ?? []
            return Set(problems.map(\.member)) == [.filename, .contentType, .contentID]
                && problems.filter(\.isControl).map(\.member) == [.filename]
        }
    }

    @Test(arguments: [
        ("text/plain", "a\r\nb\r\n", "7bit"), ("text/plain", "a\r\nb", "7bit"), ("text/plain", "", "7bit"),
        ("text/plain", "a\nb\n", "base64"), ("text/plain", "a\rb", "base64"), ("text/plain", "a\n\r", "base64"),
        ("text/plain", "a\r\nb\n", "base64"), ("text/plain", "a\r\r\nb\r\n", "base64"), ("text/plain", "a\r", "base64"),
        ("text/plain", "a plain line and a tail \r\n", "quoted-printable"),
        ("text/csv", "name,Zoë Meyer\r\nx,y", "quoted-printable"),
        ("text/plain", "ends in a space ", "quoted-printable"), ("text/plain", "สวัสดี\r\nครับ\r\n", "base64"),
        ("text/plain", "a\0b", "base64"), ("application/json", "{}\r\n", "base64"),
        ("message/rfc822", "Subject: x\r\n\r\nHi \r\n.\r\nFrom x\r\n", "7bit"),
        ("message/global", "A: é\r\n\r\n", "base64"),
        ("message/delivery-status", "Reporting-MTA: dns; x.test\r\n", "7bit"),
    ])
    func `a file arrives byte for byte in the cheapest encoding that keeps it`(
        type: String, content: String, encoding: String
    ) throws {
        let bytes = Array(content.utf8)
        var draft = try draft()
        draft.attachments = [try Attachment(filename: "a", contentType: type, bytes: bytes)]
        let part = try #require(MessageReader(try compose(draft)).parts.last)
        #expect(part["Content-Transfer-Encoding"] == encoding)
        #expect(part.contentBytes == bytes)
    }

    @Test(arguments: [0, 1, 2, 3, 56, 57, 58, 113, 114, 115, 1000])
    func `binary of any length arrives byte for byte, in lines of 76`(count: Int) throws {
        let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 167 &+ 13) }
        var draft = try draft()
        draft.attachments = [try Attachment(filename: "a.bin", bytes: bytes)]
        let part = try #require(MessageReader(try compose(draft)).parts.last)
        #expect(part.contentBytes == bytes)
        let lines = part.body.components(separatedBy: "\r\n")
        #expect(lines.allSatisfy { $0.utf8.count <= 76 })
        #expect(lines.dropLast(2).allSatisfy { $0.utf8.count == 76 })
    }

    @Test(arguments: ["A: é\r\n\r\n", "A: b\n\né\n", "A: b\0\r\n", "A: " + String(repeating: "x", count: 999)])
    func `a message that would need an encoding is refused, and is a file if only its name says message`(
        content: String
    ) throws {
        let bytes = Array(content.utf8)
        #expect(
            members { try Attachment(filename: "a.eml", contentType: "message/rfc822", bytes: bytes) } == [.contentType]
        )
        let file = try Attachment(filename: "a.eml", bytes: bytes)
        #expect(file.contentType.description == "application/octet-stream")
        #expect(file.bytes == bytes)
    }

    @Test(arguments: [
        ("A: b\n\nc\n", "A: b\r\n\r\nc\r\n"), ("A: b\r\rc", "A: b\r\n\r\nc"), ("A: b\n\r\nc\r\n", "A: b\r\n\r\nc\r\n"),
        ("A: b\r\n\r\nc", "A: b\r\n\r\nc"),
    ])
    func `a message that was saved with other line ends gets those of a message`(saved: String, written: String) throws
    {
        for type in ["message/rfc822", nil] {
            let file = try Attachment(filename: "a.eml", contentType: type, bytes: Array(saved.utf8))
            #expect(file.contentType.description == "message/rfc822")
            #expect(file.bytes == Array(written.utf8))
        }
    }

    @Test(arguments: [
        ("text/plain", Array("สวัสดี".utf8), "text/plain; charset=utf-8"), ("text/plain", Array("Hi".utf8), "text/plain"),
        ("text/plain", [0xE9, 0x20], "text/plain"),
        ("text/plain; charset=tis-620", Array("é".utf8), "text/plain; charset=tis-620"),
        ("image/svg+xml", Array("é".utf8), "image/svg+xml"),
    ])
    func `text in UTF-8 says so`(type: String, bytes: [UInt8], written: String) throws {
        #expect(try Attachment(filename: "a", contentType: type, bytes: bytes).contentType.description == written)
    }
}
