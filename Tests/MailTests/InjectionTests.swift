// InjectionTests.swift — nothing that a caller writes becomes a header line of its own.

import Mail
import Testing

struct InjectionTests {
    static let payloads = [
        "\r\nBcc: v@x.test", "\nBcc: v@x.test", "\rBcc: v@x.test", "\0", "\u{85}Bcc: v@x.test", "\u{2028}Bcc: v@x.test",
        "\u{2029}", "=?utf-8?B?DQpCY2M6IHZAeC50ZXN0?=", "=?utf-8?q?=0D=0ABcc:_v@x.test?=",
    ]

    /// Each puts a string into one place of a draft.
    static let places: [(name: String, fill: @Sendable (String, inout MessageDraft) throws -> Void)] = [
        ("from name", { $1.from = try NamedMailbox(displayName: $0, mailbox: Mailbox(parsing: "a@b.test")) }),
        ("from", { $1.from = try NamedMailbox(parsing: "A\($0) <a@b.test>") }),
        ("to local-part", { $1.to = [try NamedMailbox(parsing: "a\($0)@b.test")] }),
        ("to quoted local-part", { $1.to = [try NamedMailbox(parsing: "\"a\($0)\"@b.test")] }),
        ("cc domain", { $1.cc = [try NamedMailbox(parsing: "a@b\($0).test")] }),
        ("cc name", { $1.cc = [try NamedMailbox(displayName: "x" + $0 + "y", mailbox: Mailbox(parsing: "a@b.test"))] }),
        ("reply-to", { $1.replyTo = [try NamedMailbox(parsing: "\"R\($0)\" <a@b.test>")] }),
        ("subject", { $1.subject = "s" + $0 }), ("text", { $1.text = $0 }), ("html", { $1.html = "<p>" + $0 }),
        ("header name", { $1.headers = [try HeaderField(callerName: "X-A" + $0, value: "v")] }),
        ("header value", { $1.headers = [try HeaderField(callerName: "X-A", value: "v" + $0)] }),
        ("references", { $1.headers = [try HeaderField(callerName: "References", value: "<a@b>" + $0)] }),
        ("unsubscribe", { $1.headers = [try HeaderField(callerName: "List-Unsubscribe", value: "<https://a\($0)>")] }),
        ("filename", { $1.attachments = [try Attachment(filename: "a" + $0, bytes: [])] }),
        (
            "content type",
            { $1.attachments = [try Attachment(filename: "a", contentType: "text/plain; x=\"a\($0)\"", bytes: [])] }
        ),
        ("content id", { $1.attachments = [try Attachment(filename: "a", contentID: "a" + $0, bytes: [])] }),
        ("content", { $1.attachments = [try Attachment(filename: "a.txt", bytes: Array($0.utf8))] }),
        ("message id", { $1.messageID = "<a\($0)@b>" }),
    ]

    static let bodies: Set<String> = ["text", "html", "content"]

    /// The names of all fields that may be in a message of this test.
    static let expected: Set<String> = [
        "date", "from", "to", "cc", "reply-to", "message-id", "subject", "x-a", "mime-version", "content-type",
        "content-transfer-encoding", "list-unsubscribe", "list-unsubscribe-post", "references",
    ]

    @Test(arguments: payloads) func `whatever is put where, it is refused or no field of its own`(payload: String)
        throws
    {
        for place in Self.places {
            var draft = try draft()
            do {
                try place.fill(payload, &draft)
                let bytes = try compose(draft)
                // An encoded word in a name is odd, but a name; its value holds the rest.
                let names = MessageReader(bytes).fields.map { $0.name.lowercased() }.filter { !$0.hasPrefix("x-a=?") }
                #expect(Set(names).isSubset(of: Self.expected), "\(place.name)")
                #expect(Set(names).count == names.count, "\(place.name)")
                #expect(bytes.allSatisfy { $0 < 0x80 && $0 != 0 })
                #expect(Self.bodies.contains(place.name) || !lines(bytes).contains { $0.hasPrefix("Bcc:") })
            } catch {
                #expect(
                    error is AddressError || error is HeaderFieldError || error is AttachmentError
                        || error is DraftError)
            }
        }
    }

    @Test(arguments: payloads.prefix(7)) func `a control is refused everywhere but in a body`(payload: String) throws {
        for place in Self.places where !Self.bodies.contains(place.name) {
            #expect(throws: (any Error).self, "\(place.name)") {
                var draft = try draft()
                try place.fill(payload, &draft)
                _ = try compose(draft)
            }
        }
    }

    @Test(arguments: payloads.suffix(2)) func `an encoded word is text to us: it comes back as it was written`(
        payload: String
    )
        throws
    {
        let name = try NamedMailbox(displayName: payload, mailbox: Mailbox(parsing: "a@b.test"))
        var draft = try draft(subject: payload, text: payload, html: payload)
        (draft.from, draft.to, draft.cc, draft.replyTo) = (name, [name], [name], [name])
        draft.headers = [try HeaderField(callerName: "X-A", value: payload)]
        let message = MessageReader(try compose(draft))
        for field in ["From", "To", "Cc", "Reply-To"] { #expect(message.decoded(field) == "\(payload) <a@b.test>") }
        #expect(message.decoded("Subject") == payload && message.decoded("X-A") == payload)
        #expect(message.parts.map(\.content) == [payload + "\r\n", payload + "\r\n"])
    }

    static let smuggling = [
        "\n.\n", "\n.\r", "\r.\n", "\r.\r", "\n.\r\n", "\r.\r\n", "\r\n.\r\r\n", "\r\r\n.\r\r\n", "\r\n\0.\r\n",
    ]

    @Test(arguments: smuggling) func `a body can hold no end of mail`(sequence: String) throws {
        let smuggled = "a\(sequence)MAIL FROM:<v@x.test>\r\nRCPT TO:<v@x.test>\r\nDATA\r\n"
        var draft = try draft(text: smuggled, html: smuggled)
        draft.attachments = [try Attachment(filename: "a.txt", bytes: Array(smuggled.utf8))]
        if sequence.utf8.contains(0) {
            #expect(throws: DraftError.self) { try compose(draft) }
            (draft.text, draft.html) = ("a", nil)
        }
        let bytes = try compose(draft)
        #expect(hasOnlyCRLF(bytes))
        #expect(!lines(bytes).contains("."))
    }
}

/// Whether each CR has its LF and each LF its CR.
func hasOnlyCRLF(_ bytes: [UInt8]) -> Bool {
    bytes.indices.allSatisfy { index in
        switch bytes[index] {
        case 13: index + 1 < bytes.count && bytes[index + 1] == 10
        case 10: index > 0 && bytes[index - 1] == 13
        default: true
        }
    }
}
