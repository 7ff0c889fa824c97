// SendRequestTests.swift — what may be asked to be sent, and what is wrong with the rest.

import APITestSupport
import JSON
import Mail
import Queue
import Testing

@testable import API

/// What POST /v1/messages takes and refuses, without a server.
@Suite struct SendRequestTests {
    private func read(_ json: String, allowingLiterals: Bool = false) throws -> SendRequest {
        var terms = AcceptanceTerms(hostname: "mx.postrider.test")
        terms.allowsAddressLiterals = allowingLiterals
        let now = Timestamp(milliseconds: 1_790_000_000_000)
        return try SendRequest(
            SendBody(members: JSONValue(parsing: Array(json.utf8))),
            Acceptance(MessageID(at: now), at: now, by: .root, terms: terms))
    }

    /// `#/to invalid_address` and so on.
    private func faults(in json: String) throws -> [String] {
        do {
            _ = try read(json)
            return []
        } catch let problem as Problem {
            #expect(problem.code == .validationFailed)
            return problem.errors.map { "\($0.pointer) \($0.code.rawValue)" }
        }
    }

    /// A request that is right but for one member, given as `"name":value`.
    private func request(with member: String) -> String {
        let name = member.prefix { $0 != ":" }
        let others = [
            #""from":"a@acme.test""#, #""to":"b@example.test""#, #""subject":"Hi""#, #""text":"Hello""#,
        ].filter { !$0.hasPrefix(name + ":") }
        return "{" + (others + [member]).joined(separator: ",") + "}"
    }

