// ServerSentEventsTests.swift — streams of events in whatever pieces they come.

import Testing

@testable import Console

@Suite struct ServerSentEventsTests {
    private func events(_ pieces: [String], _ stream: inout ServerSentEvents) throws -> [String] {
        var found: [String] = []
        for piece in pieces {
            try Array(piece.utf8).withUnsafeBytes { bytes in
                try stream.feed(bytes) {
                    found.append("\($0.id) \($0.type) \(String(decoding: $0.data, as: UTF8.self))")
                }
            }
        }
        return found
    }

    private func events(_ pieces: String...) throws -> [String] {
        var stream = ServerSentEvents()
        return try events(pieces, &stream)
    }

    @Test(arguments: ["\n", "\r\n", "\r"])
    func linesEndInThreeWays(end: String) throws {
        let text = ["id: 7", "event: message.bounced", "data: {}", "", ": heartbeat", "", "data:x", "", ""]
            .joined(separator: end)
        #expect(try events(text) == ["7 message.bounced {}", "7  x"])
    }

    @Test func piecesEndAnywhere() throws {
        let text = "id: 7\r\nevent: a\r\ndata: {\"k\":1}\r\n\r\nid: 8\r\ndata: y\r\n\r\n"
        let whole = try events(text)
        #expect(whole == ["7 a {\"k\":1}", "8  y"])
        var stream = ServerSentEvents()
        #expect(try events(text.unicodeScalars.map { String($0) }, &stream) == whole)
    }

    @Test func dataOfSeveralLinesIsJoined() throws { #expect(try events("data: a\ndata: b\n\n") == ["  a\nb"]) }

    @Test func anEventThatIsCutOffIsNone() throws {
        var stream = ServerSentEvents(lastID: "5")
        #expect(try events(["id: 6\ndata: {}\n"], &stream) == [])
        #expect(stream.lastID == "5")
    }

    @Test func anIDWithoutDataIsAPlace() throws {
        var stream = ServerSentEvents()
        #expect(try events(["retry: 2500\nid: 41\n\n"], &stream) == [])
        #expect(stream.lastID == "41" && stream.retry == .milliseconds(2500))
    }

    @Test func strangeRetriesDoNotCount() throws {
        var stream = ServerSentEvents()
        _ = try events(["retry: -1\nretry: 1e9\nretry:\nretry: 9999999999\n\n"], &stream)
        #expect(stream.retry == nil)
    }
}
