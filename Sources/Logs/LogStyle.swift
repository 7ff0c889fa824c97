// LogStyle.swift — how log lines look.

import Glibc

package enum LogStyle: Sendable, Hashable {
    /// One JSON object per line.
    case json
    case text
    case coloredText

    /// Text as `descriptor` can show it: colours need a terminal, and an environment that does not decline them
    /// (https://no-color.org: set to anything but nothing).
    package static func text(on descriptor: CInt, environment: [String: String]) -> LogStyle {
        isatty(descriptor) == 1 && (environment["NO_COLOR"] ?? "").isEmpty ? .coloredText : .text
    }

    /// Text on a terminal, JSON elsewhere.
    package static func automatic(on descriptor: CInt, environment: [String: String]) -> LogStyle {
        isatty(descriptor) == 1 ? text(on: descriptor, environment: environment) : .json
    }
}
