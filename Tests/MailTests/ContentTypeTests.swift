// ContentTypeTests.swift — which content types a caller may give an attachment.

import Mail
import Testing

struct ContentTypeTests {
    @Test(arguments: [
        ("application/pdf", "application/pdf"), ("TEXT/Plain", "text/plain"), (" image/png ", "image/png"),
        ("text/calendar; method=REQUEST; charset=utf-8", "text/calendar; method=REQUEST; charset=utf-8"),
        ("text/plain;charset=UTF-8", "text/plain; charset=UTF-8"), ("text/plain; ", "text/plain"),
        ("text/plain; x=\"a b\"", "text/plain; x=\"a b\""), ("text/plain; x=\"ab\"", "text/plain; x=ab"),
        ("text/plain; x=\"a\\\"b;c\"", "text/plain; x=\"a\\\"b;c\""), ("text/plain; x=\"\"", "text/plain; x=\"\""),
        ("application/vnd.api+json", "application/vnd.api+json"), ("application/pdf; name=evil.exe", "application/pdf"),
    ])
    func `a content type is kept with its parameters`(written: String, kept: String) throws {
        #expect(try ContentType(parsing: written).description == kept)
    }

    @Test(arguments: [
        ("", ContentTypeError.malformed), ("text", .malformed), ("text/", .malformed), ("/plain", .malformed),
        ("text/plain charset=utf-8", .malformed), ("text/plain; charset", .malformed), ("text/plain; =x", .malformed),
        ("text/plain; a=b c", .malformed), ("text/plain; a=\"b", .malformed), ("text/plain;; a=b", .malformed),
        ("text/plain (comment)", .malformed), ("text/pl ain", .malformed), ("text/plain; name*=utf-8''x", .malformed),
        ("text/plain; a=\"b\\", .malformed), ("text/plain; a=b; A=c", .repeatedParameter),
        ("multipart/mixed; boundary=x", .multipart), ("Multipart/mixed", .multipart), ("text/é", .notASCII),
        ("text/plain\r\nBcc: v@x.test", .controlCharacter), ("text/plain; a=\"\r\n\"", .controlCharacter),
        ("text/plain\0", .controlCharacter), ("text/plain;\ta=b", .controlCharacter),
        ("text/plain; a=\"\u{85}\"", .controlCharacter),
        ("text/" + String(repeating: "x", count: 251), .tooLong),
    ])
    func `what is no content type for a file is refused`(written: String, error: ContentTypeError) {
        #expect(throws: error) { try ContentType(parsing: written) }
    }

    @Test(arguments: [
        ("a.pdf", "application/pdf"), ("A.PDF", "application/pdf"), ("a.tar.gz", "application/gzip"),
        ("รูป.jpg", "image/jpeg"), ("noending", "application/octet-stream"), ("a.", "application/octet-stream"),
        ("a.unknown", "application/octet-stream"), (".png", "image/png"), ("a.ics", "text/calendar"),
    ])
    func `without a content type the filename says it`(filename: String, type: String) throws {
        #expect(try Attachment(filename: filename, bytes: []).contentType.description == type)
    }
}
