// Timestamp.swift — a moment of wall-clock time in milliseconds, as the store keeps it and users see it.

/// Milliseconds since 1970-01-01T00:00:00Z.
package struct Timestamp: Hashable, Comparable, Sendable {
    package var milliseconds: Int64

    package init(milliseconds: Int64) { self.milliseconds = milliseconds }

    package static func < (a: Timestamp, b: Timestamp) -> Bool { a.milliseconds < b.milliseconds }

    /// Rounds towards zero to whole milliseconds; saturates rather than traps.
    package static func + (time: Timestamp, wait: Duration) -> Timestamp {
        let (sum, overflow) = time.milliseconds.addingReportingOverflow(wait.wholeMilliseconds)
        return Timestamp(milliseconds: overflow ? .max : sum)
    }

    package static func - (time: Timestamp, wait: Duration) -> Timestamp { time + (.zero - wait) }

    package static func - (a: Timestamp, b: Timestamp) -> Duration {
        .milliseconds(a.milliseconds - b.milliseconds)
    }
}

extension Duration {
    /// The whole milliseconds of this duration, rounded towards zero.
    package var wholeMilliseconds: Int64 {
        let (seconds, attoseconds) = components
        return seconds * 1000 + attoseconds / 1_000_000_000_000_000
    }
}
