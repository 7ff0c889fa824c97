// WebhookSchedule.swift — how long a failed post waits for its next try, and when it is given up.

package struct WebhookSchedule: Sendable {
    /// Nothing that an endpoint asks for by `Retry-After` makes it wait longer.
    package static let longestWait: Duration = .seconds(86_400)

    /// The waits of the contract; ten tries in about three days and four hours.
    package static let standardWaits: [Duration] = [
        .seconds(5), .seconds(5 * 60), .seconds(30 * 60), .seconds(2 * 3600), .seconds(5 * 3600), .seconds(10 * 3600),
        .seconds(14 * 3600), .seconds(20 * 3600), .seconds(24 * 3600),
    ]

    private let waits: [Duration]
    private let jitter: @Sendable () -> Double

    /// - Parameter jitter: gives the fraction of a wait that is added to it: the endpoints that one outage struck
    ///   must not all come back in the same second.
    package init(
        waits: [Duration] = standardWaits, jitter: @escaping @Sendable () -> Double = { .random(in: -0.1...0.1) }
    ) {
        (self.waits, self.jitter) = (waits, jitter)
    }

    /// The wait after the try with this number (the first is 1) has failed; nil when it was the last.
    package func wait(afterTry number: Int, retryAfter: Duration?) -> Duration? {
        guard number >= 1, number <= waits.count else { return nil }
        let wait = waits[number - 1]
        return max(wait + wait * jitter(), min(retryAfter ?? .zero, Self.longestWait))
    }
}
