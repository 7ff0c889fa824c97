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
        guard let newest = try first("SELECT max(seq) FROM events", read: { $0.int() }),
            var low = try event(from: 0)?.seq
        else { return nil }
        var high = newest + 1
        while low < high {
            let middle = low + (high - low) / 2
            if let found = try event(from: middle), found.at < time { low = found.seq + 1 } else { high = middle }
        }
        return try event(from: low)?.seq
    }

    /// The number of an event.
    func seq(of id: EventID, in project: ProjectID) throws -> Int64? {
        let time = id.time
        // Most are found at once; a result that waited for room on the disk is further away.
        for distance in [Duration.seconds(10), Self.disorder] {
            guard let from = try firstEvent(since: time - distance) else { return nil }
            let end = try firstEvent(since: time + distance) ?? .max
            let found = try first(
                "SELECT seq FROM events WHERE seq BETWEEN ? AND ? AND uid = ? AND project = ?", from, end, id, project,
                read: { $0.int() })
            if let found { return found }
        }
        return nil
    }

    /// Events of the endpoint's project, oldest first; of tests only its own.
    func eventsInBrief(
        of endpoint: Endpoint, after seq: Int64, through last: Int64, limit: Int,
        _ take: (EventInBrief) throws -> Void
    ) throws {
        let sql = """
            SELECT e.seq, e.type, e.at, m.tags FROM events e LEFT JOIN messages m ON m.id = e.message
            WHERE e.seq > ? AND e.seq <= ? AND e.project = ? AND (e.endpoint IS NULL OR e.endpoint = ?)
            ORDER BY e.seq LIMIT ?
            """
        try rows(sql, seq, last, endpoint.project, endpoint.id, limit) { columns in
            try take(columns.eventInBrief())
            return true
        }
    }

    /// Events that the endpoint has not taken: given up, or waiting for a retry.
    func untakenInBrief(
        of endpoint: Endpoint, after seq: Int64, through last: Int64, limit: Int,
        _ take: (EventInBrief) throws -> Void
    ) throws {
        let sql = """
            SELECT e.seq, e.type, e.at, m.tags FROM post_retries r CROSS JOIN events e ON e.seq = r.event
              LEFT JOIN messages m ON m.id = e.message
            WHERE r.endpoint = ? AND r.event > ? AND r.event <= ? ORDER BY r.event LIMIT ?
            """
        try rows(sql, endpoint.id, seq, last, limit) { columns in
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
