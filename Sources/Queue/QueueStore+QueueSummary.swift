// QueueStore+QueueSummary.swift — how much waits, where, and since when, as far as one request may look.
//
// The queue's index has domains and due times, and no projects: what is counted is looked at row by row. So one request
// looks at so many rows at most, whosever they are, and says so if there were more. Readers are few.

import GRDB
import Mail

/// How much one request may look at.
package struct QueueScan: Sendable {
    /// Rows in all.
    package var rows: Int
    /// Recipients counted of one destination.
    package var perDestination: Int

    package init(rows: Int, perDestination: Int = .max) { (self.rows, self.perDestination) = (rows, perDestination) }

    /// Some 100 ms of a reader.
    package static let whole = QueueScan(rows: 50_000)
    package static let page = QueueScan(rows: 100_000, perDestination: 1_000)
}

extension QueueStore {
    /// All that a project has queued. When there is more than may be looked at, destinations count in the order of their names.
    package func queue(
        of project: ProjectID, at now: Timestamp, scan: QueueScan = .whole
    ) async throws(StoreFailure) -> ProjectQueue {
        let paused = pauses.domains
        return try await read { database in
            var queue = ProjectQueue()
            var looked = 0
            var last: Domain?
            try database.rows(QueuedRow.select + QueuedRow.order) { columns in
                queue.summary.isCapped = looked == scan.rows
                guard looked < scan.rows else { return false }
                looked += 1
                let row = columns.queuedRow()
                guard row.project == project else { return true }
                queue.summary.add(row, at: now)
                if row.domain != last { queue.destinations += 1 }
                last = row.domain
                if paused.contains(row.domain) { queue.paused += 1 }
                return true
            }
            return queue
        }
    }

    /// Destinations at which a project has something queued, in the order of their names. One of which only others'
    /// recipients could be looked at is left out.
    package func destinations(
        _ query: DestinationQuery, at now: Timestamp, scan: QueueScan = .page
    ) async throws(StoreFailure) -> DestinationPage {
        let pauses = pauses
        return try await read { database in
            var page = DestinationPage(destinations: [], next: nil)
            var rest = scan
            var last = query.after ?? Domain(trusted: "")
            while true {
                let waiting = try database.nextDestination(after: last)
                let paused = query.alsoPaused ? pauses.next(after: last) : nil
                guard let next = [waiting, paused].compactMap(\.self).min(by: { $1.comesAfter($0) }) else {
                    return page
                }
                if rest.rows <= 0 {
                    page.next = last
                    return page
                }
                let found = try database.destination(next, of: query.project, at: now, &rest)
                if found.summary.queued > 0 || next == paused {
                    if page.destinations.count == query.limit {
                        page.next = page.destinations.last?.domain
                        return page
                    }
                    page.destinations.append(found.paused(pauses[next]))
                }
                last = next
            }
        }
    }

    /// What a project has queued at a destination; with nothing there, all is zero.
    package func destination(
        _ domain: Domain, of project: ProjectID, at now: Timestamp, scan: QueueScan = .whole
    ) async throws(StoreFailure) -> DestinationQueue {
        let pause = pauses[domain]
        return try await read { database in
            var scan = scan
            return try database.destination(domain, of: project, at: now, &scan).paused(pause)
        }
    }
}

extension DestinationQueue {
    fileprivate func paused(_ pause: DestinationPause?) -> DestinationQueue {
        var queue = self
        queue.pause = pause
        return queue
    }
}

extension Database {
    fileprivate func nextDestination(after domain: Domain) throws -> Domain? {
        try first(
            "SELECT domain FROM recipients WHERE state = 'queued' AND domain > ? ORDER BY domain LIMIT 1", domain,
            read: { Domain(trusted: $0.text()) })
    }

    /// Takes the rows that it looks at off `scan`.
    fileprivate func destination(
        _ domain: Domain, of project: ProjectID, at now: Timestamp, _ scan: inout QueueScan
    ) throws -> DestinationQueue {
        var summary = QueueSummary()
        var tried: RecipientKey?
        // Looking for a destination costs, too.
        scan.rows -= 1
        try rows(QueuedRow.select + " AND r.domain = ?" + QueuedRow.order, domain) { columns in
            summary.isCapped = scan.rows <= 0 || summary.queued == scan.perDestination
            guard !summary.isCapped else { return false }
            scan.rows -= 1
            let row = columns.queuedRow()
            guard row.project == project else { return true }
            summary.add(row, at: now)
            if row.attempts > 0 { tried = row.key }
            return true
        }
        return DestinationQueue(domain: domain, summary: summary, lastFailure: try tried.flatMap(lastFailure))
    }

    /// `results` has the positions of its recipients, each with what came of it.
    private func lastFailure(of recipient: RecipientKey) throws -> DestinationQueue.LastFailure? {
        try first(
            """
            SELECT finished_at, host, reply FROM attempts
            WHERE message = ?1 AND ' ' || results || ' ' LIKE '% ' || ?2 || ' deferred %' AND reply IS NOT NULL
            ORDER BY id DESC LIMIT 1
            """, recipient.message, recipient.position,
            read: {
                DestinationQueue.LastFailure(at: $0.time(), host: $0.optional { $0.text() }, reply: $0.text())
            })
    }
}
