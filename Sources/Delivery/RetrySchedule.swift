// RetrySchedule.swift — when a deferred recipient is tried again, and how long a dead host is left alone.

import Queue

package struct RetrySchedule: Sendable {
    /// Waits between attempts; the last one repeats. Never empty.
    package let waits: [Duration]

    /// The part by which a wait may differ either way, so that what was deferred together does not come back together.
    static let jitter = 0.1

    package init(waits: [Duration]) {
        precondition(!waits.isEmpty, "a retry schedule needs a wait")
        self.waits = waits
    }

    /// The wait after the `attempts`-th attempt (1 for the first), without jitter.
    func wait(afterAttempt attempts: Int) -> Duration {
        waits[min(max(attempts, 1), waits.count) - 1]
    }

    /// When to try again after the `attempts`-th attempt has failed at `now`. Never past `expiresAt` while that is
    /// still ahead: the last attempt falls on it, so that nothing expires without a try at its full age.
    func nextAttempt(
        afterAttempt attempts: Int, at now: Timestamp, expiresAt: Timestamp, random: inout some RandomNumberGenerator
    ) -> Timestamp {
        let factor = Double.random(in: 1 - Self.jitter...1 + Self.jitter, using: &random)
        let wait = Double(wait(afterAttempt: attempts).wholeMilliseconds) * factor
        return min(now + .milliseconds(Int64(wait)), max(expiresAt, now))
    }

    /// How long a host (or a destination whose DNS fails) is left alone after its `failures`-th failure in a row:
    /// a little less than any recipient's own wait, so that a lone message keeps to its schedule, and never long,
    /// so that a new message to a host that has come back does not wait for hours.
    func backOff(afterFailure failures: Int) -> Duration {
        let wait = Double(wait(afterAttempt: failures).wholeMilliseconds) * (1 - Self.jitter) * 0.95
        return min(.milliseconds(Int64(wait)), .seconds(600))
    }
}
