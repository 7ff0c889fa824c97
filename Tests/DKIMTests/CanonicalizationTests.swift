// CanonicalizationTests.swift — the relaxed forms of RFC 6376 §3.4, and the fast path against a plain one.

import Crypto
import Testing

@testable import DKIM

struct CanonicalizationTests {
    private func relaxed(_ field: String) throws -> String {
        let content = Array(field.utf8)
        return try content.withUnsafeBufferPointer { content in
            let field = try #require(HeaderBlock(of: content).fields.first)
            var canonical: [UInt8] = []
            RelaxedHeader.append(name: content[field.name], value: content[field.value], to: &canonical)
            return String(decoding: canonical, as: UTF8.self)
        }
    }

    @Test(arguments: [
        // RFC 6376 §3.4.5, example 1.
        ("A: X\r\n", "a:X"),
        ("B : Y\t\r\n\tZ  \r\n", "b:Y Z"),
        ("SUBJect: AbC\r\n", "subject:AbC"),
        ("a:\r\n", "a:"),
        ("a:  \t\r\n", "a:"),
        ("a:\r\n b\r\n", "a:b"),
        ("a: b \r\n \t c\r\n", "a:b c"),
        ("a: b\r\n \r\n\r\n", "a:b"),
        ("a: b:c : d\r\n", "a:b:c : d"),
        ("a: b", "a:b"),
        ("Subject: สวัสดี  ครับ\r\n", "subject:สวัสดี ครับ"),
    ])
    func relaxedHeader(field: String, canonical: String) throws {
        #expect(try relaxed(field) == canonical)
    }

    @Test(arguments: [
        // RFC 6376 §3.4.5, example 1.
        (" C \r\nD \t E\r\n\r\n\r\n", " C\r\nD E\r\n"),
        ("", ""), ("\r\n", ""), ("\r\n\r\n \t\r\n\t", ""), (" ", ""),
        ("a", "a\r\n"), ("a ", "a\r\n"), ("a\r\n \t\r\n\r\n", "a\r\n"), ("a\r\n\r\nb", "a\r\n\r\nb\r\n"),
        ("a \t \r\n", "a\r\n"), ("\ta", " a\r\n"), ("  a", " a\r\n"), ("a\tb\t\tc", "a b c\r\n"),
        ("a\r\n \r\nb\r\n", "a\r\n\r\nb\r\n"), ("\r\n\r\na\r\n", "\r\n\r\na\r\n"),
        // No line ends, but blanks before lone ones.
        ("a \rb", "a \rb\r\n"), ("a  \nb \n", "a \nb \n\r\n"), ("a\r", "a\r\r\n"),
    ])
    func relaxedBody(body: String, canonical: String) {
        #expect(BodyHash.relaxed(Array(body.utf8), from: 0) == SHA256.digest(of: Array(canonical.utf8)))
    }

    @Test func `the body hash leaves the header out`() {
        let content = Array("A: X\r\n\r\nHi.\r\n".utf8)
        #expect(BodyHash.relaxed(content, from: 8) == SHA256.digest(of: Array("Hi.\r\n".utf8)))
        #expect(BodyHash.relaxed(content, from: content.count) == SHA256.digest(of: []))
    }

    /// Blanks and line ends at every place of a block, pieces on either side of what is gathered, lone CR and LF.
    @Test func `random bodies have the hash of their plain canonicalization`() {
        let pieces = [
            " ", "  ", "\t", " \t ", "\r\n", "\r\n\r\n", " \r\n", "a", "bc", ".", "\r", "\n", "word and word ", "=\r\n",
            String(repeating: "0123456789abcdef", count: 40), String(repeating: "x", count: 15),
            String(repeating: "y ", count: 300), String(repeating: " ", count: 70),
        ]
        var generator = SeededGenerator(seed: 6376)
        for _ in 0..<3000 {
            let body = generator.text(of: pieces, count: 0...30)
            let canonical = PlainCanonicalization.relaxed.body(body).latin1
            #expect(BodyHash.relaxed(body.latin1, from: 0) == SHA256.digest(of: canonical), "\(body.debugDescription)")
        }
    }

    @Test func `a long body of short pieces is hashed whole`() {
        let body = String(repeating: "    <td>\tx</td>  \r\n", count: 5000)
        let canonical = String(repeating: " <td> x</td>\r\n", count: 5000)
        #expect(BodyHash.relaxed(Array(body.utf8), from: 0) == SHA256.digest(of: Array(canonical.utf8)))
    }
}
