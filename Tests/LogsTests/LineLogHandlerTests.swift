// LineLogHandlerTests.swift — the handler behind a Logger, writing to a socket.

import Glibc
import Logging
import Testing

@testable import Logs

@Suite struct LineLogHandlerTests {
    /// What `body` logs, as it arrives at the other end of a socket: one element per write(2).
    private func written(
        _ style: LogStyle, level: Logger.Level = .info, _ body: (inout Logger) -> Void
    ) throws -> [String] {
        var ends: [CInt] = [0, 0]
        // Datagrams keep writes apart.
        let kind = Int32(SOCK_DGRAM.rawValue | SOCK_NONBLOCK.rawValue)
        try #require(socketpair(AF_UNIX, kind, 0, &ends) == 0)
        defer { ends.forEach { _ = close($0) } }
        var logger = Logger(label: "test") { label in
            LineLogHandler(label: label, level: level, style: style, descriptor: ends[1])
        }
        body(&logger)
        var lines: [String] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        while case let count = recv(ends[0], &buffer, buffer.count, 0), count > 0 {
            lines.append(String(decoding: buffer[..<count], as: UTF8.self))
        }
        return lines
    }

    @Test func writesEachEventAtOnce() throws {
        let lines = try written(.json) { logger in
            logger.info("one", metadata: ["a": "1", "b": "2"])
            logger.error("two")
        }
        #expect(lines.count == 2)
        #expect(lines.allSatisfy { $0.hasPrefix("{\"time\":\"") && $0.hasSuffix("}\n") })
    }

    @Test func leavesOutWhatIsBelowItsLevel() throws {
        let lines = try written(.text, level: .warning) { logger in
            logger.info("quiet")
            logger.warning("loud")
        }
        #expect(lines.count == 1)
        #expect(lines.first?.hasSuffix(" warning  test: loud\n") == true)
    }

    @Test func prefersTheEventsMetadataOverTheLoggers() throws {
        let lines = try written(.text) { logger in
            logger[metadataKey: "a"] = "logger"
            logger[metadataKey: "b"] = "logger"
            logger.info("m", metadata: ["b": "event"])
        }
        #expect(lines.first?.hasSuffix("m a=logger b=event\n") == true)
    }

    @Test func writesJSONWhereThereIsNoTerminal() throws {
        var ends: [CInt] = [0, 0]
        try #require(pipe(&ends) == 0)
        defer { ends.forEach { _ = close($0) } }
        #expect(LogStyle.automatic(on: ends[1], environment: [:]) == .json)
        #expect(LogStyle.text(on: ends[1], environment: [:]) == .text)
    }

    @Test(arguments: [("", LogStyle.coloredText), ("1", .text)])
    func colorsOnATerminalUnlessDeclined(noColor: String, style: LogStyle) throws {
        let terminal = open("/dev/ptmx", O_RDWR | O_NOCTTY)
        try #require(terminal >= 0)
        defer { close(terminal) }
        #expect(LogStyle.automatic(on: terminal, environment: ["NO_COLOR": noColor]) == style)
    }
}
