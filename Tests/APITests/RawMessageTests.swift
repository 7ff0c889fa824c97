// RawMessageTests.swift — whole messages: in `raw`, as a file of a form, and as message/rfc822 with its envelope in the query.

import APITestSupport
import Crypto
import Foundation
import JSON
import Testing

@testable import API

@Suite struct RawMessageTests {
    private static let letter =
        "From: Acme <hello@acme.test>\r\nTo: b@example.test\r\nSubject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\r\n\r\nHallo\r\n"

    private func raw(_ text: String, beside members: String = "") -> String {
        #"{"to":"b@example.test","raw":"\#(Base64.encode(Array(text.utf8)))"\#(members)}"#
    }

    @Test func isSentAsItIsWithWhatItLacks() async throws {
        try await withAPI { api in
            let answer = try await api.client.post("/v1/messages", raw(Self.letter))
            #expect(answer.status == 202)
            #expect(answer["from"] == .string("Acme <hello@acme.test>"))
            #expect(answer["subject"] == .string("Grüße"))
            let messageID = try #require(answer["message_id"].string)
            #expect(messageID.hasSuffix("@acme.test>"))
            let sent = try await api.client.get("/v1/messages/\(answer["id"].string ?? "")/raw").text
            #expect(sent.hasSuffix(Self.letter))
            #expect(sent.contains("Message-ID: \(messageID)\r\n"))
            #expect(sent.utf8.starts(with: "Date: ".utf8) || sent.contains("\r\nDate: "))
        }
    }

    @Test func bareLineEndsBecomeWholeAndBlindCopiesGo() async throws {
        try await withAPI { api in
            let text = Self.letter.replacing("\r\n", with: "\n").replacing("To:", with: "Bcc: v@x.test\nTo:")
            let id = try await api.accept(raw(text))
            let sent = try await api.client.get("/v1/messages/\(id)/raw").text
            #expect(sent.hasSuffix(Self.letter))
            #expect(!sent.contains("v@x.test"))
        }
    }

