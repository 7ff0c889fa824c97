// DKIMSignerTests.swift — what the signer writes, and that an independent verifier passes it.

import Crypto
import DKIM
import Foundation
import Mail
import Testing

struct DKIMSignerTests {
    @Test(arguments: [
        message(), message(body: ""), message(body: "\r\n\r\n"), message(body: "no final newline \t"),
        message(body: "  a\tb \r\n\r\n.\r\nFrom x\r\n \r\n"), message(["From: a@acme.example"]), message([]),
        message(["from : a@acme.example", "SUBJECT:x", "tO :\r\n b@example.net"]),
        message(["From: ผู้ใช้@acme.example", "Subject: สวัสดี"], body: "สวัสดี\r\n"),
        message(["From: a@acme.example", "From: b@acme.example", "To: a@a.test", "To: b@b.test"]),
        Array("From: a@acme.example".utf8), Array("From: a@acme.example\r\n".utf8), [],
    ])
    func `both signatures verify`(content: [UInt8]) throws {
        #expect(try verdicts(on: content) == [.pass, .pass])
    }

    @Test func `random messages verify`() throws {
        var generator = SeededGenerator(seed: 8463)
        let pieces = ["a", "word", " ", "  ", "\t", "\r\n ", ":", ";", "=", "é", String(repeating: "long", count: 40)]
        let names = ["From", "from", "To", "Subject", "References", "X-Other", "Date", "Content-Type", "Received"]
        for _ in 0..<200 {
            let fields = (0..<Int.random(in: 1...12, using: &generator)).map { _ in
                (names.randomElement(using: &generator) ?? "To") + ": " + generator.text(of: pieces, count: 0...12)
            }
            let content = message(fields, body: generator.text(of: pieces + ["\r\n"], count: 0...40))
            #expect(try verdicts(on: content) == [.pass, .pass], "\(String(latin1: content).debugDescription)")
        }
    }

    @Test func `the tags say what was asked`() throws {
        let verifier = Verifier(signatures(of: message()))
        let tags = verifier.fields.map(Verifier.tags)
        #expect(tags.map { $0["a"] } == ["rsa-sha256", "ed25519-sha256"])
        #expect(tags.map { $0["s"] } == ["r1", "e1"])
        for tags in tags {
            #expect(Set(tags.keys) == ["v", "a", "c", "d", "s", "t", "x", "h", "bh", "b"])
            #expect(tags["v"] == "1" && tags["c"] == "relaxed/relaxed" && tags["d"] == "acme.example")
            #expect(tags["t"] == "1790000000" && tags["x"] == "1790604800")
        }
    }

    @Test func `every oversigned field is named once more often than it occurs`() throws {
        let content = message(["From: a@acme.example", "To: a@a.test", "to: b@b.test", "References: <1@a.test>"])
        let tags = try #require(Verifier(signatures(of: content)).fields.first.map(Verifier.tags))
        let names = try #require(tags["h"]).split(separator: ":").map(String.init)
        let counts = Dictionary(names.map { ($0, 1) }, uniquingKeysWith: +)
        #expect(
            counts == [
                "from": 2, "to": 3, "cc": 1, "subject": 1, "date": 1, "reply-to": 1, "message-id": 1, "mime-version": 1,
                "content-type": 1, "content-transfer-encoding": 1, "list-unsubscribe": 1, "list-unsubscribe-post": 1,
                "references": 1,
            ])
    }

    @Test func `lines are shorter than 78 bytes and end in CRLF`() {
        let many = message((1...60).map { "To: \($0)@example.net" })
        for content in [message(), many] {
            let text = String(latin1: signatures(of: content))
            #expect(text.hasSuffix("\r\n"))
            let lines = text.components(separatedBy: "\r\n").dropLast()
            #expect(lines.allSatisfy { !$0.isEmpty && $0.utf8.count < 78 })
            #expect(lines.filter { $0.hasPrefix("DKIM-Signature: v=1;") }.count == 2)
            #expect(lines.allSatisfy { $0.hasPrefix("DKIM-Signature: ") || $0.hasPrefix(" ") })
        }
    }

    @Test func `the longest domain and selector are written whole`() throws {
        let label = String(repeating: "a", count: 62)
        let domain = try Domain(parsing: [label, label, label, label].joined(separator: "."))
        let key = DKIMKey(selector: String(repeating: "s", count: 63), key: Keys.ed25519.key)
        let content = message()
        let received = signatures(of: content, keys: [key], domain: domain) + content
        #expect(try Verifier(received).verdicts(Keys.published([key], for: domain)) == [.pass])
    }

    @Test func `a body hash that is given is taken`() throws {
        let content = message(body: "Hi.\r\n")
        let hash = SHA256.digest(of: Array("Hi.\r\n".utf8))
        #expect(signatures(of: content, bodyHash: hash) == signatures(of: content))
        let other = signatures(of: content, bodyHash: SHA256.digest(of: [])) + content
        #expect(try Verifier(other).verdicts(Keys.published()) == [.bodyDiffers, .bodyDiffers])
    }

    @Test func `without keys nothing is written`() {
        #expect(signatures(of: message(), keys: []) == [])
    }

    @Test func `one key makes one signature`() throws {
        for key in Keys.both {
            let received = signatures(of: message(), keys: [key]) + message()
            #expect(try Verifier(received).verdicts(Keys.published()) == [.pass])
        }
    }

    @Test func `signatures that were there before are left alone`() throws {
        let once = signatures(of: message(), keys: [Keys.ed25519]) + message()
        let twice = signatures(of: once, keys: [Keys.rsa]) + once
        #expect(try Verifier(twice).verdicts(Keys.published()) == [.pass, .pass])
    }
}
