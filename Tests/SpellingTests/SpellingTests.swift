// SpellingTests.swift — how people write durations, and what they meant by a wrong name.

import Spelling
import Testing

@Suite struct SpellingTests {
    @Test(
        arguments: [
            ("0s", .zero), ("250ms", .milliseconds(250)), ("30s", .seconds(30)), ("5m", .seconds(300)),
            ("4h", .seconds(14_400)), ("5d", .seconds(432_000)), ("007m", .seconds(420)),
            ("999999999d", .seconds(86_399_999_913_600)),
        ] as [(String, Duration)])
    func readsDuration(text: String, duration: Duration) {
        #expect(Duration(spelled: text) == duration)
    }

    @Test(arguments: [
        "", "5", "s", "+5s", "-5s", "5 s", " 5s", "5s ", "1.5h", "5S", "5sec", "5d4h", "1000000000s", "٥s", "5m\r\n",
        "1e3s",
    ])
    func refusesDuration(text: String) {
        #expect(Duration(spelled: text) == nil)
    }

    @Test(arguments: ["0s", "250ms", "1500ms", "90s", "5m", "36h", "5d"])
    func writesDurationInItsLargestWholeUnit(text: String) throws {
        #expect(try #require(Duration(spelled: text)).spelled == text)
    }

    @Test func writesTheSameDurationInOneWay() throws {
        #expect(try #require(Duration(spelled: "120m")).spelled == "2h")
        #expect(try #require(Duration(spelled: "0d")).spelled == "0s")
    }

    @Test(
        arguments: [
            ("repyl_to", "reply_to"), ("replyTo", "reply_to"), ("subjct", "subject"), ("zzz", nil), ("", nil),
            ("SubjectLine", "subject"), ("reply_addresses", "reply_to"), ("to_emails", "to"), ("tomorrow", nil),
        ] as [(String, String?)])
    func suggestsTheNearestName(written: String, meant: String?) {
        #expect(suggestion(for: written, among: ["subject", "reply_to", "to"]) == meant)
    }
}
