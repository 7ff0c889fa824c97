// PrintingTests.swift — text of others on a terminal, outlines, tables and colours.

import JSON
import Testing

@testable import Console

@Suite struct PrintingTests {
    private func object(_ json: String) throws -> JSONObject {
        try #require(try JSONValue(parsing: Array(json.utf8)).object)
    }

    @Test(arguments: [
        ("plain, with ü, ไทย and 😀", "plain, with ü, ไทย and 😀"),
        ("\u{1B}[2J\u{1B}]0;title\u{7}", "\u{FFFD}[2J\u{FFFD}]0;title\u{FFFD}"),
        ("\u{9B}31m", "\u{FFFD}31m"),
        ("550-5.1.1 No\r\n550 5.1.1 such\tuser", "550-5.1.1 No 550 5.1.1 such user"),
        ("a\u{202E}txt.exe\u{2066}", "a\u{FFFD}txt.exe\u{FFFD}"),
        ("\u{0}\u{7F}", "\u{FFFD}\u{FFFD}"),
    ])
    func aTerminalObeysNothingOfOthers(text: String, shown: String) {
        #expect(text.printable.unicodeScalars.elementsEqual(shown.unicodeScalars))
    }

    @Test func jsonStaysTheSameJSON() throws {
        let json = #"{"a":"\u001b[31m","b":"é"# + "\u{9B}31m\u{7F}\u{85}" + #"é"}"#
        let shown = escapedJSON(Array(json.utf8))
        #expect(shown == #"{"a":"\u001b[31m","b":"é\u009b31m\u007f\u0085é"}"#)
        let (before, after) = (try JSONValue(parsing: Array(json.utf8)), try JSONValue(parsing: Array(shown.utf8)))
        #expect(before == after)
    }

    @Test func anOutlineShowsEverything() throws {
        let object = try object(
            """
            {"object":"webhook","id":"whk_1","types":[],"tags":{"kind":"otp"},"paused":false,"error":null,
             "health":{"status":"failing","last":{"code":500}},"posts":[{"n":1},{"n":2,"t":"x\\ny"}]}
            """)
        #expect(
            Outline.text(of: object, ink: .none) == """
                id      whk_1
                types   -
                tags
                  kind  otp
                paused  no
                error   -
                health
                  status  failing
                  last
                    code  500
                posts
                  - n  1
                  - n  2
                    t  x y

                """)
    }

    @Test func aTableIsAligned() throws {
        let table = Table(.init("ID", "id"), .init("STATUS", "status"), .init("TO", "to"))
        let rows = try [#"{"id":"1","status":"queued","to":"a"}"#, #"{"id":"200","status":"ok"}"#].map(object)
        #expect(table.text(of: rows, ink: .none) == "ID   STATUS  TO\n1    queued  a\n200  ok      -\n")
        let coloured = table.text(of: rows, ink: Ink(isColoured: true))
        #expect(coloured.contains("\u{1B}[33mqueued\u{1B}[0m  a\n"))
    }

    @Test(arguments: [["NO_COLOR": "1"], ["TERM": "dumb"], [:]])
    func noColourWhereItIsDeclinedOrNobodySeesIt(environment: [String: String]) {
        // Standard input of tests is no terminal.
        #expect(!Ink.automatic(on: 0, environment: environment).isColoured)
    }
}
