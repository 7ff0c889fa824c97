// CommandFailure.swift — why a command did not do its work.

import Glibc

/// One line for the operator.
struct CommandFailure: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }

    /// With the reason that `errno` gives now.
    static func system(_ verb: String, _ path: String) -> CommandFailure {
        CommandFailure("cannot \(verb) \(path): \(String(cString: strerror(errno)))")
    }
}
