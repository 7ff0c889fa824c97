// HTTPParserTests.swift — what the parser makes of bytes, whole or one by one.

import HTTP
import HTTPTypes
import Testing

/// Bodies that mean nothing.
struct IgnoredBodyTests {
    @Test(arguments: ["GET", "HEAD"]) func isReadAndThrownAway(method: String) {
        let body = String(repeating: "x", count: 70_000)
        let framed = "\(method) /a HTTP/1.1\r\nHost: a\r\nContent-Length: 70000\r\n\r\n\(body)"
        let chunked =
            "\(method) /b HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n11170\r\n\(body)\r\n0\r\n\r\n"
        for pieces in [1_000, .max] {
            let reading = Reading(
                framed + chunked + "POST /c HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx", pieces: pieces)
            #expect(reading.requests == ["\(method) /a ", "\(method) /b ", "POST /c x"])
        }
    }

    @Test func isBoundedAllTheSame() {
        let head = "GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n6\r\nxxxxxx\r\n6\r\n"
        #expect(Reading(head, limits: HTTPLimits(maxBody: 10)).violation == 413)
    }
}

/// The requests in a text, and the violation that ended it.
struct Reading: Equatable {
    var requests: [String] = []
    var violation: Int?
    /// The text ends within a request.
    var isIncomplete = false

    /// Feeds the text in pieces of this many bytes. A request reads as "METHOD path body", with "!" if it is the last.
    init(_ text: String, pieces: Int = .max, limits: HTTPLimits = HTTPLimits()) {
        var parser = HTTPParser(limits: limits)
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            parser.feed(rest.prefix(pieces))
            rest = rest.dropFirst(pieces)
            do {
                try read(&parser)
            } catch {
                violation = error.status
                return
            }
        }
        if case .idle = parser.phase { isIncomplete = false } else { isIncomplete = true }
    }

    private mutating func read(_ parser: inout HTTPParser) throws(HTTPViolation) {
        while true {
            switch try parser.next() {
            case .needsBytes: return
            case .continueExpected: requests.append("100")
            case .largeBody(let length): requests.append("large \(length)")
            case .request(let request):
                let body = String(decoding: request.body, as: UTF8.self)
                let line = "\(request.head.method) \(request.head.path ?? "") \(body)"
                requests.append(request.isLast ? line + "!" : line)
            }
        }
    }
}

private func post(_ fields: String, _ body: String = "") -> String {
    "POST / HTTP/1.1\r\nHost: a.test\r\n\(fields)\r\n\(body)"
}

private func get(_ target: String, host: String = "a.test") -> String {
    "GET \(target) HTTP/1.1\r\nHost: \(host)\r\n\r\n"
}

private func chunked(_ body: String) -> String { post("Transfer-Encoding: chunked\r\n", body) }

struct HTTPParserTests {
    @Test(arguments: [
        (get("/"), ["GET / "]), (get("/a?b=c"), ["GET /a?b=c "]), ("\r\n" + get("/"), ["GET / "]),
        (get("/1") + get("/2"), ["GET /1 ", "GET /2 "]),
        ("GET / HTTP/1.0\r\n\r\n", ["GET / !"]), ("GET / HTTP/1.0\r\nHost: a\r\n\r\n", ["GET / !"]),
        ("GET / HTTP/1.1\r\nHost: a\r\nConnection: x, Close\r\n\r\n", ["GET / !"]),
        (get("http://a.test/x"), ["GET /x "]), (get("HTTP://A.test?q"), ["GET /?q "]),
        (get("https://a.test/x"), ["GET /x "]),
        ("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", ["OPTIONS * "]),
        (get("/", host: "[::1]:80"), ["GET / "]), (get("/", host: "a:"), ["GET / "]),
        (post("Content-Length: 3\r\n", "abc") + get("/2"), ["POST / abc", "GET /2 "]),
        (post("Content-Length: \t003 \r\n", "abc"), ["POST / abc"]), (post("Content-Length: 0\r\n"), ["POST / "]),
        (post(""), ["POST / "]), (chunked("0\r\n\r\n"), ["POST / "]),
        (chunked("3\r\nabc\r\n00A\r\n0123456789\r\n000\r\n\r\n") + get("/2"), ["POST / abc0123456789", "GET /2 "]),
        (chunked("1;a;b=c;d=\"e \\\" ;\"\r\nx\r\n0\r\nTrailer: 1\r\n\r\n"), ["POST / x"]),
        (chunked("2\r\n\r\n\r\n0\r\n\r\n"), ["POST / \r\n"]),
    ])
    func readsRequests(text: String, requests: [String]) {
        for pieces in [Int.max, 1, 7] {
            let reading = Reading(text, pieces: pieces)
            #expect(reading.requests == requests)
            #expect(reading.violation == nil)
        }
    }

