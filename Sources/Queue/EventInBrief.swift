// EventInBrief.swift — events without what they say, and how to find one in the log by its time or its id.
//
// The log has no index but its numbers. They rise in the order of commits, in which times rise too, but for neighbours: so
// a time is found by halving, and an event by its id, which has its time in it, near there.

import GRDB

/// As much of an event as decides who wants it.
struct EventInBrief {
    let seq: Int64
    let type: EventType
    let at: Timestamp
    let tags: [String: String]
}

/// Events of the log, oldest first.
package struct EventPage: Sendable {
    package var events: [Event]
    /// Set: so far has been looked, and there may be more after it. Nil: there are `limit` events, or there is no other.
    package var scannedThrough: Int64?
}

extension Database {
    /// Where a look at `rows` rows of the log after `seq` ends; nil if it comes to the log's end.
    func endOfScan(after seq: Int64, rows: Int64) throws -> Int64? {
        let first = try first("SELECT seq FROM events WHERE seq > ? ORDER BY seq LIMIT 1", seq, read: { $0.int() })
        guard let first else { return nil }
        // There are no more rows than numbers.
        let (end, isBeyond) = first.addingReportingOverflow(rows - 1)
        guard !isBeyond else { return nil }
        let next = try self.first(
            "SELECT seq FROM events WHERE seq > ? ORDER BY seq LIMIT 1", end, read: { $0.int() })
        return next == nil ? nil : end
    }

    /// How far neighbours in the log may be out of the order of their times.
    static let disorder: Duration = .seconds(600)

    /// The first event that happened at `time` or later, if the log were in the order of times.
    func firstEvent(since time: Timestamp) throws -> Int64? {
        func event(from seq: Int64) throws -> (seq: Int64, at: Timestamp)? {
            try first("SELECT seq, at FROM events WHERE seq >= ? ORDER BY seq LIMIT 1", seq) { ($0.int(), $0.time()) }
        }
        guard var low = try event(from: 0)?.seq else { return nil }
        var high = try newestEvent() + 1
        while low < high {
            let middle = low + (high - low) / 2
            if let found = try event(from: middle), found.at < time { low = found.seq + 1 } else { high = middle }
        }
        return try event(from: low)?.seq
    }

    /// 0 if the log is empty.
    private func newestEvent() throws -> Int64 { try first("SELECT max(seq) FROM events", read: { $0.int() }) ?? 0 }

    /// Where in the log those events are that happened from `start` to `end`, among others.
    func span(
        from start: Timestamp, to end: Timestamp, within disorder: Duration = Database.disorder
    ) throws -> Range<Int64> {
        guard let first = try firstEvent(since: start - disorder) else { return 0..<0 }
        return try first..<max(first, firstEvent(since: end + disorder) ?? newestEvent() + 1)
    }

    /// The number of an event.
    func seq(of id: EventID, in project: ProjectID) throws -> Int64? {
        // Most are found at once; a result that waited for room on the disk is further away.
        for distance in [Duration.seconds(10), Self.disorder] {
            let span = try span(from: id.time, to: id.time, within: distance)
            let found = try first(
                "SELECT seq FROM events WHERE seq >= ? AND seq < ? AND uid = ? AND project = ?", span.lowerBound,
                span.upperBound, id, project, read: { $0.int() })
            if let found { return found }
        }
        return nil
    }

    /// Events of the endpoint's project, oldest first; of tests only its own. With `untakenOnly`, those that it has not
    /// taken: given up, or waiting for a retry. What has been asked for again and not tried yet is going to be posted anyway.
    func eventsInBrief(
        of endpoint: Endpoint, in span: Range<Int64>, untakenOnly: Bool = false, limit: Int,
        _ take: (EventInBrief) throws -> Void
    ) throws {
        let ofProject = """
            events e LEFT JOIN messages m ON m.id = e.message
            WHERE e.seq >= ?1 AND e.seq < ?2 AND e.project = ?3 AND (e.endpoint IS NULL OR e.endpoint = ?4)
            ORDER BY e.seq
            """
        let untaken = """
            post_retries r CROSS JOIN events e ON e.seq = r.event LEFT JOIN messages m ON m.id = e.message
            WHERE r.endpoint = ?4 AND r.event >= ?1 AND r.event < ?2 AND (r.tries > 0 OR r.due_at IS NULL)
            ORDER BY r.event
            """
        let sql = "SELECT e.seq, e.type, e.at, m.tags FROM \(untakenOnly ? untaken : ofProject) LIMIT ?5"
        try rows(sql, span.lowerBound, span.upperBound, endpoint.project, endpoint.id, limit) { columns in
            try take(columns.eventInBrief())
            return true
        }
    }
}

extension Columns {
    fileprivate mutating func eventInBrief() throws -> EventInBrief {
        EventInBrief(
            seq: int(), type: try oneOf(), at: time(), tags: try [String: String](column: optional { $0.bytes() }))
    }
}

extension Identifier {
    /// When it was made.
    var time: Timestamp { Timestamp(milliseconds: Int64(high >> 16)) }
}
