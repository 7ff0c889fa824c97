// QueueStore+Replays.swift — posting again what was posted before: one event, a span of them, or what failed.
//
// A replay is one row, however many events it means. The endpoint's feed works it off page by page (`advanceReplay`): each
// page becomes retries that are due at once, in the commit that moves the replay on. So it survives a restart, costs no
// memory, and shares the endpoint with fresh events as retries do.

import GRDB

extension QueueStore {
    /// Has an event that was posted to the endpoint before posted again, as for the first time. False if there was no such
    /// post, or the event has been purged.
    package func retryPost(
        of event: EventID, to endpoint: Endpoint, at now: Timestamp
    ) async throws(StoreFailure) -> Bool {
        let seq = try await read { database -> Int64? in
            guard let seq = try database.seq(of: event, in: endpoint.project) else { return nil }
            return try database.first(
                "SELECT event FROM posts WHERE event = ? AND endpoint = ?", seq, endpoint.id, read: { $0.int() })
        }
        guard let seq else { return false }
        return try await write(isRefusedWhenFull: true) { transaction in
            guard try transaction.touch(endpoint.id) else { return false }
            return try transaction.database.makeDue(seq, to: endpoint.id, at: now)
        }
    }

    /// Counts what a replay means and, if that is anything, begins it.
    package func begin(_ replay: Replay, to endpoint: Endpoint) async throws(StoreFailure) -> ReplayOutcome {
        let (span, hasTooMany) = try await read { database in
            (try database.span(from: replay.since, to: replay.until), try database.hasTooManyReplays(endpoint.id))
        }
        // Before the log is counted, which may be long.
        if hasTooMany { return .tooMany }
        let count = try await sum(in: span) { try $0.count(replay, to: endpoint, in: $1) }
        return try await write(isRefusedWhenFull: true) { transaction in
            guard try !transaction.database.hasTooManyReplays(endpoint.id) else { return .tooMany }
            guard try transaction.touch(endpoint.id) else { return .noSuchEndpoint }
            guard count > 0 else { return .begun(events: 0) }
            try transaction.database.run(
                """
                INSERT INTO replays (endpoint, since, until, types, is_of_failed, done, last) VALUES (?, ?, ?, ?, ?, ?, ?)
                """, endpoint.id, replay.since, replay.until, replay.types.column, replay.isOfFailed,
                span.lowerBound - 1, span.upperBound - 1)
            return .begun(events: count)
        }
    }

    /// Adds up what `count` finds in each part of a span of the log, until that is `limit`. In pages, so that no reader is
    /// held for long.
    func sum(
        in span: Range<Int64>, limit: Int = .max,
        _ count: @escaping @Sendable (Database, Range<Int64>) throws -> Int
    ) async throws(StoreFailure) -> Int {
        var (sum, rest) = (0, span)
        while !rest.isEmpty, sum < limit {
            let page = try await read { [logScan, rest] database in
                let last = try database.endOfScan(after: rest.lowerBound - 1, rows: logScan) ?? .max
                let end = min(last, span.upperBound - 1) + 1
                return (end: end, count: try count(database, rest.lowerBound..<end))
            }
            (sum, rest) = (sum + page.count, page.end..<span.upperBound)
        }
        return min(sum, limit)
    }

    /// Makes the next page of the endpoint's oldest replay due. Events after `seq`, as far as the feed has read the log, are
    /// left out: they are posted anyway. False if there is no replay.
    package func advanceReplay(
        of endpoint: Endpoint, through seq: Int64, at now: Timestamp
    ) async throws(StoreFailure) -> Bool {
        let page = try await read { database in
            try database.oldestReplay(of: endpoint.id).map { try database.page(of: $0, to: endpoint, through: seq) }
        }
        guard let page else { return false }
        return try await write(bytes: 64 * page.events.count, isRefusedWhenFull: true) { transaction in
            let database = transaction.database
            for event in page.events { _ = try database.makeDue(event, to: endpoint.id, at: now) }
            try database.run(
                "UPDATE replays SET done = ?, last = min(last, ?) WHERE id = ?", page.done, seq, page.replay)
            try database.run("DELETE FROM replays WHERE id = ? AND done >= last", page.replay)
            return true
        }
    }
}