    @Test(arguments: [
        "GET / HTTP/1.1\nHost: a\r\n\r\n", "GET / HTTP/1.1\r\nHost: a\n\r\n", "GET / HTTP/1.1\rHost: a\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nA: b\rC: d\r\n\r\n", "GET / HTTP/1.1\r\nHost: a\r\nA: \0\r\n\r\n",
        "GET  / HTTP/1.1\r\nHost: a\r\n\r\n", "GET / HTTP/1.1 \r\nHost: a\r\n\r\n", "GET /\r\n\r\n", "GET\r\n\r\n",
        "GET\t/ HTTP/1.1\r\nHost: a\r\n\r\n", "G(T / HTTP/1.1\r\nHost: a\r\n\r\n", " GET / HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET / http/1.1\r\nHost: a\r\n\r\n", "GET / HTTP/1.10\r\nHost: a\r\n\r\n", "GET / HTTP/1\r\nHost: a\r\n\r\n",
        "GET / HTTP/1.1\r\n\r\n", "GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", "\r\n\r\n\r\n\r\n\r\nGET /",
        "GET / HTTP/1.1\r\nHost: a\r\n b: c\r\n\r\n", "GET / HTTP/1.1\r\nHost: a\r\nB : c\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\n: c\r\n\r\n", "GET / HTTP/1.1\r\nHost: a\r\nB\r\n\r\n",
        get("a"), get("*"), get("/a#b"), get("/\u{E9}"), get("ftp://a.test/"), get("http://b.test/"),
        get("http://u@a.test/", host: "u@a.test"), get("http:///"),
        get("/", host: ""), get("/", host: "a b"), get("/", host: "u@a"), get("/", host: "a/b"), get("/", host: "a:x"),
        get("/", host: "[::1"), get("/", host: "[]"), get("/", host: "a,b:1:2"), get("/", host: "\u{E9}.test"),
    ])
    func refusesHeads(text: String) {
        #expect(Reading(text) == Reading(violation: 400))
        #expect(Reading(text, pieces: 1) == Reading(violation: 400))
    }

    @Test(
        arguments: [
            post("Content-Length: 1\r\nContent-Length: 1\r\n", "a"), post("Content-Length: 1, 1\r\n", "a"),
            post("Content-Length: +1\r\n", "a"), post("Content-Length: -1\r\n", "a"),
            post("Content-Length: 0x1\r\n", "a"),
            post("Content-Length: 1 1\r\n", "a"), post("Content-Length:\r\n", "a"),
            post("Content-Length: 18446744073709551617\r\n", "a"), post("Content-Length: \u{661}\r\n", "a"),
            post("Content-Length: 1\r\nTransfer-Encoding: chunked\r\n"),
            post("Transfer-Encoding: chunked\r\nContent-Length: 1\r\n"), post("Transfer-Encoding: identity\r\n"),
            post("Transfer-Encoding: gzip\r\n"), post("Transfer-Encoding: chunked, chunked\r\n"),
            post("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"), post("Transfer-Encoding:\r\n"),
            post("Transfer-Encoding: chunked, gzip\r\n"), post("Transfer-Encoding: ,chunked\r\n"),
            post("Transfer-Encoding: xchunked\r\n"), post("Transfer-Encoding: \u{B}chunked\r\n"),
            "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n",
            chunked("g\r\n"), chunked("\r\n"), chunked("-1\r\n"), chunked("+1\r\n"), chunked("0x1\r\n"),
            chunked("1 \r\na"),
            chunked(" 1\r\na"), chunked("1;\r\na"), chunked("1 ;a\r\na"), chunked("1;a=\r\na"), chunked("1;a=\"b\r\na"),
            chunked("1;a=\"\\"), chunked("1\na\r\n"), chunked("1\r\nab"), chunked("1\r\na\n0\r\n\r\n"),
            chunked("1;\u{1}\r\na"),
            chunked("FFFFFFFFFFFFFFFF1\r\n"), chunked("0\r\nB : c\r\n\r\n"), chunked("0\r\nB\0: c\r\n\r\n"),
        ].map { $0 + "\r\n" })
    func refusesBodies(text: String) {
        #expect(Reading(text) == Reading(violation: 400))
        #expect(Reading(text, pieces: 1) == Reading(violation: 400))
    }

