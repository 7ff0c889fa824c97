// ReplyParserTests.swift — replies off the wire, whole, in pieces, and broken.

import NIOCore
import Testing

@testable import SMTP

@Suite struct ReplyParserTests {
    static let valid: [(bytes: String, shown: String, enhanced: String?)] = [
        ("250 Ok\r\n", "250 Ok", nil),
        ("250\r\n", "250", nil),
        ("250 \r\n", "250", nil),
        ("250 Ok\n", "250 Ok", nil),
        ("250 2.1.0 Ok\r\n", "250 2.1.0 Ok", "2.1.0"),
        ("550-5.1.1 No such user\r\n550 5.1.1 here\r\n", "550 5.1.1 No such user 5.1.1 here", "5.1.1"),
        ("550-one\n550-\n550 three\n", "550 one  three", nil),
        ("452 4.5.3\r\n", "452 4.5.3", "4.5.3"),
        // The class must be the code's (RFC 2034 §4), and the rest a code at all.
        ("550 4.1.1 No\r\n", "550 4.1.1 No", nil),
        ("550 5.1.1000 No\r\n", "550 5.1.1000 No", nil),
        ("550 5.1. No\r\n", "550 5.1. No", nil),
        ("550 5.1.1x No\r\n", "550 5.1.1x No", nil),
        ("220 1.2.3.4 greets you\r\n", "220 1.2.3.4 greets you", nil),
        // A carriage return inside a line must not hide the line feed after it.
        ("250-a\r\r\n250 b\u{1B}[2J\r\n", "250 a? b?[2J", nil),
    ]

    @Test(arguments: valid) func readsReply(bytes: String, shown: String, enhanced: String?) throws {
        var parser = ReplyParser()
        var buffer = ByteBuffer(string: bytes)
        let reply = try #require(try parser.next(&buffer))
        #expect(reply.description == shown)
        #expect(reply.enhancedCode?.description == enhanced)
        #expect(buffer.readableBytes == 0)
    }

    @Test(arguments: valid) func readsReplyByteByByte(bytes: String, shown: String, enhanced: String?) throws {
        var parser = ReplyParser()
        var buffer = ByteBuffer()
        var replies: [Reply] = []
        for byte in bytes.utf8 {
            buffer.writeInteger(byte)
            if let reply = try parser.next(&buffer) { replies.append(reply) }
        }
        #expect(replies.map(\.description) == [shown])
    }

    @Test func leavesNextReplyInBuffer() throws {
        var parser = ReplyParser()
        var buffer = ByteBuffer(string: "250 one\r\n354 two\r\n25")
        #expect(try parser.next(&buffer)?.code == 250)
        #expect(try parser.next(&buffer)?.code == 354)
        #expect(try parser.next(&buffer) == nil)
        #expect(buffer.readableBytes == 2)
    }

    @Test(arguments: [
        "hello\r\n", "\r\n", "25\r\n", "150 no\r\n", "600 no\r\n", "+25 no\r\n", "250_no\r\n", "2500 no\r\n",
        "250-one\r\n251 two\r\n", "250-one\r\n\r\n", "HTTP/1.1 400 Bad Request\r\n", "\u{0}250 Ok\r\n",
    ])
    func refusesWhatIsNoReply(bytes: String) {
        var parser = ReplyParser()
        var buffer = ByteBuffer(string: bytes)
        #expect(throws: ReplyParser.Violation.self) { while try parser.next(&buffer) != nil {} }
    }

    enum Excess: CaseIterable {
        case longLine, endlessLine, manyLines, manyBytes

        var bytes: String {
            switch self {
            case .longLine: "250 " + String(repeating: "x", count: 2_000) + "\r\n"
            case .endlessLine: String(repeating: "x", count: 2_001)
            case .manyLines: String(repeating: "250-x\r\n", count: 101)
            case .manyBytes: String(repeating: "250-" + String(repeating: "x", count: 1_900) + "\r\n", count: 35)
            }
        }
    }

    @Test(arguments: Excess.allCases) func refusesExcess(excess: Excess) {
        var parser = ReplyParser()
        var buffer = ByteBuffer(string: excess.bytes)
        #expect(throws: ReplyParser.Violation.self) { try parser.next(&buffer) }
    }
}

@Suite struct CapabilitiesTests {
    @Test func readsExtensions() {
        let reply = Reply(
            250,
            "mx.test greets you\nPIPELINING\nsize 1000\nSTARTTLS\n8BITMIME\nENHANCEDSTATUSCODES\nSMTPUTF8\n"
                + "CHUNKING\nAUTH PLAIN login\nAUTH=LOGIN\nX-UNKNOWN 1")
        let capabilities = Capabilities(ehlo: reply)
        #expect(capabilities.offersPipelining && capabilities.offersStartTLS && capabilities.offers8BitMIME)
        #expect(capabilities.offersEnhancedStatusCodes && capabilities.offersSMTPUTF8 && capabilities.offersChunking)
        #expect(capabilities.offersSize && capabilities.maximumSize == 1_000)
        #expect(capabilities.authentication == ["PLAIN", "LOGIN"])
    }

    @Test func mechanismsAreBounded() {
        let novel = (1...20_000).map { "X\($0)" }.joined(separator: " ")
        let capabilities = Capabilities(ehlo: Reply(250, "mx.test\nAUTH PLAIN \(novel)"))
        #expect(capabilities.authentication.count == 32)
        #expect(capabilities.authentication.first == "PLAIN")
    }

    @Test func greetingLineOffersNothing() {
        #expect(Capabilities(ehlo: Reply(250, "PIPELINING")) == Capabilities())
    }

    @Test(arguments: ["SIZE", "SIZE 0", "SIZE +5", "SIZE -1", "SIZE 99999999999999999999", "SIZE 1e3"])
    func unreadableSizeIsNoLimit(line: String) {
        let capabilities = Capabilities(ehlo: Reply(250, "mx.test\n" + line))
        #expect(capabilities.offersSize)
        #expect(capabilities.maximumSize == nil)
    }
}
