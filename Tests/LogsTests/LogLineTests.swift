// LogLineTests.swift — one event, one line, whatever is in it.

import Glibc
import JSON
import Logging
import Testing

@testable import Logs

@Suite struct LogLineTests {
    private func line(_ message: String, _ metadata: Logger.Metadata = [:], level: Logger.Level = .info) -> LogLine {
        let time = LogTime(time: timespec(tv_sec: 1_772_366_400, tv_nsec: 7_999_999))
        return LogLine(time: time, level: level, label: "delivery", message: message, fields: LogLine.fields(metadata))
    }

    private func json(_ line: LogLine) -> String { String(decoding: line.json, as: UTF8.self) }
    private func text(_ line: LogLine) -> String { String(decoding: line.text(isColored: false), as: UTF8.self) }

    @Test func writesJSONWithSortedFields() {
        #expect(
            json(line("delivered", ["mx": "mx1.example.net", "attempt": .stringConvertible(2)])) == """
                {"time":"2026-03-01T12:00:00.007Z","level":"info","logger":"delivery","message":"delivered",\
                "attempt":"2","mx":"mx1.example.net"}\n
                """)
    }

    @Test func writesTextWithSortedFields() {
        #expect(
            text(line("delivered", ["reply": "250 2.0.0 Ok", "mx": "mx1.example.net"], level: .warning)) == """
                2026-03-01T12:00:00.007Z warning  delivery: delivered mx=mx1.example.net reply="250 2.0.0 Ok"\n
                """)
    }

    @Test func colorsTheLevelOnly() {
        let colored = String(decoding: line("down", level: .error).text(isColored: true), as: UTF8.self)
        #expect(colored == "2026-03-01T12:00:00.007Z \u{1B}[31merror   \u{1B}[0m delivery: down\n")
    }

    @Test func flattensNestedMetadata() {
        let nested: Logger.Metadata = ["peer": ["ip": "192.0.2.1", "tls": ["version": "1.3"]], "to": ["a", "b"]]
        #expect(text(line("m", nested)).hasSuffix("m peer.ip=192.0.2.1 peer.tls.version=1.3 to.0=a to.1=b\n"))
    }

    @Test(arguments: ["time", "level", "logger", "message"])
    func keepsItsOwnMembersUnique(name: String) {
        #expect(json(line("m", [name: "x"])).hasSuffix(#","metadata.\#(name)":"x"}\#n"#))
    }

    static let hostile = [
        "a\nb", "a\r\nb", "a\rb", "a\u{0}b", "a\u{1B}[2Jb", "a\u{7F}b", "a\u{85}b", "a\u{9B}31mb", "a\u{2028}b",
        "a\u{2029}b", "a\u{202E}b", "a\u{200F}b", "\n", "a\" level=error b",
    ]

    @Test(arguments: hostile)
    func textStaysOneLineOfVisibleCharacters(value: String) {
        let written = text(line(value, ["k\(value)": .string(value)]))
        let body = written.unicodeScalars.dropLast()
        #expect(written.utf8.last == UInt8(ascii: "\n"))
        #expect(
            body.allSatisfy {
                ![.control, .format, .lineSeparator, .paragraphSeparator].contains($0.properties.generalCategory)
            })
    }

    @Test(arguments: hostile)
    func jsonStaysOneLineAndKeepsTheValue(value: String) throws {
        let written = line(value, ["value": .string(value)]).json
        #expect(written.filter { $0 == UInt8(ascii: "\n") }.count == 1)
        let object = try #require(try JSONValue(parsing: written).object)
        #expect(object["message"]?.string == value)
        #expect(object["value"]?.string == value)
    }

    @Test func quotesWhatCouldPassForAnotherField() {
        #expect(text(line("m", ["a": "x b=\"y\"", "c": ""])).hasSuffix(#"m a="x b=\"y\"" c=""\#n"#))
    }
}