/// A replay under way.
private struct StoredReplay {
    var id: Int64
    var order: Replay
    var done: Int64
    var last: Int64
}

private struct ReplayPage: Sendable {
    let replay: Int64
    let events: [Int64]
    let done: Int64
}

extension WriteTransaction {
    /// Tells the endpoint's feed that there is something to do. False if there is no such endpoint.
    fileprivate mutating func touch(_ endpoint: EndpointID) throws -> Bool {
        let found = try database.run(
            "UPDATE endpoints SET revision = revision + 1 WHERE uid = ? AND deleted_at IS NULL", endpoint)
        if found == 1 { changesEndpoints = true }
        return found == 1
    }
}

extension Database {
    /// Events whose retries are made due in one commit, and looked at in one read.
    private static let pageLimit = 100
    private static let spanLimit: Int64 = 2000

    /// With a schedule that begins anew. False if the event has been purged.
    fileprivate func makeDue(_ event: Int64, to endpoint: EndpointID, at now: Timestamp) throws -> Bool {
        let changed = try run(
            """
            INSERT INTO post_retries (endpoint, event, tries, due_at)
            SELECT n.uid, e.seq, 0, ? FROM endpoints n JOIN events e
            WHERE n.uid = ? AND n.deleted_at IS NULL AND e.seq = ?
            ON CONFLICT (endpoint, event) DO UPDATE SET tries = 0, due_at = excluded.due_at
            """, now, endpoint, event)
        return changed == 1
    }

    fileprivate func hasTooManyReplays(_ endpoint: EndpointID) throws -> Bool {
        let waiting = try first(
            "SELECT count(*) FROM replays WHERE endpoint = ?", endpoint, read: { Int($0.int()) })
        return waiting ?? 0 >= Replay.maximumPerEndpoint
    }

    fileprivate func oldestReplay(of endpoint: EndpointID) throws -> StoredReplay? {
        try first(
            """
            SELECT id, since, until, types, is_of_failed, done, last FROM replays WHERE endpoint = ? ORDER BY id LIMIT 1
            """, endpoint
        ) { columns in
            StoredReplay(
                id: columns.int(),
                order: Replay(
                    since: columns.time(), until: columns.time(), types: [EventType](column: columns.text()),
                    isOfFailed: columns.int() == 1), done: columns.int(), last: columns.int())
        }
    }

    fileprivate func count(_ replay: Replay, to endpoint: Endpoint, in span: Range<Int64>) throws -> Int {
        var count = 0
        try eventsInBrief(of: endpoint, in: span, untakenOnly: replay.isOfFailed, limit: .max) {
            if replay.means($0, to: endpoint) { count += 1 }
        }
        return count
    }

    fileprivate func page(of replay: StoredReplay, to endpoint: Endpoint, through seq: Int64) throws -> ReplayPage {
        let isOfFailed = replay.order.isOfFailed
        let last = max(replay.done, min(replay.last, seq))
        // Retries lie together, events of a project may be far apart.
        let end = isOfFailed ? last : min(last, replay.done + Self.spanLimit)
        let limit = isOfFailed ? Self.pageLimit : .max
        var events: [Int64] = []
        var done = end, looked = 0
        let span = replay.done + 1..<end + 1
        try eventsInBrief(of: endpoint, in: span, untakenOnly: isOfFailed, limit: limit) { event in
            looked += 1
            if replay.order.means(event, to: endpoint), events.count < Self.pageLimit {
                events.append(event.seq)
                if events.count == Self.pageLimit { done = event.seq }
            }
            if looked == limit { done = min(done, event.seq) }
        }
        return ReplayPage(replay: replay.id, events: events, done: done)
    }
}

extension Replay {
    /// What has failed was wanted once; a test is posted again only if it is asked for by its type.
    fileprivate func means(_ event: EventInBrief, to endpoint: Endpoint) -> Bool {
        guard since <= event.at, event.at < until, types.isEmpty || types.contains(event.type) else { return false }
        if event.type == .test { return !types.isEmpty }
        return isOfFailed || endpoint.wants(event.type, tags: event.tags)
    }
}
