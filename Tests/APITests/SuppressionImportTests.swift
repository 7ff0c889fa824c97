// SuppressionImportTests.swift — whole lists of suppressions, in and out, as JSON and as CSV.

import APITestSupport
import JSON
import Testing

@testable import API

@Suite struct SuppressionImportTests {
    private func importing(_ api: APIFixture, csv: String) async throws -> Answer {
        try await api.client.send("POST", "/v1/suppressions/import", ["Content-Type": "text/csv; charset=utf-8"], csv)
    }

    private func counts(_ answer: Answer) -> [Int64?] {
        ["created", "updated", "failed"].map { answer[$0].number?.int64 }
    }

    @Test func jsonTakesTheRightOnesAndNamesTheOthers() async throws {
        try await withAPI { api in
            let rows = """
                {"address":"a@x.test","reason":"bounce"},{"address":"A@x.test"},{"address":"b"},7,
                {"address":"c@x.test","reason":"spite","more":1},{"object":"suppression","address":"d@x.test",
                "message_id":"msg_01KB0Q5S7ZEQ0V3M8F4W2N6T9A","created_at":"2026-01-01T00:00:00Z","note":null}
                """
            let answer = try await api.client.post("/v1/suppressions/import", #"{"suppressions":[\#(rows)]}"#)
            #expect(answer.status == 200 && counts(answer) == [2, 1, 3])
            #expect(
                answer.errors == [
                    "#/suppressions/2/address invalid_address", "#/suppressions/3 invalid_type",
                    "#/suppressions/4/more unknown_member", "#/suppressions/4/reason invalid_value",
                ])
            let listed = try await api.client.get("/v1/suppressions/a@x.test")
            #expect(listed["reason"] == .string("bounce"))
        }
    }

    @Test(arguments: [
        ("{}", ["#/suppressions required"]), (#"{"suppressions":{}}"#, ["#/suppressions invalid_type"]),
        (#"{"suppression":[]}"#, ["#/suppression unknown_member", "#/suppressions required"]),
    ])
    func jsonThatIsNoListIsRefused(body: String, errors: [String]) async throws {
        try await withAPI { api in
            let answer = try await api.client.post("/v1/suppressions/import", body)
            #expect(answer.status == 422 && answer.errors == errors)
        }
    }

    @Test func csvTakesTheRightOnesAndNamesTheLines() async throws {
        try await withAPI { api in
            let csv =
                "\u{FEFF}email,reason,note,expires_after\r\n"
                + "Bob@x.test,complaint,\"said \"\"no\"\", twice\",\r\n\r\n"
                + "eve,bounce,,\r\ncarol@x.test\r\n\"dan@x.test\",,\"\",1h\n\"multi\nline\"@x.test,,,\n"
            let answer = try await importing(api, csv: csv.replacing("\"multi\nline\"@x.test", with: "\"multi\nline\""))
            #expect(answer.status == 200 && counts(answer) == [2, 0, 3], "\(answer.text)")
            #expect(
                answer.errors == [
                    "#line=4 invalid_address", "#line=5 invalid_value", "#line=7 control_character",
                ])
            #expect(answer["errors", "0", "detail"].string?.hasPrefix("address: ") == true)
            let bob = try await api.client.get("/v1/suppressions/bob@x.test")
            #expect(bob["note"] == .string("said \"no\", twice") && bob["reason"] == .string("complaint"))
            #expect(try await api.client.get("/v1/suppressions/dan@x.test")["expires_at"] != .null)
        }
    }

    @Test(arguments: [
        ("", 422), ("name\r\nbob", 422), ("address;reason\r\na@x.test;manual", 422), ("address,address\r\n", 422),
        ("address,resaon\r\n", 422), ("address\r\n\"a@x.test", 400), ("address\r\n\"a\"b", 400),
        ("address" + String(repeating: ",", count: 100), 400),
    ])
    func csvThatCannotBeReadIsRefused(csv: String, status: Int) async throws {
        try await withAPI { api in
            let answer = try await importing(api, csv: csv)
            #expect(answer.status == status, "\(answer.text)")
            #expect(try await api.client.get("/v1/suppressions")["data"].array?.isEmpty == true)
        }
    }

    @Test func anotherMediaTypeIsRefused() async throws {
        try await withAPI { api in
            let answer = try await api.client.send(
                "POST", "/v1/suppressions/import", ["Content-Type": "text/plain"], "bob@x.test")
            #expect(answer.status == 415)
        }
    }

    @Test func moreThanTenThousandAreRefused() async throws {
        try await withAPI { api in
            let rows = (0...SuppressionImport.limit).map { "a\($0)@x.test\n" }.joined()
            let answer = try await importing(api, csv: "address\n" + rows)
            #expect(answer.status == 422 && answer.errors == ["# too_many"])
            let few = (1...SuppressionImport.limit).map { "a\($0)@x.test\n\n" }.joined()
            #expect(try await counts(importing(api, csv: "address\n" + few)) == [Int64(SuppressionImport.limit), 0, 0])
        }
    }

    @Test func anExportIsTheWholeListAndCanBeImported() async throws {
        try await withAPI { api in
            let rows = (0..<1_203).map { #"{"address":"a\#($0)@x.test"}"# }.joined(separator: ",")
            let body = #"{"suppressions":[\#(rows)]}"#
            #expect(try await counts(api.client.post("/v1/suppressions/import", body)) == [1_203, 0, 0])
            let exported = try await api.client.get("/v1/suppressions/export")
            #expect(exported["suppressions"].array?.count == 1_203)
            #expect(exported.field("Transfer-Encoding") == "chunked", "page by page")
            #expect(Set((exported["suppressions"].array ?? []).map { $0.object?["address"]?.string }).count == 1_203)
            let again = try await api.client.post("/v1/suppressions/import", exported.text)
            #expect(counts(again) == [0, 1_203, 0])
            let some = try await api.client.get("/v1/suppressions/export?prefix=a120")
            #expect(some["suppressions"].array?.count == 4)
            #expect(try await api.client.get("/v1/suppressions/export?format=xml").status == 422)
        }
    }

    @Test func csvWakesNoSpreadsheetAndComesBackAsItWas() async throws {
        try await withAPI { api in
            let notes = ["=cmd|'/c calc'!A0", "+1", "-1", "@x", "'quoted'", "plain, \"with\" commas"]
            for (index, note) in notes.enumerated() {
                let text = String(decoding: JSONValue.string(note).bytes, as: UTF8.self)
                let body = #"{"address":"=a\#(index)@x.test","note":\#(text)}"#
                #expect(try await api.client.post("/v1/suppressions", body).status == 201)
            }
            let exported = try await api.client.get("/v1/suppressions/export?format=csv")
            #expect(exported.field("Content-Type") == "text/csv; charset=utf-8")
            #expect(exported.field("Content-Disposition") == #"attachment; filename="suppressions.csv""#)
            let lines = exported.text.split(separator: "\r\n")
            #expect(lines.count == 7 && lines.dropFirst().allSatisfy { $0.hasPrefix("'=a") })
            #expect(!lines.contains { $0.contains(",=") || $0.contains(",+") || $0.contains(",@") })
            let before = try await api.client.get("/v1/suppressions")
            #expect(try await counts(importing(api, csv: exported.text)) == [0, 6, 0])
            #expect(try await api.client.get("/v1/suppressions").json == before.json)
        }
    }
}
