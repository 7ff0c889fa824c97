// JSONParserTests.swift — what the reader accepts, what it makes of it, and what it refuses and where.

import JSON
import Testing

private func parse(_ text: String) throws(JSONError) -> JSONValue { try JSONValue(parsing: Array(text.utf8)) }

private func refusal(of bytes: [UInt8]) -> JSONError? {
    do {
        _ = try JSONValue(parsing: bytes)
        return nil
    } catch {
        return error
    }
}

struct JSONParserTests {
    @Test(arguments: [
        ("null", JSONValue.null), (" true ", .bool(true)), ("\t\r\nfalse", .bool(false)), ("\"a\"", .string("a")),
        ("[]", .array([])), ("[ 1 , [ ] ]", .array([.number(JSONNumber(1)), .array([])])),
    ])
    func readsValues(text: String, value: JSONValue) throws {
        #expect(try parse(text) == value)
    }

    @Test(arguments: [
        (#"{"a":1,"to":["b",{"email":"\ud800"}]}"#, ["to", "1", "email"]), (#"[[0,x]]"#, ["0", "1"]), ("x", []),
        (#"{"a":{"b":1 2}}"#, ["a"]), (#"{"a":{"":"\q"}}"#, ["a", ""]), (#"{"a":1,"a":2}"#, []),
    ])
    func errorsSayInWhichValueTheyAre(text: String, path: [String]) {
        #expect(refusal(of: Array(text.utf8))?.path == path)
    }

    @Test func anErrorShowsTheStartOfALongName() throws {
        let name = String(repeating: "x", count: 100_000)
        let error = try #require(refusal(of: Array("{\"\(name)\":1,\"\(name)\":2}".utf8)))
        #expect(error.description.utf8.count < 200)
    }

    @Test func keepsMembersInOrder() throws {
        let object = try #require(try parse(#"{"b": 1, "a": {"c": null}, "": []}"#).object)
        #expect(object.members.map(\.name) == ["b", "a", ""])
        #expect(object["a"]?.object?["c"]?.isNull == true)
        #expect(object["c"] == nil)
    }

    @Test(arguments: [
        (#""\"\\\/\b\f\n\r\t""#, "\"\\/\u{8}\u{C}\n\r\t"), (#""\u00e9\u20AC""#, "é€"), (#""\ud83d\ude00""#, "😀"),
        (#""\u0000""#, "\0"),
        (#""long enough for words, then \u0041 escapes\n""#, "long enough for words, then A escapes\n"),
        ("\"日本語テキスト and 😀\"", "日本語テキスト and 😀"), (#""\\""#, "\\"), (#""a\\\"b""#, "a\\\"b"),
    ])
    func readsStrings(text: String, string: String) throws {
        let read = try #require(try parse(text).string)
        #expect(Array(read.utf8) == Array(string.utf8))
    }

    @Test func findsTheEndOfAStringOfAnyLength() throws {
        for length in 0...40 {
            let text = String(repeating: "x", count: length)
            #expect(try parse("\"\(text)\"").string == text)
            #expect(try parse("\"\(text)\\n\(text)\"").string == "\(text)\n\(text)")
        }
    }

    @Test func tellsNamesApartByTheirBytes() throws {
        let object = try #require(try parse("{\"\u{E9}\": 1, \"e\u{301}\": 2}").object)
        #expect(object["\u{E9}"]?.number?.int64 == 1)
        #expect(object["e\u{301}"]?.number?.int64 == 2)
    }

    @Test(arguments: [
        ("", JSONError.Reason.unexpectedEnd, 0), ("[1,", .unexpectedEnd, 3), ("\"a", .unexpectedEnd, 2),
        ("\"a\\", .unexpectedEnd, 3), ("nul", .expected("a JSON value"), 0),
        ("[1 2]", .expected("a comma or a closing bracket"), 3),
        ("[1,]", .expected("a JSON value"), 3), ("{\"a\":1,}", .expected("a member's name in quotes"), 7),
        ("{\"a\" 1}", .expected("a colon after the member's name"), 5),
        ("{\"a\":1;", .expected("a comma or a closing brace"), 6),
        ("{\"a\":1,\"b\":2,\"a\":3}", .duplicateMember("a"), 13), ("1 1", .trailingBytes, 2),
        ("\u{FEFF}1", .byteOrderMark, 0),
        ("\"\t\"", .controlCharacter, 1), ("\"\\x\"", .invalidEscape, 1), ("\"\\u12g4\"", .invalidEscape, 1),
        ("\"\\ud800\"", .loneSurrogate, 1), ("\"\\ud800\\u0041\"", .loneSurrogate, 1),
        ("\"\\udc00\\ud800\"", .loneSurrogate, 1),
        ("01", .trailingBytes, 1), ("-", .unexpectedEnd, 1), ("-a", .invalidNumber, 1), ("1.", .invalidNumber, 2),
        ("1e+", .invalidNumber, 3),
        ("+1", .expected("a JSON value"), 0), ("NaN", .expected("a JSON value"), 0),
    ])
    func refuses(text: String, reason: JSONError.Reason, offset: Int) {
        let error = refusal(of: Array(text.utf8))
        #expect(error?.reason == reason)
        #expect(error?.offset == offset)
    }

    @Test(
        arguments: [[0xC3], [0xC0, 0xAF], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80], [0x80], [0xFF]] as [[UInt8]])
    func refusesInvalidUTF8(sequence: [UInt8]) {
        let plain = refusal(of: Array("[\"ab".utf8) + sequence + Array("\"]".utf8))
        #expect(plain?.reason == .invalidUTF8)
        #expect(plain?.offset == 4)
        #expect(refusal(of: Array("\"\\n".utf8) + sequence + Array("\\u00a9\"".utf8))?.reason == .invalidUTF8)
    }

    @Test func refusesTheSixtyFifthLevel() throws {
        func nested(_ depth: Int) -> [UInt8] {
            Array((String(repeating: "[", count: depth) + String(repeating: "]", count: depth)).utf8)
        }
        #expect(refusal(of: nested(64)) == nil)
        #expect(refusal(of: nested(65))?.reason == .tooDeep)
        #expect(refusal(of: Array(String(repeating: "{\"a\":", count: 100_000).utf8))?.reason == .tooDeep)
    }

    @Test func findsADuplicateAmongManyMembersQuickly() {
        let members = (0..<20_000).map { "\"member-\($0)\":\($0)" } + ["\"member-19999\":1"]
        let elapsed = ContinuousClock().measure {
            let error = refusal(of: Array("{\(members.joined(separator: ","))}".utf8))
            #expect(error?.reason == .duplicateMember("member-19999"))
        }
        #expect(elapsed < .seconds(5))
    }

    @Test func saysWhereInWords() {
        let error = refusal(of: Array("{\n  \"a\": 1,\n  \"a\": 2\n}".utf8))
        #expect(error?.description == "The member \"a\" appears twice in its object at line 3, column 3.")
    }
}

struct JSONNumberTests {
    @Test(
        arguments: [
            ("0", 0), ("-0", 0), ("12", 12), ("1.0", 1), ("10e-1", 1), ("1.5e1", 15), ("1E+2", 100), ("-2.50e1", -25),
            ("9223372036854775807", .max), ("-9223372036854775808", .min), ("0e99999999999999999999", 0),
            ("1e18", 1_000_000_000_000_000_000),
            ("1.5", nil), ("1e-1", nil), ("9223372036854775808", nil), ("1e19", nil), ("1e99999999999999999999", nil),
            ("1e-99999999999999999999", nil),
        ] as [(String, Int64?)])
    func readsExactIntegers(text: String, integer: Int64?) throws {
        #expect(try parse(text).number?.int64 == integer)
    }

    @Test(arguments: [("1.5", 1.5), ("-1e2", -100), ("1e400", nil), ("1e-400", 0)] as [(String, Double?)])
    func readsFiniteDoubles(text: String, double: Double?) throws {
        #expect(try parse(text).number?.double == double)
    }
}
