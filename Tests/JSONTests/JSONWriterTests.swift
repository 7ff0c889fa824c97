// JSONWriterTests.swift — the bytes that the writer makes.

import JSON
import Testing

struct JSONWriterTests {
    @Test func writesNestedObjectsAndArrays() {
        var writer = JSONWriter()
        writer.object {
            $0.member("id", "msg_1")
            $0.member("send_at", String?.none)
            $0.member("size", 1234)
            $0.member("left", UInt64.max)
            $0.member("final", false)
            $0.member("tags", object: { _ in })
            $0.member(
                "to",
                array: {
                    $0.string("a")
                    $0.object { $0.member("b", .null) }
                    $0.array { _ in }
                    $0.null()
                })
        }
        #expect(
            String(decoding: writer.bytes, as: UTF8.self)
                == #"{"id":"msg_1","send_at":null,"size":1234,"left":18446744073709551615,"final":false,"tags":{},"#
                + #""to":["a",{"b":null},[],null]}"#)
    }

    @Test(arguments: [
        ("", #""""#), ("a\"b\\c/", #""a\"b\\c/""#), ("\n\r\t", #""\n\r\t""#),
        ("\0\u{8}\u{1F}\u{7F}", "\"\\u0000\\u0008\\u001f\u{7F}\""),
        ("\r\n.\r\n", #""\r\n.\r\n""#), ("é€😀\u{2028}", "\"é€😀\u{2028}\""),
        ("eight by\neight by\n", #""eight by\neight by\n""#),
    ])
    func escapesStrings(string: String, json: String) {
        var writer = JSONWriter()
        writer.string(string)
        #expect(writer.bytes == Array(json.utf8))
    }

    @Test func placesValuesThatAreJSONAlready() {
        var writer = JSONWriter()
        writer.array {
            $0.raw(Array("{\"a\":1}".utf8))
            $0.raw(Array("2".utf8))
        }
        #expect(writer.bytes == Array("[{\"a\":1},2]".utf8))
    }

    @Test(arguments: [#"{"b":[1,-2.50e10,true,null],"a":{"":"\u0001é"}}"#, #"[]"#, #""""#, "0"])
    func writesBackWhatWasRead(text: String) throws {
        #expect(try JSONValue(parsing: Array(text.utf8)).bytes == Array(text.utf8))
    }

    @Test func stopsWhenAMemberThrows() {
        struct Refusal: Error {}
        var writer = JSONWriter()
        #expect(throws: Refusal.self) { try writer.object { _ throws(Refusal) in throw Refusal() } }
    }
}
