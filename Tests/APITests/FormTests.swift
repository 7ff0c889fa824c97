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
                    (#"name="attachments"; filename="c%22d%20.bin""#, ""),
                    (#"name="attachments"; filename="x"; filename*=utf-8''na%C3%AFve.bin"#, ""),
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
            #expect(sent.contains(#"c\"d%20.bin"#))
            #expect(sent.contains("na%C3%AFve.bin"))
            #expect(sent.contains("filename*0*=utf-8''%E0%B9%83"))
        }
    }

    @Test func aWholeMessageMayComeAsAFile() async throws {
        try await withAPI { api in
            let body = form([(#"name="to""#, "b@example.test"), (#"name="raw"; filename="letter.eml""#, Self.letter)])
            let answer = try await api.client.send("POST", "/v1/messages", type(), body)
            #expect(answer.status == 202)
            #expect(answer["from"] == .string("a@acme.test"))
        }
    }

    static let wrong: [([(String, String)], [String])] = [
        ([(#"name="form""#, "x")], ["#/form unknown_member"]),
        ([(#"name="form[x]""#, "x")], ["#/form unknown_member"]),
        ([(#"name="subject""#, "again")], ["#/subject invalid_value"]),
        ([(#"name="tags""#, "otp")], ["#/tags invalid_value"]),
        ([(#"name="tags""#, "[]")], ["#/tags invalid_type"]),
        ([(#"name="tags[k]""#, "a"), (#"name="tags""#, #"{"k":"b"}"#)], ["#/tags/k invalid_value"]),
        ([(#"name="tags""#, #"{"k":"b"}"#), (#"name="tags[k]""#, "a")], ["#/tags/k invalid_value"]),
        ([(#"name="to[email]""#, "x@y.test")], ["#/to invalid_value"]),
        ([(#"name="from[email]""#, "x@y.test")], ["#/from invalid_value"]),
        ([(#"name="html"; filename="a.html""#, "<p>")], ["#/html invalid_type"]),
        ([(#"name="attachments"; filename="a/../b""#, "x")], ["#/attachments/0/filename invalid_value"]),
        ([(#"name="attachments[]"; filename="a""#, "x")], ["#/attachments invalid_type"]),
        ([(#"name="headers[Bcc]""#, "v@x.test")], ["#/headers/Bcc not_allowed"]),
        ([(#"name="headers[X]""#, "a"), (#"name="headers[x]""#, "b")], ["#/headers/x invalid_value"]),
        ([(#"name="expires_after""#, "0")], ["#/expires_after out_of_range"]),
        ([(#"name="expires_after""#, "+600")], ["#/expires_after invalid_value"]),
        ([(#"name="external_id""#, "")], ["#/external_id invalid_value"]),
        // What is wrong with the fields does not hide what is wrong in them.
        (
            [(#"name="form""#, "x"), (#"name="subject""#, "again"), (#"name="cc""#, "b"), (#"name="tls""#, "no")],
            ["#/form unknown_member", "#/subject invalid_value", "#/cc invalid_address", "#/tls invalid_value"]
        ),
    ]

    @Test(arguments: wrong) func errorsNameTheField(parts: [(String, String)], errors: [String]) async throws {
        try await withAPI { api in
            let answer = try await api.client.send("POST", "/v1/messages", type(), form(Self.fields + parts))
            #expect(answer.status == 422)
            #expect(answer.errors == errors)
        }
    }

    static let twiceTold: [([(String, String)], [String])] = [
        ([(#"name="to[email]""#, "x@y.test"), (#"name="to""#, "b@example.test")], ["#/to invalid_value"]),
        ([(#"name="to""#, "b@example.test"), (#"name="to[email]""#, "x@y.test")], ["#/to invalid_value"]),
        (
            [(#"name="to""#, "b@example.test"), (#"name="raw"; filename="b.eml""#, letter)],
            ["#/raw invalid_value"]
        ),
        ([(#"name="to""#, "b@example.test"), (#"name="raw""#, letter)], ["#/raw invalid_value"]),
        (
            [(#"name="to""#, "b@example.test"), (#"name="attachments"; filename="a.pdf""#, "x")],
            ["#/attachments invalid_value"]
        ),
    ]
    private static let letter = "From: a@acme.test\nSubject: Hi\n\nHello\n"

    @Test(arguments: twiceTold) func nothingIsLostWithoutAWord(parts: [(String, String)], errors: [String]) async throws
    {
        try await withAPI { api in
            let body = form([(#"name="raw"; filename="a.eml""#, Self.letter)] + parts)
            let answer = try await api.client.send("POST", "/v1/messages", type(), body)
            #expect(answer.status == 422)
            #expect(answer.errors == errors)
        }
    }

    /// As a browser sends a form whose inputs were left empty.
    @Test func emptyInputsAreNone() async throws {
        try await withAPI { api in
            let body = form(
                Self.fields + ["cc", "bcc", "reply_to", "return_path"].map { ("name=\"\($0)\"", "") } + [
                    ("name=\"attachments\"; filename=\"\"\r\nContent-Type: application/octet-stream", "")
                ])
            let answer = try await api.client.send("POST", "/v1/messages", type(), body)
            #expect(answer.status == 202)
            #expect(answer["recipients"].array?.count == 1)
            let sent = try await api.client.get("/v1/messages/\(answer["id"].string ?? "")/raw").text
            #expect(!sent.contains("multipart"))
        }
    }

    @Test func aNumberIsOfSeconds() async throws {
        try await withAPI { api in
            let body = form(Self.fields + [(#"name="expires_after""#, "600")])
            let answer = try await api.client.send("POST", "/v1/messages", type(), body)
            #expect(answer["expires_at"].string == "2026-09-21T14:23:20.000Z")
        }
    }

    /// `application/octet-stream` is what curl and browsers say when they do not know.
    @Test(arguments: [
        ("application/octet-stream", "application/pdf"), ("Application/Octet-Stream", "application/pdf"),
        ("application/zip", "application/zip"),
    ])
    func theNameSaysWhatTheClientDoesNot(given: String, written: String) async throws {
        try await withAPI { api in
            let file = ("name=\"attachments\"; filename=\"a.pdf\"\r\nContent-Type: \(given)", "%PDF")
            let answer = try await api.client.send("POST", "/v1/messages", type(), form(Self.fields + [file]))
            let sent = try await api.client.get("/v1/messages/\(answer["id"].string ?? "")/raw").text
            #expect(sent.contains("Content-Type: \(written); name=\"a.pdf\""))
        }
    }

    @Test func aThousandErrorsAreEnough() async throws {
        try await withAPI { api in
            let members = (0..<900).map { "\"\($0)\":1" }.joined(separator: ",")
            let parts = Array(repeating: (#"name="tags""#, "{\(members)}"), count: 3)
            let answer = try await api.client.send("POST", "/v1/messages", type(), form(Self.fields + parts))
            #expect(answer.errors.count == 1000)
        }
    }

    @Test func anErrorShowsTheStartOfWhatIsNoText() throws {
        var members = FormMembers()
        members.add(
            MultipartForm.Part(
                name: "subject", filename: nil, contentType: nil, contentID: nil,
                bytes: [UInt8](repeating: 0xFF, count: 1 << 20)))
        #expect(members.faults.all.first?.received == String(repeating: "\u{FFFD}", count: 100) + "…")
    }

    @Test(arguments: [
        ("multipart/form-data; boundary=b0undary", "?to=c@example.test", ["?to unknown_parameter"]),
        ("application/json", "?to=c@example.test&x", ["?to unknown_parameter", "?x unknown_parameter"]),
    ])
    func theQueryIsOfWholeMessagesOnly(type: String, query: String, errors: [String]) async throws {
        try await withAPI { api in
            let body = type == "application/json" ? APIFixture.message : form(Self.fields)
            let answer = try await api.client.send("POST", "/v1/messages" + query, ["Content-Type": type], body)
            #expect(answer.status == 422)
            #expect(answer.errors == errors)
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
        "--b0undary\r\nContent-Disposition: form-data; name=\"\r\n\r\nx\r\n--b0undary--",
        "--b0undary\r\nContent-Disposition: form-data; name=\"to\\\"\r\n\r\nx\r\n--b0undary--",
        "--b0undary\r\nContent-Disposition: form-data; name=\"attachments\"; filename*=UTF-8''%2\r\n\r\nx\r\n--b0undary--",
        "--b0undary\r\nContent-Disposition: form-data; name=\"attachments\"; filename*=UTF-8''%FF\r\n\r\nx\r\n--b0undary--",
        "--b0undary\r\nContent-Disposition: form-data; name=\"attachments\"; filename*=a; filename=b\r\n\r\nx\r\n--b0undary--",
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

    @Test(.timeLimit(.minutes(1))) func aHugeFormIsReadInLinearTime() throws {
        let line = String(repeating: "\r\r\n--b0undar", count: 200_000)
        let body = Array(form([(#"name="text""#, line)]).utf8)
        let parts = try MultipartForm(body, boundary: Array("b0undary".utf8)).parts
        #expect(parts.map(\.bytes.count) == [line.utf8.count])
    }
}
