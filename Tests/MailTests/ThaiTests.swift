// ThaiTests.swift — a message that is Thai from end to end.

import Mail
import Testing

struct ThaiTests {
    private func message(to address: String) throws -> ComposedMessage {
        var draft = try draft(
            from: "ร้านกาแฟ <hello@ร้าน.ไทย>", to: ["สมชาย ใจดี <\(address)>"],
            subject: "ใบเสร็จรับเงินของคุณสำหรับคำสั่งซื้อเลขที่ 77 ขอบคุณที่ใช้บริการ", text: "สวัสดีครับ\nขอบคุณครับ\n",
            html: "<p>สวัสดีครับ</p>")
        draft.headers = [try HeaderField(callerName: "X-Shop", value: "ร้านกาแฟสาขาเชียงใหม่")]
        draft.attachments = [try Attachment(filename: "ใบเสร็จรับเงิน.pdf", bytes: [0x25, 0x50, 0x44, 0x46])]
        return try MessageComposer.compose(draft)
    }

    @Test func `every part of it can be read again`() throws {
        let message = MessageReader(try message(to: "user@example.test").bytes)
        #expect(message.decoded("From") == "ร้านกาแฟ <hello@xn--q3ct9b5e.xn--o3cw4h>")
        #expect(message.decoded("To") == "สมชาย ใจดี <user@example.test>")
        #expect(message.decoded("Subject") == "ใบเสร็จรับเงินของคุณสำหรับคำสั่งซื้อเลขที่ 77 ขอบคุณที่ใช้บริการ")
        #expect(message.decoded("X-Shop") == "ร้านกาแฟสาขาเชียงใหม่")
        let alternatives = try #require(message.parts.first)
        #expect(alternatives.parts.map(\.content) == ["สวัสดีครับ\r\nขอบคุณครับ\r\n", "<p>สวัสดีครับ</p>\r\n"])
        let file = try #require(message.parts.last)
        #expect(file.parameter("filename", of: "Content-Disposition") == "ใบเสร็จรับเงิน.pdf")
        #expect(file.contentBytes == [0x25, 0x50, 0x44, 0x46])
    }

    @Test func `it is 7-bit and asks nothing of a host, as long as the local-parts are ASCII`() throws {
        let message = try message(to: "user@ตัวอย่าง.ไทย")
        #expect(message.bytes.allSatisfy { $0 < 0x80 })
        #expect(message.form == ContentForm())
    }

    @Test func `a Thai local-part is the one thing beyond ASCII, and asks for SMTPUTF8`() throws {
        let message = try message(to: "ผู้ใช้@ตัวอย่าง.ไทย")
        #expect(message.form == ContentForm(has8BitBody: false, hasUTF8Header: true))
        let beyond = message.bytes.filter { $0 >= 0x80 }
        #expect(beyond.elementsEqual("ผู้ใช้".utf8))
        #expect(message.bytes[message.bodyStart...].allSatisfy { $0 < 0x80 })
    }

    @Test func `what is composed is a raw message that stays as it is`() throws {
        let composed = try message(to: "ผู้ใช้@ตัวอย่าง.ไทย")
        let read = try raw(composed.bytes)
        #expect(read.content.bytes == composed.bytes)
        #expect(read.content.bodyStart == composed.bodyStart)
        #expect(read.content.form == composed.form)
        #expect(read.from.displayName == "ร้านกาแฟ")
        #expect(read.subject == "ใบเสร็จรับเงินของคุณสำหรับคำสั่งซื้อเลขที่ 77 ขอบคุณที่ใช้บริการ")
    }
}
