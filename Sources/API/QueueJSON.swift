// QueueJSON.swift — the queue as users see it (openapi.yaml: Queue, Destination).

import Events
import JSON
import Queue

extension JSONWriter {
    mutating func value(_ queue: ProjectQueue, at now: Timestamp) {
        object {
            $0.member("object", "queue")
            $0.members(of: queue.summary, at: now)
            $0.member("paused", queue.paused)
            $0.member("destinations", queue.destinations)
        }
    }

    mutating func value(_ destination: DestinationQueue, at now: Timestamp) {
        object {
            $0.member("object", "destination")
            $0.member("domain", destination.domain.ascii)
            $0.members(of: destination.summary, at: now)
            $0.member("is_paused", destination.pause != nil)
            $0.member("paused_at", destination.pause?.pausedAt.rfc3339)
            $0.member("pause_reason", destination.pause?.reason)
            $0.member("last_failure", destination.lastFailure, object: { $0.members(of: $1) })
        }
    }

    private mutating func members(of summary: QueueSummary, at now: Timestamp) {
        member("queued", summary.queued)
        member("due", summary.due)
        member("scheduled", summary.scheduled)
        member("delayed", summary.delayed)
        member("is_capped", summary.isCapped)
        member("next_attempt_at", summary.nextAttemptAt?.rfc3339)
        member("oldest_due_at", summary.due > 0 ? summary.nextAttemptAt?.rfc3339 : nil)
        member("oldest_created_at", summary.oldestAcceptedAt?.rfc3339)
    }

    private mutating func members(of failure: DestinationQueue.LastFailure) {
        member("at", failure.at.rfc3339)
        member("mx", failure.host)
        member("reply", failure.reply)
    }
}
