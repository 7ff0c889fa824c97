// RFC3339Tests.swift — the calendar and the spelling of moments.

import Events
import Foundation
import Queue
import Testing

struct RFC3339Tests {
    static let moments: [(Int64, String)] = [
        (0, "1970-01-01T00:00:00.000Z"), (-1, "1969-12-31T23:59:59.999Z"),
        (951_782_400_000, "2000-02-29T00:00:00.000Z"), (1_614_265_330_000, "2021-02-25T15:02:10.000Z"),
        (1_709_251_199_999, "2024-02-29T23:59:59.999Z"), (4_107_542_400_000, "2100-03-01T00:00:00.000Z"),
        (-62_167_219_200_000, "0000-01-01T00:00:00.000Z"), (253_402_300_799_999, "9999-12-31T23:59:59.999Z"),
    ]

    @Test(arguments: moments)
    func formats(milliseconds: Int64, text: String) {
        #expect(Timestamp(milliseconds: milliseconds).rfc3339 == text)
    }

    @Test(arguments: moments)
    func parses(milliseconds: Int64, text: String) {
        #expect(Timestamp(rfc3339: text)?.milliseconds == milliseconds)
    }

    @Test func daysOfFourCenturiesAgreeWithTheSystemsCalendar() {
        for day in stride(from: Int64(-50_000), to: 100_000, by: 13) {
            var seconds = time_t(day * 86_400 + 45_296)
            var fields = tm()
            gmtime_r(&seconds, &fields)
            let time = Timestamp(milliseconds: Int64(seconds) * 1000 + 7)
            let text = time.rfc3339
            let numbers = text.utf8.split { !($0 >= 0x30 && $0 <= 0x39) }.compactMap { Int32(Substring($0)) }
            guard numbers == [fields.tm_year + 1900, fields.tm_mon + 1, fields.tm_mday, 12, 34, 56, 7],
                Timestamp(rfc3339: text) == time
            else {
                Issue.record("\(text) is wrong")
                return
            }
        }
    }

    @Test(arguments: [(Int64.max, "9999-12-31T23:59:59.999Z"), (.min, "0000-01-01T00:00:00.000Z")])
    func clampsWhatHasNoSpelling(milliseconds: Int64, text: String) {
        #expect(Timestamp(milliseconds: milliseconds).rfc3339 == text)
    }

    @Test(
        arguments: [
            ("2026-03-01T12:00:00Z", 0), ("2026-03-01t12:00:00z", 0), ("2026-03-01T13:00:00+01:00", 0),
            ("2026-03-01T06:30:00-05:30", 0), ("2026-02-28T23:00:00-13:00", 0), ("2026-03-01T12:00:00.1Z", 100),
            ("2026-03-01T12:00:00.12Z", 120), ("2026-03-01T12:00:00.1239999999999999999999Z", 123),
            ("2026-03-01T11:59:60Z", 0), ("2026-03-01T12:00:00-00:00", 0),
        ] as [(String, Int64)])
    func parsesEveryForm(text: String, millisecondsAfterNoon: Int64) {
        #expect(Timestamp(rfc3339: text) == Timestamp(milliseconds: 1_772_366_400_000 + millisecondsAfterNoon))
    }

    @Test(arguments: [
        "", "2026-03-01", "2026-03-01T12:00:00", "2026-03-01 12:00:00Z", "2026-02-29T12:00:00Z", "1900-02-29T00:00:00Z",
        "2026-13-01T12:00:00Z", "2026-00-01T12:00:00Z", "2026-01-00T12:00:00Z", "2026-04-31T12:00:00Z",
        "2026-03-01T24:00:00Z", "2026-03-01T12:60:00Z", "2026-03-01T12:00:61Z", "2026-03-01T12:00:00.Z",
        "2026-03-01T12:00:00,5Z", "2026-03-01T12:00:00+0100", "2026-03-01T12:00:00+24:00", "2026-03-01T12:00:00Z ",
        "+026-03-01T12:00:00Z", "2026-3-01T12:00:00Z", "２026-03-01T12:00:00Z", "2026-03-01T12:00Z",
    ])
    func refuses(text: String) {
        #expect(Timestamp(rfc3339: text) == nil)
    }
}
