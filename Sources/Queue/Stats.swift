// Stats.swift — how many events there were of each type, by time, and by domain or tag.

/// What is to be counted.
package struct StatsQuestion: Sendable {
    package enum Group: Sendable, Equatable {
        /// The recipient's.
        case domain
        /// The value of the tag of this name.
        case tag(String)
    }

    package var from: Timestamp
    /// Not itself.
    package var to: Timestamp
    package var bucket: Duration
    package var group: Group?
    package init(from: Timestamp, to: Timestamp, bucket: Duration, group: Group? = nil) {
        (self.from, self.to, self.bucket, self.group) = (from, to, bucket, group)
    }
}

package struct Stats: Sendable {
    package struct Place: Hashable, Sendable {
        /// Counted from the question's `from`.
        package var bucket: Int
        /// Nil: what has no such tag, or nothing was grouped.
        package var group: String?
        package init(bucket: Int, group: String?) { (self.bucket, self.group) = (bucket, group) }
    }

    package var counts: [Place: [EventType: Int]] = [:]
    /// Up to when events were counted, if there were too many of them; later ones are left out.
    package var countedThrough: Timestamp?

    mutating func add(_ count: Int, of type: EventType, at place: Place) {
        counts[place, default: [:]][type, default: 0] += count
    }
}

/// How much of the log one request may count.
package struct StatsScan: Sendable {
    /// Events, whosever they are.
    package var events: Int64
    /// Counted in one read: a reader is not held for longer than this takes.
    package var page: Int64
    package init(events: Int64, page: Int64 = 50_000) { (self.events, self.page) = (events, page) }

    package static let plain = StatsScan(events: 2_000_000)
    /// Each event is joined with its recipient or message.
    package static let grouped = StatsScan(events: 500_000)
}