    static let wrongMembers: [(String, [String])] = [
        (#""from":"acme.test""#, ["#/from invalid_address"]),
        (#""from":null"#, ["#/from required"]),
        (#""from":7"#, ["#/from invalid_type"]),
        (#""from":["a@acme.test"]"#, ["#/from invalid_type"]),
        (#""from":"a@acme.test\r\nBcc: c@example.test""#, ["#/from control_character"]),
        (#""from":{"name":"Acme"}"#, ["#/from/email required"]),
        (#""from":{"email":true}"#, ["#/from/email invalid_type"]),
        (#""from":{"email":"a@acme.test","name":"A\u0000"}"#, ["#/from/name control_character"]),
        (#""from":{"email":"a@acme.test","nam":"A"}"#, ["#/from/nam unknown_member"]),
        (#""from":{"email":"a@acme.test","name":"\#(String(repeating: "x", count: 999))"}"#, ["#/from/name too_long"]),
        (#""to":[]"#, ["#/to required"]),
        (#""to":["b@example.test","nobody"]"#, ["#/to/1 invalid_address"]),
        (#""to":["b@example.test",{"email":"nobody"}]"#, ["#/to/1/email invalid_address"]),
        (#""to":[["b@example.test"]]"#, ["#/to/0 invalid_type"]),
        (#""cc":false"#, ["#/cc invalid_type"]),
        (#""bcc":"b@[127.0.0.1]""#, ["#/bcc invalid_address"]),
        (#""reply_to":[null]"#, ["#/reply_to/0 invalid_type"]),
        (#""subject":1"#, ["#/subject invalid_type"]),
        (#""subject":"a\nb""#, ["#/subject control_character"]),
        (#""subject":"a\u2028b""#, ["#/subject control_character"]),
        (#""subject":"\#(String(repeating: "x", count: 999))""#, ["#/subject too_long"]),
        (#""text":null"#, ["#/text required"]),
        (#""text":"a\u0000b""#, ["#/text control_character"]),
        (#""html":["<p>"]"#, ["#/html invalid_type"]),
        (#""tags":"otp""#, ["#/tags invalid_type"]),
        (#""tags":{"kind":1}"#, ["#/tags/kind invalid_type"]),
        (#""tags":{"a kind":"otp"}"#, ["#/tags/a%20kind invalid_value"]),
        (#""tags":{"a/b~c":"otp"}"#, ["#/tags/a~1b~0c invalid_value"]),
        (#""tags":{"kind":"\#(String(repeating: "x", count: 257))"}"#, ["#/tags/kind too_long"]),
        (#""metadata":{"user_id":8421}"#, ["#/metadata/user_id invalid_type"]),
        (#""metadata":{"\u00e9":"x","e\u0301":"y"}"#, ["#/metadata/e%CC%81 invalid_value"]),
        (#""metadata":{"":"x"}"#, ["#/metadata/ invalid_value"]),
        (#""metadata":{"x":"\#(String(repeating: "x", count: 4096))"}"#, ["#/metadata too_long"]),
        (#""external_id":"""#, ["#/external_id invalid_value"]),
        (#""external_id":"\#(String(repeating: "é", count: 257))""#, ["#/external_id too_long"]),
        (#""expires_after":"soon""#, ["#/expires_after invalid_value"]),
        (#""expires_after":"999ms""#, ["#/expires_after out_of_range"]),
        (#""expires_after":"6d""#, ["#/expires_after out_of_range"]),
        (#""expires_after":0"#, ["#/expires_after out_of_range"]),
        (#""expires_after":-60"#, ["#/expires_after out_of_range"]),
        (#""expires_after":1.5"#, ["#/expires_after invalid_value"]),
        (#""expires_after":1e300"#, ["#/expires_after invalid_value"]),
        (#""expires_after":true"#, ["#/expires_after invalid_value"]),
        (#""tls":"always""#, ["#/tls invalid_value"]),
        (#""tls":true"#, ["#/tls invalid_type"]),
        (#""headers":["X-A: b"]"#, ["#/headers invalid_type"]),
        (#""headers":{"X-A":1}"#, ["#/headers/X-A invalid_type"]),
        (#""headers":{"X A":"b"}"#, ["#/headers/X%20A invalid_value"]),
        (#""headers":{"X-A":"b\r\nBcc: v@x.test"}"#, ["#/headers/X-A control_character"]),
        (#""headers":{"bCC":"v@x.test"}"#, ["#/headers/bCC not_allowed"]),
        (#""headers":{"X-A":"b","x-a":"c"}"#, ["#/headers/x-a invalid_value"]),
        (#""headers":{"X-A":"\#(String(repeating: "x", count: 65_537))"}"#, ["#/headers too_long"]),
        (#""headers":{"List-Unsubscribe":"https://acme.test/u"}"#, ["#/headers/List-Unsubscribe invalid_value"]),
        (
            #""headers":{"List-Unsubscribe-Post":"List-Unsubscribe=One-Click"}"#,
            ["#/headers/List-Unsubscribe-Post invalid_value"]
        ),
        (#""attachments":{}"#, ["#/attachments invalid_type"]),
        (#""attachments":[{}]"#, ["#/attachments/0/filename required", "#/attachments/0/content required"]),
        (#""attachments":["a.pdf"]"#, ["#/attachments/0 invalid_type"]),
        (#""attachments":[{"filename":"a","content":"aGk"}]"#, ["#/attachments/0/content invalid_value"]),
        (#""attachments":[{"filename":"a","content":7}]"#, ["#/attachments/0/content invalid_type"]),
        (#""attachments":[{"filename":"a\n","content":"aGk="}]"#, ["#/attachments/0/filename control_character"]),
        (
            #""attachments":[{"filename":"a","content":"aGk=","content_type":"text"}]"#,
            ["#/attachments/0/content_type invalid_value"]
        ),
        (
            #""attachments":[{"filename":"a","content":"aGk=","content_id":"a b"}]"#,
            ["#/attachments/0/content_id invalid_value"]
        ),
        (
            #""attachments":[{"filename":"a","content":"aGk=","type":"text/plain"}]"#,
            ["#/attachments/0/type unknown_member"]
        ),
        (#""return_path":"Acme <b@acme.test>""#, ["#/return_path invalid_address"]),
        (#""return_path":"acme.test""#, ["#/return_path invalid_address"]),
        (#""send_at":"2030-01-01T00:00:00Z""#, ["#/send_at out_of_range"]),
        (#""send_at":"2020-01-01T00:00:00Z""#, ["#/send_at out_of_range"]),
        (#""send_at":"tomorrow""#, ["#/send_at invalid_value"]), (#""send_at":1790000000"#, ["#/send_at invalid_type"]),
        (#""send_at":"2026-11-23T14:00:00""#, ["#/send_at invalid_value"]),
        (#""colour":"red""#, ["#/colour unknown_member"]),
    ]

    @Test(arguments: wrongMembers) func refuses(member: String, expected: [String]) throws {
        #expect(try faults(in: request(with: member)) == expected)
    }

    static let rightMembers = [
        #""from":"Acme <a@acme.test>""#, #""from":{"email":"a@acme.test","name":null}"#,
        #""to":{"email":"b@example.test"}"#,
        #""cc":["c@example.test",{"email":"d@example.test","name":"D, Inc."}]"#, #""cc":null"#, #""bcc":[]"#,
        #""subject":"""#, #""subject":null"#, #""text":"a\u0007\r\n.\n""#, #""html":"<p>""#, #""tags":{"kind":"otp"}"#,
        #""metadata":{"ключ":"\n"}"#, #""external_id":"order-77""#, #""expires_after":"10m""#, #""expires_after":600"#,
        #""expires_after":1.0"#, #""expires_after":"5d""#, #""tls":"required""#, #""headers":{}"#, #""attachments":[]"#,
        #""send_at":null"#, #""return_path":null"#, #""raw":null"#, #""to":"ผู้ใช้@ตัวอย่าง.ไทย""#,
        #""headers":{"X-A":"ค่า"}"#, #""headers":{"List-Unsubscribe":"<https://acme.test/u>"}"#,
        #""attachments":[{"filename":"ใบเสร็จ.pdf","content":"aGk=","content_type":null,"content_id":null}]"#,
        #""attachments":[{"filename":"a","content":""}]"#, #""return_path":"b@acme.test""#,
    ]

    @Test(arguments: rightMembers) func takes(member: String) throws {
        #expect(try faults(in: request(with: member)) == [])
    }

    @Test func reportsEverythingAtOnce() throws {
        let json =
            #"{"too":"b@example.test","from":"x","cc":["y"],"subject":"a\nb","tls":"no","send_at":"x","tags":{"k":1}}"#
        #expect(
            try faults(in: json) == [
                "#/too unknown_member", "#/from invalid_address", "#/cc/0 invalid_address",
                "#/tags/k invalid_type", "#/send_at invalid_value", "#/tls invalid_value",
                "#/subject control_character", "#/text required",
            ])
    }

    /// What is wrong between members does not wait until each is right by itself.
    @Test func reportsRepetitionsBesideOtherFaults() throws {
        let json = #"""
            {"from":"x","to":"b@example.test","headers":{"X-A":"1","From":"2","x-A":"3"},"attachments":[
                {"filename":"a","content":"*"},{"filename":"b","content":"","content_id":"c"},
                {"filename":"d","content":"","content_id":"<c>"}]}
            """#
        #expect(
            try faults(in: json) == [
                "#/from invalid_address", "#/headers/From not_allowed", "#/headers/x-A invalid_value",
                "#/attachments/0/content invalid_value", "#/attachments/2/content_id invalid_value",
            ])
    }

    /// Fields of megabytes are counted, not made.
    @Test(.timeLimit(.minutes(1))) func manyHeaderFieldsAreRefusedBeforeTheyAreMade() throws {
        let fields = (0..<300_000).map { "\"\($0)\":\"\"" }.joined(separator: ",")
        #expect(try faults(in: request(with: "\"headers\":{\(fields)}")) == ["#/headers too_many"])
        let value = String(repeating: "é ", count: 1 << 22)
        #expect(try faults(in: request(with: "\"headers\":{\"X\":\"\(value)\"}")) == ["#/headers too_long"])
    }

    /// No member is too long, but all together are.
    @Test func aHeaderThatIsTooLongIsNamedByItsLongestMember() throws {
        func list(_ count: Int) -> String {
            "["
                + (0..<count).map { "\"\(String(repeating: "x", count: 60))\($0)@example.test\"" }.joined(
                    separator: ",") + "]"
        }
        #expect(
            try faults(in: #"{"from":"a@acme.test","text":"","to":\#(list(400)),"cc":\#(list(500))}"#) == [
                "#/cc too_long"
            ])
    }

    @Test func aThousandErrorsAreEnough() throws {
        let json = "{" + (0..<3000).map { "\"x\($0)\":1" }.joined(separator: ",") + "}"
        #expect(try faults(in: json).count == 1000)
    }

    @Test func pointersAreCutWithinTheirNames() throws {
        let name = String(repeating: "x", count: 199) + "é" + String(repeating: "y", count: 5000)
        let cut = String(repeating: "x", count: 199) + "%E2%80%A6"
        #expect(try faults(in: request(with: "\"\(name)\":1")) == ["#/\(cut) unknown_member"])
        #expect(try faults(in: request(with: "\"tags\":{\"\(name)\":1}")) == ["#/tags/\(cut) invalid_type"])
    }

    @Test func anEmptyObjectLacksSenderRecipientAndContent() throws {
        #expect(try faults(in: "{}") == ["#/to required", "#/from required", "#/text required"])
    }

    @Test(arguments: ["[]", "null", #""hello""#, "4"]) func aBodyIsAnObject(json: String) throws {
        #expect(try faults(in: json) == ["# invalid_type"])
    }

    @Test(arguments: [
        ("replyTo", "reply_to"), ("form", "from"), ("Subject", "subject"), ("expires", "expires_after"),
        ("HtmlBody", "html"), ("zzz", ""),
    ])
    func suggestsTheNearestMember(unknown: String, known: String) throws {
        let detail = known.isEmpty ? "There is no such member." : "There is no such member. Did you mean \(known)?"
        #expect(throws: Problem.self) { try read(request(with: "\"\(unknown)\":1")) }
        do { _ = try read(request(with: "\"\(unknown)\":1")) } catch let problem as Problem {
            #expect(problem.errors.first?.detail == detail)
        }
    }

    @Test func showsWhatCameShortened() throws {
        do { _ = try read(request(with: #""from":"\#(String(repeating: "x", count: 5000))""#)) } catch let problem
            as Problem
        {
            #expect(problem.errors.first?.received == String(repeating: "x", count: 100) + "…")
        }
        do { _ = try read(request(with: #""from":[1,{"a":null}]"#)) } catch let problem as Problem {
            #expect(problem.errors.first?.received == #"[1,{"a":null}]"#)
        }
    }

    @Test(arguments: [
        (#""from":null"#, "null"), (#""tags":{\#((0...20).map { "\"t\($0)\":\"\"" }.joined(separator: ","))}"#, "21"),
    ])
    func showsThatNullCameAndHowManyCame(member: String, received: String) throws {
        do { _ = try read(request(with: member)) } catch let problem as Problem {
            #expect(problem.errors.first?.received == received)
        }
        #expect(throws: Problem.self) { try read(request(with: member)) }
    }

    @Test func aRecipientNamedTwiceGetsOneCopyAndAWarning() throws {
        let request = try read(
            #"{"from":"a@acme.test","to":["b@example.test","B <b@EXAMPLE.test>"],"cc":"b@example.test","bcc":"c@example.test","text":""}"#
        )
        #expect(request.recipients.map { "\($0.role) \($0.mailbox)" } == ["to b@example.test", "bcc c@example.test"])
        #expect(request.warnings.map(\.pointer) == ["#/to/1", "#/cc"])
        guard case .draft(let draft) = request.content else { throw Problem(.unavailable, "not composed") }
        #expect(draft.to.count == 2, "the header says what the sender wrote")
    }

    @Test func takesAThousandRecipientsAndNoMore() throws {
        func list(_ count: Int, _ name: String) -> String {
            "[" + (0..<count).map { "\"\(name)\($0)@example.test\"" }.joined(separator: ",") + "]"
        }
        func request(_ to: Int, _ cc: Int) -> String {
            #"{"from":"a@acme.test","text":"","to":\#(list(to, "t")),"cc":\#(list(cc, "c"))}"#
        }
        #expect(try read(request(600, 400)).recipients.count == 1000)
        #expect(try faults(in: request(600, 401)) == ["#/cc too_many"])
        #expect(try faults(in: request(1001, 0)) == ["#/to too_many"])
    }

    @Test func takesAHundredAttachmentsAndNoMore() throws {
        func request(_ count: Int) -> String {
            let list = Array(repeating: #"{"filename":"a","content":""}"#, count: count).joined(separator: ",")
            return #"{"from":"a@acme.test","to":"b@example.test","attachments":[\#(list)]}"#
        }
        #expect(try faults(in: request(100)) == [])
        #expect(try faults(in: request(101)) == ["#/attachments too_many"])
    }

    @Test func addressLiteralsAreTakenIfTheOperatorSaysSo() throws {
        let json = request(with: #""to":["b@[192.0.2.1]",{"email":"c@[IPv6:2001:db8::1]"}]"#)
        #expect(try faults(in: json) == ["#/to/0 invalid_address", "#/to/1/email invalid_address"])
        #expect(try read(json, allowingLiterals: true).recipients.count == 2)
    }

    @Test func tooManyTagsAndPairsAreRefused() throws {
        func pairs(_ count: Int) -> String { "{" + (0..<count).map { "\"k\($0)\":\"v\"" }.joined(separator: ",") + "}" }
        #expect(try faults(in: request(with: #""tags":\#(pairs(20))"#)) == [])
        #expect(try faults(in: request(with: #""tags":\#(pairs(21))"#)) == ["#/tags too_many"])
        #expect(try faults(in: request(with: #""metadata":\#(pairs(51))"#)) == ["#/metadata too_many"])
    }
}
