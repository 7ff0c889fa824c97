// FormTests.swift — messages as multipart/form-data, as curl -F and browsers write them.

import APITestSupport
import Foundation
import JSON
import Queue
import Testing

@testable import API

@Suite struct FormTests {
    /// Each part as its Content-Disposition parameters, further header lines, and its text.
    private func form(_ parts: [(String, String)], boundary: String = "b0undary") -> String {
        parts.map { head, text in
            "--\(boundary)\r\nContent-Disposition: form-data; \(head)\r\n\r\n\(text)\r\n"
        }.joined() + "--\(boundary)--\r\n"
    }

    private func type(_ boundary: String = "b0undary") -> [String: String] {
        ["Content-Type": "multipart/form-data; boundary=\(boundary)"]
    }

    private static let fields = [
        (#"name="from""#, "Acme <hello@acme.test>"), (#"name="to""#, "b@example.test"),
        (#"name="subject""#, "ใบเสร็จ"), (#"name="text""#, "Hello"),
    ]

    @Test func fieldsAreMembersAndFilesAreAttachments() async throws {
        try await withAPI { api in
            let body = form(
                Self.fields + [
                    (#"name="to""#, "c@example.test"), (#"name="tags[kind]""#, "otp"),
                    (#"name="metadata""#, #"{"user_id":"8421"}"#),
                    (
                        "name=\"attachments\"; filename=\"ใบเสร็จ.txt\"\r\nContent-Type: text/plain",
                        "a\r\n--b0undar\r\nb"
                    ),
                    (#"name="attachments"; filename="a \"b\".bin""#, ""),
                ])
            let answer = try await api.client.send("POST", "/v1/messages", type(), body)
            #expect(answer.status == 202)
            #expect(answer["recipients"].array?.count == 2)
            #expect(answer["subject"] == .string("ใบเสร็จ"))
            #expect(answer["tags", "kind"] == .string("otp"))
            #expect(answer["metadata", "user_id"] == .string("8421"))
            let sent = try await api.client.get("/v1/messages/\(answer["id"].string ?? "")/raw").text
            #expect(sent.contains("Content-Type: multipart/mixed"))
            #expect(sent.contains(#"a \"b\".bin"#))
            #expect(sent.contains("filename*0*=utf-8''%E0%B9%83"))
        }
    }

    @Test func aWholeMessageMayComeAsAFile() async throws {
        try await withAPI { api in
            let letter = "From: a@acme.test\nSubject: Hi\n\nHello\n"
            let body = form([(#"name="to""#, "b@example.test"), (#"name="raw"; filename="letter.eml""#, letter)])
            let answer = try await api.client.send("POST", "/v1/messages", type(), body)
            #expect(answer.status == 202)
            #expect(answer["from"] == .string("a@acme.test"))
        }
    }

    static let wrong: [(String, String, String)] = [
        (#"name="form""#, "x", "#/form unknown_member"),
        (#"name="subject""#, "again", "#/subject invalid_value"),
        (#"name="tags""#, "otp", "#/tags invalid_value"),
        (#"name="tags""#, "[]", "#/tags invalid_type"),
        (#"name="html"; filename="a.html""#, "<p>", "#/html invalid_type"),
        (#"name="attachments"; filename="a/../b""#, "x", "#/attachments/0/filename invalid_value"),
        (#"name="headers[Bcc]""#, "v@x.test", "#/headers/Bcc not_allowed"),
    ]

    @Test(arguments: wrong) func errorsNameTheField(head: String, text: String, error: String) async throws {
        try await withAPI { api in
            let answer = try await api.client.send("POST", "/v1/messages", type(), form(Self.fields + [(head, text)]))
            #expect(answer.status == 422)
            #expect(answer.errors == [error])
        }
    }

    /// A client that repeats a request makes a new boundary.
    @Test func anIdempotencyKeyStandsForThePartsNotForTheBoundary() async throws {
        try await withAPI { api in
            func post(_ boundary: String, _ fields: [(String, String)]) async throws -> Answer {
                try await api.client.send(
                    "POST", "/v1/messages", type(boundary).merging(["Idempotency-Key": "k"]) { $1 },
                    form(fields, boundary: boundary))
            }
            let first = try await post("one", Self.fields)
            let second = try await post("two", Self.fields)
            #expect(second["id"] == first["id"])
            #expect(second.field("Idempotent-Replayed") == "true")
            let other = try await post("three", Self.fields + [(#"name="external_id""#, "1")])
            #expect(other["code"] == .string("idempotency_key_reused"))
        }
    }

    static let malformed = [
        "", "--b0undary", "--b0undary--", "--b0undary\r\nx\r\n--b0undary--",
        "--b0undary\r\nContent-Disposition: form-data; name=\"to\"\r\n\r\nb@example.test\r\n",
        "--b0undary\r\nContent-Disposition: form-data\r\n\r\nx\r\n--b0undary--",
        "--b0undary\r\nContent-Disposition: form-data; name=\"to\"; name=\"cc\"\r\n\r\nx\r\n--b0undary--",
        "--b0undary\r\nContent-Disposition: form-data; name=\"to\"\r\nno field\r\n\r\nx\r\n--b0undary--",
        "--b0undary\r\nContent-Disposition: form-data; name=\"to\"\r\nContent-Transfer-Encoding: base64\r\n\r\nx\r\n--b0undary--",
        "--b0undary\r\nContent-Disposition: form-data; name=\"to\"\r\n\r\nx\r\n--b0undary--\r\nmore",
    ]

    @Test(arguments: malformed) func whatIsNoFormIsRefused(body: String) async throws {
        try await withAPI { api in
            let answer = try await api.client.send("POST", "/v1/messages", type(), body)
            #expect(answer.status == 400 || body == "--b0undary--" && answer.status == 422)
        }
    }

    @Test(arguments: [
        "multipart/form-data", "multipart/form-data; boundary=\"\"", "multipart/form-data; charset=utf-8",
    ])
    func aFormNamesItsBoundary(type: String) async throws {
        try await withAPI { api in
            let answer = try await api.client.send("POST", "/v1/messages", ["Content-Type": type], form(Self.fields))
            #expect(answer["code"] == .string("malformed_request"))
        }
    }

    /// Any page may post a form to loopback; a browser says whose page it was.
    @Test func inDevelopmentModeAPageNeedsAKey() async throws {
        try await withAPI(configure: { $0.isDevMode = true }) { api in
            let page = type().merging(["Origin": "https://elsewhere.example"]) { $1 }
            let pageOfAStranger = try await api.stranger.send("POST", "/v1/messages", page, form(Self.fields))
            #expect(pageOfAStranger.status == 401)
            let pageWithAKey = try await api.client.send("POST", "/v1/messages", page, form(Self.fields))
            #expect(pageWithAKey.status == 202)
            let program = try await api.stranger.send("POST", "/v1/messages", type(), form(Self.fields))
            #expect(program.status == 202)
        }
    }

    @Test func aHugeFormIsReadInLinearTime() throws {
        let line = String(repeating: "\r\r\n--b0undar", count: 200_000)
        let body = Array(form([(#"name="text""#, line)]).utf8)
        let parts = try MultipartForm(body, boundary: Array("b0undary".utf8)).parts
        #expect(parts.map(\.bytes.count) == [line.utf8.count])
    }
}
