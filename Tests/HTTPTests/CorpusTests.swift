// CorpusTests.swift — llhttp's request blocks and Http11Probe's cases, when they lie beside the project.

import Foundation
import HTTP
import HTTPTypes
import Testing

private let corpus = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().appending(path: "../shared/corpora/http").standardizedFileURL

private let exists = FileManager.default.fileExists(atPath: corpus.path)

// MARK: - llhttp

private struct Block: CustomTestStringConvertible, Sendable {
    let name: String
    let kind: String
    let request: String
    /// llhttp's error, by its number.
    let error: Int?
    var testDescription: String { name }

    /// Why this block says nothing about this parser, if so.
    var notApplicable: String? {
        if kind.contains("lenient") { return "a lenient mode of llhttp" }
        if kind.contains("pause") || kind.contains("skipBody") || kind.contains("finish") {
            return "llhttp's own calls"
        }
        if error == 5 { return "what follows the last request of a connection is not read here" }
        if error == 22 { return "llhttp stops at an Upgrade; here the field is ignored (RFC 9110 §7.8)" }
        return differences[name]
    }
}

/// Blocks that are answered otherwise here, and why.
private let differences = [
    "invalid.md: HTTP protocol and ANNOUNCE method": "which methods there are is the router's business",
    "invalid.md: Invalid method": "which methods there are is the router's business",
    "method.md: M-SEARCH request": "only OPTIONS has the target * (RFC 9112 §3.2.4)",
    "method.md: SOURCE request with ICE": "another protocol",
    "method.md: OPTIONS request with RTSP": "another protocol",
    "method.md: ANNOUNCE request with RTSP": "another protocol",
    "sample.md: No HTTP version": "HTTP/0.9",
    "transfer-encoding.md: POST with `chunked` as last transfer-encoding": "no fragment in a target; no deflate here",
    "transfer-encoding.md: POST with `chunked` as last transfer-encoding (multiple headers)":
        "no fragment in a target; no deflate here",
    "uri.md: Fragment in URI": "a target has no fragment (RFC 9112 §3.2)",
    "uri.md: `host:port` and basic auth": "an http URI has no user information (RFC 9110 §4.2.4)",
]

private let blocks: [Block] = ((try? FileManager.default.contentsOfDirectory(atPath: corpus.path + "/llhttp")) ?? [])
    .filter { $0.hasSuffix(".md") }.sorted().flatMap { file in
        let text = (try? String(contentsOf: corpus.appending(path: "llhttp/\(file)"), encoding: .utf8)) ?? ""
        return readBlocks(text.components(separatedBy: "\n"), file: file)
    }

private func readBlocks(_ lines: [String], file: String) -> [Block] {
    var (blocks, heading, kind): ([Block], String, String) = ([], "", "")
    var (fence, content, request): (String?, [String], String?) = (nil, [], nil)
    for line in lines {
        if let open = fence {
            if line != "```" {
                content.append(line)
            } else {
                if open == "http" { request = unescaped(content) }
                if open == "log", let text = request {
                    let error = content.compactMap { $0.split(separator: "error code=").dropFirst().first }.first
                    let number = error.flatMap { Int($0.prefix { $0 != " " }) }
                    blocks.append(Block(name: "\(file): \(heading)", kind: kind, request: text, error: number))
                    request = nil
                }
                fence = nil
            }
        } else if line.hasPrefix("```") {
            (fence, content) = (String(line.dropFirst(3)), [])
        } else if line.hasPrefix("#") {
            heading = line.drop { $0 == "#" }.trimmingCharacters(in: .whitespaces)
        } else if line.hasPrefix("<!-- meta=") {
            kind = line
        }
    }
    return blocks
}

/// llhttp writes its inputs with these escapes, and with LF for CRLF.
private func unescaped(_ lines: [String]) -> String {
    var text = lines.joined(separator: "\n").replacingOccurrences(of: "\\\n", with: "")
    text = text.replacingOccurrences(of: "\n", with: "\r\n")
    for (escape, meaning) in [("\\r", "\r"), ("\\n", "\n"), ("\\t", "\t"), ("\\f", "\u{C}"), ("\\x0", "\0")] {
        text = text.replacingOccurrences(of: escape, with: meaning)
    }
    return withHost(text)
}