    @Test(arguments: [
        ("GET / HTTP/1.2\r\nHost: a\r\n\r\n", 505), ("GET / HTTP/2.0\r\nHost: a\r\n\r\n", 505),
        ("CONNECT a.test:443 HTTP/1.1\r\nHost: a.test:443\r\n\r\n", 501),
        (post("Transfer-Encoding: gzip, chunked\r\n"), 501), (post("Expect: 200-ok\r\n"), 417),
        (post("Expect: 100-continue\r\nExpect: 100-continue\r\n"), 417),
    ])
    func saysWhatItDoesNotDo(text: String, status: Int) {
        #expect(Reading(text) == Reading(violation: status))
    }

    @Test(arguments: [
        ("GET /" + String(repeating: "a", count: 8192), 414), (get("/" + String(repeating: "a", count: 8192)), 414),
        (post("A: " + String(repeating: "a", count: 65536)), 431),
        (post(String(repeating: "A: b\r\n", count: 101)), 431),
        (post(String(repeating: "A: \(String(repeating: "a", count: 1000))\r\n", count: 99)), 431),
        (chunked("0\r\n" + String(repeating: "A: b\r\n", count: 101)), 431),
        (post("Content-Length: 101\r\n"), 413),
        (chunked("64\r\n" + String(repeating: "a", count: 100) + "\r\n1\r\n"), 413),
        (chunked("1;a=" + String(repeating: "a", count: 17_000)), 400),
        (chunked(String(repeating: "1;\(String(repeating: "a", count: 1000))\r\na\r\n", count: 20)), 400),
    ])
    func keepsLimits(text: String, status: Int) {
        #expect(Reading(text, limits: HTTPLimits(maxBody: 100)) == Reading(violation: status))
        #expect(Reading(text, pieces: 1000, limits: HTTPLimits(maxBody: 100)) == Reading(violation: status))
    }

    @Test(arguments: [
        (post("Expect: 100-Continue\r\nContent-Length: 1\r\n"), ["100"]),
        (post("Expect: 100-continue\r\n"), ["POST / "]),
        (post("Expect: 100-continue\r\nContent-Length: 1\r\n", "a"), ["POST / a"]),
        ("POST / HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\n", []),
    ])
    func continuesOnlyForABodyThatHasNotBegun(text: String, events: [String]) {
        #expect(Reading(text).requests == events)
    }

    @Test func keepsFieldsInOrder() throws {
        var parser = HTTPParser()
        parser.feed(Array("GET / HTTP/1.1\r\nB: 1\r\nHost: a\r\na:\t 2 \r\nb:\r\nC: \u{E9}\r\n\r\n".utf8))
        guard case .request(let request) = try parser.next() else { throw CancellationError() }
        #expect(request.head.headerFields.map { "\($0.name.rawName)=\($0.value)" } == ["B=1", "a=2", "b=", "C=\u{E9}"])
        #expect(request.head.authority == "a")
    }

    @Test func tellsThePhases() throws {
        var parser = HTTPParser()
        func phase() -> String { "\(parser.phase)" }
        #expect(phase() == "idle")
        for (bytes, after) in [
            ("POST / HT", "head"), ("TP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\na", "body(received: 1)"),
            ("bcG", "head"),
        ] {
            parser.feed(Array(bytes.utf8))
            while case .request = try parser.next() {}
            #expect(phase() == after)
        }
    }
}

extension Reading {
    init(violation: Int) {
        self.init("")
        self.violation = violation
    }
}
