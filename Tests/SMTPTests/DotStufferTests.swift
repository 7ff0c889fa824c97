// DotStufferTests.swift — content on the wire: dots doubled, no bare CR or LF, one end and no other.

import NIOCore
import Testing

@testable import SMTP

@Suite struct DotStufferTests {
    static let table: [(content: String, wire: String)] = [
        ("", ".\r\n"),
        ("a\r\n", "a\r\n.\r\n"),
        ("a", "a\r\n.\r\n"),
        (".", "..\r\n.\r\n"),
        (".a\r\n..b\r\n", "..a\r\n...b\r\n.\r\n"),
        ("a.b\r\n", "a.b\r\n.\r\n"),
        ("\r\n", "\r\n.\r\n"),
        ("\r\n.\r\n", "\r\n..\r\n.\r\n"),
        // Bare line ends become CRLF (RFC 5321 §2.3.8).
        ("a\nb", "a\r\nb\r\n.\r\n"),
        ("a\rb", "a\r\nb\r\n.\r\n"),
        ("a\r\r\nb\r\n", "a\r\n\r\nb\r\n.\r\n"),
        ("a\n\rb\r\n", "a\r\n\r\nb\r\n.\r\n"),
        ("a\r", "a\r\n.\r\n"),
        ("a\n", "a\r\n.\r\n"),
        // What has been used to end a message early.
        ("a\n.\nb", "a\r\n..\r\nb\r\n.\r\n"),
        ("a\n.\r\nb", "a\r\n..\r\nb\r\n.\r\n"),
        ("a\r.\rb", "a\r\n..\r\nb\r\n.\r\n"),
        ("a\r.\r\nb", "a\r\n..\r\nb\r\n.\r\n"),
        ("a\r\n.\rb", "a\r\n..\r\nb\r\n.\r\n"),
        ("a\r\n.\nb", "a\r\n..\r\nb\r\n.\r\n"),
        ("a\r\n\u{0}.\r\nb", "a\r\n\u{0}.\r\nb\r\n.\r\n"),
        ("a\r\r\n.\r\r\nb", "a\r\n\r\n..\r\n\r\nb\r\n.\r\n"),
    ]

    static func wire(_ content: [UInt8], slice: Int) -> [UInt8] {
        var stuffer = DotStuffer(content)
        var out = ByteBuffer()
        while stuffer.remaining > 0 { stuffer.write(next: slice, into: &out) }
        stuffer.finish(into: &out)
        return Array(out.readableBytesView)
    }

    @Test(arguments: table) func stuffs(content: String, wire: String) {
        #expect(Self.wire(Array(content.utf8), slice: .max) == Array(wire.utf8))
    }

    @Test(arguments: table, [1, 2, 3]) func slicesMakeNoDifference(row: (content: String, wire: String), slice: Int) {
        #expect(Self.wire(Array(row.content.utf8), slice: slice) == Array(row.wire.utf8))
    }

    /// Every content of up to six bytes over the four that matter.
    @Test func wireHasOneEndOnlyWhateverTheContent() throws {
        let alphabet = Array("\r\n.a".utf8)
        for length in 0...6 {
            for number in 0..<(1 << (2 * length)) {
                let content = (0..<length).map { alphabet[(number >> (2 * $0)) & 3] }
                var wire = ByteBuffer(bytes: Self.wire(content, slice: 3))
                var reader = ContentReader(maximum: 100)
                // The reader throws on a bare CR or LF, and stops at the first end.
                let isComplete = try reader.read(&wire)
                guard isComplete, wire.readableBytes == 0 else {
                    Issue.record("\(content) ends early or never")
                    return
                }
            }
        }
    }
}

@Suite struct ContentReaderTests {
    @Test(arguments: [("a\r\n.\r\n", "a\r\n"), ("..a\r\n.\r\n", ".a\r\n"), (".\r\n", ""), (".a\r\n.\r\n", "a\r\n")])
    func readsContent(wire: String, content: String) throws {
        var reader = ContentReader(maximum: 100)
        var bytes = ByteBuffer(string: wire + "QUIT\r\n")
        #expect(try reader.read(&bytes))
        #expect(reader.content == Array(content.utf8))
        #expect(String(buffer: bytes) == "QUIT\r\n")
    }

    @Test(arguments: ["a\n", "a\rb", "a\r\n.\n", "a\r\n.\rb", "a\r\r\n", "\n"])
    func refusesBareLineBreaks(wire: String) {
        var reader = ContentReader(maximum: 100)
        var bytes = ByteBuffer(string: wire)
        #expect(throws: ContentReader.BareLineBreak.self) { try reader.read(&bytes) }
    }

    @Test func readsOnPastTheMaximum() throws {
        var reader = ContentReader(maximum: 4)
        var bytes = ByteBuffer(string: "abcdef\r\n.\r\n")
        #expect(try reader.read(&bytes))
        #expect(reader.isTooLarge)
        #expect(reader.content.count == 4)
    }
}
