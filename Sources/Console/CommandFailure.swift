// CommandFailure.swift — why a command did not do its work.

import Glibc

/// For the operator: one line, but for what the service has to say of several fields.
package struct CommandFailure: Error, CustomStringConvertible {
    package let description: String

    package init(_ description: String) { self.description = description }

    /// With the reason that `errno` gives now.
    package static func system(_ verb: String, _ path: String) -> CommandFailure {
        CommandFailure("cannot \(verb) \(path): \(String(cString: strerror(errno)))")
    }
}
