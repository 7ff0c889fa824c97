// QueueSummary.swift — what waits for delivery, counted: of a project, or of a project at one destination.

import Mail

/// Recipients that are not final. What was not looked at is not in it.
package struct QueueSummary: Sendable, Equatable {
    package var queued = 0
    /// Their next attempt is due.
    package var due = 0
    /// They have not been due yet.
    package var scheduled = 0
    /// Their `message.delayed` has gone out.
    package var delayed = 0
    /// The earliest; past if something is due.
    package var nextAttemptAt: Timestamp?
    /// When the oldest message among them was accepted.
    package var oldestAcceptedAt: Timestamp?
    /// There may be more than were counted.
    package var isCapped = false

    mutating func add(_ row: QueuedRow, at now: Timestamp) {
        queued += 1
        if row.dueAt <= now { due += 1 }
        if row.isScheduled(at: now) { scheduled += 1 }
        if row.isDelayed { delayed += 1 }
        nextAttemptAt = nextAttemptAt.map { min($0, row.dueAt) } ?? row.dueAt
        oldestAcceptedAt = oldestAcceptedAt.map { min($0, row.acceptedAt) } ?? row.acceptedAt
    }
}

/// All destinations of a project.
package struct ProjectQueue: Sendable, Equatable {
    package var summary = QueueSummary()
    /// Of its recipients, those whose destination is paused.
    package var paused = 0
    /// Destinations.
    package var destinations = 0
}

package struct DestinationQueue: Sendable, Equatable {
    package var domain: Domain
    package var summary: QueueSummary
    package var pause: DestinationPause?
    package var lastFailure: LastFailure?

    /// Of one of those that wait, why it still does.
    package struct LastFailure: Sendable, Equatable {
        package var at: Timestamp
        package var host: String?
        /// The reply, or in words what went wrong.
        package var reply: String
    }
}

/// What a list of destinations is to show.
package struct DestinationQuery: Sendable {
    package var project: ProjectID
    /// The last one of the page before.
    package var after: Domain?
    /// Also those that are paused and where nothing waits.
    package var alsoPaused: Bool
    package var limit: Int
    package init(of project: ProjectID, after: Domain?, alsoPaused: Bool, limit: Int) {
        (self.project, self.after, self.alsoPaused, self.limit) = (project, after, alsoPaused, limit)
    }
}

package struct DestinationPage: Sendable {
    package var destinations: [DestinationQueue]
    /// The next page begins after this one; nil when nothing is left.
    package var next: Domain?
}

/// What came of flushing or failing what is queued at a destination.
package struct DestinationChange: Sendable, Equatable {
    package var changed = 0
    /// Left as they are: a server is being spoken to about them, or, for a flush, they have not been due yet.
    package var skipped = 0
    /// So many were changed that the rest is left for another request.
    package var hasMore = false
}
