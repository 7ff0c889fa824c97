// StandardOutput.swift — text to a descriptor, at once.

import ArgumentParser
import Glibc

/// Past stdio's buffer: whoever started us may wait for this line at the other end of a pipe. False, and `errno` the
/// reason, if not all of it could be written.
@discardableResult
package func write(_ text: String, to descriptor: CInt) -> Bool {
    var rest = Array(text.utf8)[...]
    while !rest.isEmpty {
        let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
        guard count > 0 || errno == EINTR else { return false }
        rest = rest.dropFirst(max(0, count))
    }
    return true
}

/// Whoever read what a command prints has gone, as `head` does when it has enough.
struct ReaderHasGone: Error {}

/// What a command was asked for. Throws `ReaderHasGone`, or why else it could not be written.
func printOut(_ text: String, to descriptor: CInt = STDOUT_FILENO) throws {
    guard !write(text, to: descriptor) else { return }
    throw errno == EPIPE ? ReaderHasGone() : CommandFailure.system("write to", "standard output")
}

/// The whole of what a command without a service has to say. Like those with one, it fails without a word if nobody reads.
package func printAnswer(_ text: String, to descriptor: CInt = STDOUT_FILENO) throws {
    do { try printOut(text, to: descriptor) } catch is ReaderHasGone { throw ExitCode.failure }
}

/// Whether what is printed may still be read, as far as can be told without printing.
@Sendable func hasReader(_ descriptor: CInt = STDOUT_FILENO) -> Bool {
    // POLLERR and POLLHUP need not be asked for. A pipe without a reader has the first, a terminal that is gone both.
    var entry = pollfd(fd: descriptor, events: 0, revents: 0)
    return poll(&entry, 1, 0) < 1 || entry.revents & Int16(POLLERR) == 0
}
