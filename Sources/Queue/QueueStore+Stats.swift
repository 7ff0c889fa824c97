// QueueStore+Stats.swift — counts the event log: by reading it, so that writing it costs nothing more.
//
// The log is found by time without an index (EventInBrief), and read in pieces. A span with more events than one request
// may count is counted from its beginning, and the answer says up to where.

import GRDB

extension QueueStore {
    /// Events about the messages of a project.
    package func stats(
        of project: ProjectID, _ question: StatsQuestion, scan: StatsScan? = nil
    ) async throws(StoreFailure) -> Stats {
        let scan = scan ?? (question.group == nil ? .plain : .grouped)
        let span = try await read { try $0.span(from: question.from, to: question.to) }
        var stats = Stats()
        var next = span.lowerBound
        while next < span.upperBound {
            guard next - span.lowerBound < scan.events else {
                stats.countedThrough = try await read { [next] in try $0.time(before: next) }
                break
            }
            let piece = next..<min(next + scan.page, span.upperBound)
            for row in try await read({ try $0.count(question, of: project, in: piece) }) {
                stats.add(row.count, of: row.type, at: row.place)
            }
            next = piece.upperBound
        }
        return stats
    }
}

extension Database {
    fileprivate func time(before seq: Int64) throws -> Timestamp? {
        try first("SELECT at FROM events WHERE seq < ? ORDER BY seq DESC LIMIT 1", seq, read: { $0.time() })
    }

    fileprivate func count(
        _ question: StatsQuestion, of project: ProjectID, in piece: Range<Int64>
    ) throws -> [(place: Stats.Place, type: EventType, count: Int)] {
        let group = GroupColumn(question.group)
        return try all(
            composed: """
                SELECT (e.at - ?) / ?, \(group.sql), e.type, count(*) FROM events e \(group.join)
                WHERE e.seq >= ? AND e.seq < ? AND e.project = ? AND e.at >= ? AND e.at < ? AND e.message IS NOT NULL
                GROUP BY 1, 2, 3
                """,
            [question.from, question.bucket.wholeMilliseconds] + group.values
                + [piece.lowerBound, piece.upperBound, project, question.from, question.to]
        ) { columns in
            let place = Stats.Place(bucket: Int(columns.int()), group: columns.optional { $0.text() })
            return (place, try columns.oneOf(), Int(columns.int()))
        }
    }
}

/// What events are grouped by, in SQL.
private struct GroupColumn {
    var sql = "NULL"
    var join = ""
    var values: [any SQLValue] = []

    init(_ group: StatsQuestion.Group?) {
        switch group {
        case nil: break
        case .domain:
            sql = "r.domain"
            join = "JOIN recipients r ON r.message = e.message AND r.position = e.position"
        case .tag(let name):
            sql = "(SELECT value FROM json_each(m.tags) WHERE key = ?)"
            join = "JOIN messages m ON m.id = e.message"
            values = [name]
        }
    }
}
