// QueueStore+Log.swift — the event log by types, as tests ask for it.

import Queue

extension QueueStore {
    package func events(
        in project: ProjectID, after seq: Int64, types: [EventType], limit: Int
    ) async throws(StoreFailure) -> [Event] {
        try await events(in: project, after: seq, matching: EventFilter(types: Set(types)), limit: limit).events
    }
}
