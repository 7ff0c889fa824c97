// SpelledTime.swift — a span of time on the command line: `90`, `90s`, `5m`, `24h`.

import ArgumentParser
import JSON
import Spelling

struct SpelledTime: ExpressibleByArgument, Sendable, CustomStringConvertible {
    let duration: Duration

    init(_ duration: Duration) { self.duration = duration }

    /// A number without a unit is of seconds.
    init?(argument: String) {
        guard let duration = Duration(spelled: argument) ?? Duration(spelled: argument + "s") else { return nil }
        self.duration = duration
    }

    var description: String { duration.spelled }

    /// As how long something goes on beside its successor.
    var asGrace: Desk.Members { { $0.member("grace_seconds", duration.components.seconds) } }
}
