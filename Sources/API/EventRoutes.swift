// EventRoutes.swift — the event log: /v1/events.

import Events
import HTTP
import JSON
import Queue

struct EventRoutes: Sendable {
    let store: QueueStore

    var all: [APIRoute] {
        [APIRoute(.get, "/v1/events", .scope(.eventsRead), query: Self.parameters) { try await list($0) }]
    }

    private static let parameters = Page.parameters + ["types"]

    /// The last page has a cursor too: whoever follows the log goes on with it when there is more.
    private func list(_ call: APICall) async throws -> HTTPServerResponse {
        var query = QueryReader(call.query, known: Self.parameters)
        let page = Page(of: .events, &query)
        let types = eventTypes(&query)
        try query.finish()
        let start = page.position ?? 0
        let found = try await store.events(in: call.project, after: start, types: types, limit: page.limit + 1)
        let events = found.prefix(page.limit)
        let next = Cursor(.events, events.last?.seq ?? start)
        return .list(events, hasMore: found.count > page.limit, nextCursor: next.text) { $0.value($1) }
    }

    /// `types=a,b`; none means all.
    private func eventTypes(_ query: inout QueryReader) -> [EventType] {
        let known = EventType.allCases.map(\.rawValue).joined(separator: ", ")
        return query.value("types", otherwise: "Must be a comma-separated list of \(known).") { text in
            let types = text.split(separator: ",", omittingEmptySubsequences: false).map {
                EventType(rawValue: String($0))
            }
            return types.contains(nil) ? nil : types.compactMap(\.self)
        } ?? []
    }
}