/// Its requests mostly have no Host; ours must.
private func withHost(_ text: String) -> String {
    guard !text.lowercased().contains("host:"), let end = text.range(of: "HTTP/1.1\r\n") else { return text }
    let target = text[..<end.lowerBound].split(separator: " ").dropFirst().first ?? ""
    let authority = target.hasPrefix("http://") ? target.dropFirst(7).prefix { $0 != "/" && $0 != "?" } : "a.test"
    return text.replacingOccurrences(of: "HTTP/1.1\r\n", with: "HTTP/1.1\r\nHost: \(authority)\r\n")
}

// MARK: - Http11Probe

private struct Probe: Decodable, CustomTestStringConvertible, Sendable {
    let id: String
    let expected: String
    let rawRequest: String
    var testDescription: String { id }

    /// Of "400/505 or close", "2xx + close", "400 or close (pass), 2xx (warn)": the outcomes that pass.
    var outcomes: [String] {
        let passing = expected.components(separatedBy: " (pass)")[0].replacingOccurrences(of: " or ", with: "/")
        return passing.components(separatedBy: "/")
    }
}

private struct Probes: Decodable {
    let cases: [Probe]
}

private let probes: [Probe] = {
    guard let json = try? Data(contentsOf: corpus.appending(path: "http11probe.json")) else { return [] }
    return (try? JSONDecoder().decode(Probes.self, from: json).cases) ?? []
}()

/// Where a case leaves the choice, ours.
private let strictAnswers = [
    "RFC9112-3-MULTI-SP-REQUEST-LINE": "400", "RFC9112-3.2-FRAGMENT-IN-TARGET": "400", "COMP-REQUEST-LINE-TAB": "400",
    "COMP-EXPECT-UNKNOWN": "417", "COMP-METHOD-CONNECT": "501",
    "COMP-HTTP12-VERSION": "505", "COMP-HTTP10-NO-HOST": "200",
]

@Suite(.enabled(if: exists, "the corpora are not at \(corpus.path)"), .timeLimit(.minutes(5)))
struct CorpusTests {
    @Test(arguments: blocks.filter { $0.notApplicable == nil })
    private func agreesWithLlhttp(block: Block) {
        for pieces in [Int.max, 1] {
            let reading = Reading(block.request, pieces: pieces)
            // What stays incomplete is refused when the client ends its side or its time is over.
            let isRefused = reading.violation != nil || (reading.requests.isEmpty && reading.isIncomplete)
            if block.error == nil {
                #expect(reading.violation == nil, "\(reading)")
            } else {
                #expect(isRefused, "\(reading)")
            }
        }
    }

    @Test func readsAllOfLlhttpsBlocks() {
        #expect(blocks.count > 150)
        #expect(blocks.count { $0.notApplicable == nil } > 90)
        #expect(Set(differences.keys).isSubset(of: blocks.map(\.name)))
    }

    @Test(arguments: probes)
    private func passesHttp11Probe(probe: Probe) async throws {
        let handler = ScriptedHandler { request in
            let isRoot = request.head.path == "/" || request.head.path == "*"
            return HTTPServerResponse(head: HTTPResponse(status: isRoot ? .ok : .notFound))
        }
        try await withServer(handler) { server in
            try await TestClient.connect(to: server) { client in
                try await client.send(probe.rawRequest)
                client.endInput()
                let response = try await client.response()
                let outcome = response.map { "\($0.status)" } ?? "close"
                #expect(response?.status != 400 || response?.fields["connection"] == "close")
                if let strict = strictAnswers[probe.id] {
                    #expect(outcome == strict)
                } else if probe.expected == "!101" {
                    #expect(outcome == "200")
                } else if probe.expected == "2xx + close" {
                    #expect(outcome == "200" && response?.fields["connection"] == "close")
                } else {
                    #expect(probe.outcomes.contains(outcome) || (outcome == "200" && probe.outcomes.contains("2xx")))
                }
            }
        }
    }

    @Test func readsAllOfHttp11ProbesCases() { #expect(probes.count == 57) }
}