    static let faults: [(String, String, [String])] = [
        (letter, #","subject":"Hi""#, ["#/subject invalid_value"]),
        (
            letter, #","attachments":[{}],"headers":{"X-A":"b"}"#,
            ["#/headers invalid_value", "#/attachments invalid_value"]
        ),
        (letter, #","from":"other@acme.test""#, ["#/from invalid_value"]),
        ("Subject: Hi\r\n\r\n", "", ["#/raw invalid_value"]),
        ("From: a@acme.test\r\n\r\na\0b", "", ["#/raw invalid_value"]),
        ("From: a@acme.test\r\nno field\r\n\r\n", #","tls":"x""#, ["#/tls invalid_value", "#/raw invalid_value"]),
    ]

    @Test(arguments: faults) func isRefusedWithAllThatIsWrong(
        letter: String, members: String, errors: [String]
    ) async throws {
        try await withAPI { api in
            let answer = try await api.client.post("/v1/messages", raw(letter, beside: members))
            #expect(answer.status == 422)
            #expect(answer.errors == errors)
        }
    }

    @Test(arguments: [(letter, "Other"), ("From: hello@acme.test\r\n\r\n", "Acme")])
    func anotherNameBesideItIsWarnedOf(letter: String, name: String) async throws {
        try await withAPI { api in
            let members = #","from":"\#(name) <hello@acme.test>""#
            let answer = try await api.client.post("/v1/messages", raw(letter, beside: members))
            #expect(answer.status == 202)
            #expect(answer["warnings", "0", "code"] == .string("from_name_ignored"))
            #expect(answer["warnings", "0", "pointer"] == .string("#/from"))
        }
    }

    @Test(arguments: [
        #","from":"hello@acme.test""#, #","from":"Acme <hello@acme.test>""#,
        #","subject":"","text":null,"html":"","headers":{},"attachments":[],"reply_to":[]"#,
    ])
    func whatSaysNothingMoreMayStandBeside(members: String) async throws {
        try await withAPI { api in
            let answer = try await api.client.post("/v1/messages", raw(Self.letter, beside: members))
            #expect(answer.status == 202)
        }
    }

    @Test(arguments: [(true, 202), (false, 422)])
    func anAddressLiteralSendsWhereTheOperatorSaysSo(isAllowed: Bool, status: Int) async throws {
        try await withAPI(configure: { $0.terms.allowsAddressLiterals = isAllowed }) { api in
            let letter = "From: a@[192.0.2.1]\r\nSubject: Hi\r\n\r\nHello\r\n"
            let answer = try await api.client.post("/v1/messages", raw(letter))
            #expect(answer.status == status)
        }
    }

    @Test func notBase64IsRefused() async throws {
        try await withAPI { api in
            let answer = try await api.client.post("/v1/messages", #"{"to":"b@example.test","raw":"a b"}"#)
            #expect(answer.errors == ["#/raw invalid_value"])
        }
    }

    @Test func comesAsABodyWithItsEnvelopeInTheQuery() async throws {
        try await withAPI { api in
            let path =
                "/v1/messages?to=b@example.test&to=c%2Bd@example.test&bcc=d@example.test&tags.kind=otp&expires_after=600&cc="
            let answer = try await api.client.send("POST", path, ["Content-Type": "message/rfc822"], Self.letter)
            #expect(answer.status == 202)
            let recipients = answer["recipients"].array?.map {
                "\($0.object?["kind"]?.string ?? "") \($0.object?["address"]?.string ?? "")"
            }
            #expect(recipients == ["to b@example.test", "to c+d@example.test", "bcc d@example.test"])
            #expect(answer["tags", "kind"] == .string("otp"))
            #expect(answer["expires_at"].string == "2026-09-21T14:23:20.000Z")
        }
    }

    static let wrongQueries: [(String, String, [String])] = [
        ("", letter, ["?to required"]),
        ("?to=b", letter, ["?to invalid_address"]),
        ("?to=b@example.test&too=c", letter, ["?too unknown_parameter"]),
        ("?to=b@example.test&tls=required&tls=a", letter, ["?tls invalid_value"]),
        ("?to=b@example.test&tags.a%20b=c", letter, ["?tags.a%20b invalid_value"]),
        ("?to=b@example.test&to.email=c", letter, ["?to.email unknown_parameter"]),
        ("?to=b@example.test&tags=c", letter, ["?tags unknown_parameter"]),
        ("?to=b@example.test&tags.=c", letter, ["?tags. unknown_parameter"]),
        ("?to=b@example.test&.to=c", letter, ["?.to unknown_parameter"]),
        ("?to=b@example.test&tags.k=a&tags.k=b", letter, ["?tags.k invalid_value"]),
        ("?to=b@example.test&subject=Hi", letter, ["?subject unknown_parameter"]),
        ("?to=b&too=c&tls=x", letter, ["?too unknown_parameter", "?to invalid_address", "?tls invalid_value"]),
        ("?to=b@example.test", "Hello", ["# invalid_value"]),
    ]

    @Test(arguments: wrongQueries) func errorsOfTheQueryPointIntoIt(
        query: String, body: String, errors: [String]
    ) async throws {
        try await withAPI { api in
            let fields = ["Content-Type": "message/rfc822"]
            let answer = try await api.client.send("POST", "/v1/messages" + query, fields, body)
            #expect(answer.errors == errors)
        }
    }

    @Test func aPlusThatBecameASpaceIsExplained() async throws {
        try await withAPI { api in
            let fields = ["Content-Type": "message/rfc822"]
            let answer = try await api.client.send("POST", "/v1/messages?to=a+b@example.test", fields, Self.letter)
            #expect(answer.errors == ["?to invalid_address"])
            #expect(answer["errors", "0", "detail"].string?.contains("%2B") == true)
        }
    }

    @Test func aWarningOfTheQueryPointsIntoIt() async throws {
        try await withAPI { api in
            let path = "/v1/messages?to=b@example.test&to=b@example.test"
            let answer = try await api.client.send("POST", path, ["Content-Type": "message/rfc822"], Self.letter)
            #expect(answer["warnings", "0", "pointer"] == .string("?to.1"))
        }
    }
}
