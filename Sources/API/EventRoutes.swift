// EventRoutes.swift — the event log: /v1/events, read page by page, waited for, or followed.

import Events
import HTTP
import HTTPTypes
import JSON
import Logging
import Queue

struct EventRoutes: Sendable {
    private let live: LiveLog
    private let clock: any WallClock
    private let logger: Logger

    init(_ configuration: APIConfiguration) {
        live = LiveLog(store: configuration.store, clock: configuration.clock)
        (clock, logger) = (configuration.clock, configuration.logger)
    }

    var all: [APIRoute] {
        [
            APIRoute(.get, "/v1/events", .scope(.eventsRead), query: Page.parameters + EventFilter.parameters) {
                try await list($0)
            },
            APIRoute(
                .get, "/v1/events/stream", .scope(.eventsRead),
                query: ["cursor", "last_event_id"] + EventFilter.parameters
            ) { try await stream($0) },
        ]
    }
}

// MARK: Pages

extension EventRoutes {
    private func list(_ call: APICall) async throws -> HTTPServerResponse {
        // What a request is read with and answered from is not kept while it waits: a thousand may.
        let asked = try Asked(call, clock: clock)
        let found = try await page(asked)
        return try asked.answer(found)
    }

    private struct Asked {
        let selection: EventSelection
        let start: LogStart
        /// How many an answer shows.
        let limit: Int
        let wait: WaitPreference?
        /// Nil if it does not wait.
        let patience: Patience?

        @inline(never)
        init(_ call: APICall, clock: any WallClock) throws(Problem) {
            var query = call.queryReader
            limit = Page.limit(&query)
            start = query.start("cursor") ?? .seq(0)
            selection = EventSelection(project: call.project, filter: EventFilter(&query))
            try query.finish()
            wait = WaitPreference(call.request.head.headerFields)
            patience = if let wait { try call.patience(for: wait, clock: clock) } else { nil }
        }

        /// The last page has a cursor too: whoever follows the log goes on with it when there is more. It leads past what
        /// the filter leaves out.
        @inline(never)
        func answer(_ found: LogPage) throws(Problem) -> HTTPServerResponse {
            try patience?.check()
            let events = found.events.prefix(limit)
            let isFull = found.events.count > limit
            // A filter may leave out so much that a page ends before it is full, or before its first event.
            let hasMore = isFull || found.isCut
            let next = Cursor(.events, isFull ? events.last?.seq ?? 0 : found.through)
            var response = HTTPServerResponse.list(events, hasMore: hasMore, nextCursor: next.text) { $0.raw($1.json) }
            wait?.note(in: &response)
            return response
        }
    }

    private func page(_ asked: Asked) async throws(StoreFailure) -> LogPage {
        guard let patience = asked.patience, !patience.isOver else {
            return try await page(asked, after: asked.start.seq(end: live.end))
        }
        let ticket = live.follow(asked.selection, ringing: patience.bell)
        defer { ticket.end() }
        var seq = asked.start.seq(end: live.end)
        repeat {
            let page = try await page(asked, after: seq, mayLag: true)
            if !page.events.isEmpty { return page }
            seq = page.through
            if page.isCut { patience.bell.ring() }
        } while await patience.wait()
        return try await page(asked, after: seq)
    }

    private func page(
        _ asked: Asked, after seq: Int64, mayLag: Bool = false
    ) async throws(StoreFailure) -> LogPage {
        try await live.page(of: asked.selection, after: seq, limit: asked.limit + 1, mayLag: mayLag)
    }
}

// MARK: The stream

extension EventRoutes {
    private func stream(_ call: APICall) async throws -> HTTPServerResponse {
        var query = call.queryReader
        // Both are judged, though one counts.
        let cursor = query.start("cursor")
        let given = query.lastEventID(call.request) ?? cursor ?? .now
        let selection = EventSelection(project: call.project, filter: EventFilter(&query))
        try query.finish()
        let stream = EventStream(
            live: live, clock: clock, selection: selection, start: given, requestID: call.request.id,
            presence: call.request.presence, seat: try call.seat(.stream), logger: logger)
        let fields: HTTPFields = [
            .contentType: "text/event-stream", .cacheControl: "no-store", .xAccelBuffering: "no",
        ]
        return HTTPServerResponse(head: HTTPResponse(status: .ok, headerFields: fields), stream: stream.write)
    }
}

/// Where a follower of the log begins.
enum LogStart: Hashable, Sendable {
    /// After this one.
    case seq(Int64)
    /// With what happens from now on.
    case now

    func seq(end: Int64) -> Int64 {
        switch self {
        case .seq(let seq): seq
        case .now: end
        }
    }
}

extension QueryReader {
    /// `now`, or a cursor of this list.
    fileprivate mutating func start(_ name: String) -> LogStart? {
        value(name, .invalidCursor, otherwise: "Must be now, or a cursor that this list gave.") { text in
            text == "now" ? .now : Cursor(text, for: .events).map { .seq($0.position) }
        }
    }

    /// A browser that connects again repeats its query and says by the header how far it has come: that counts.
    fileprivate mutating func lastEventID(_ request: HTTPServerRequest) -> LogStart? {
        let detail = "Must be the id of an event that this stream gave: a whole number."
        let seq = value("last_event_id", otherwise: detail) { Int64(digits: $0) }
        guard let field = request.head.headerFields[.lastEventID], !field.isEmpty else { return seq.map { .seq($0) } }
        if let seq = Int64(digits: field) { return .seq(seq) }
        note(
            FieldError(
                pointer: HTTPField.Name.lastEventID.rawName, code: .invalidValue, detail: detail, received: field))
        return nil
    }
}

extension EventFilter {
    static let parameters = ["types", "tag.", "message_id"]

    init(_ query: inout QueryReader) {
        self.init(types: query.eventTypes("types"), tags: query.texts(prefix: "tag."))
        message = query.value("message_id", otherwise: "Must be the id of a message, msg_ and 26 characters.") {
            MessageID($0)
        }
    }
}

extension QueryReader {
    /// `types=a,b`; none means all.
    fileprivate mutating func eventTypes(_ name: String) -> Set<EventType> {
        let known = EventType.allCases.map(\.rawValue).joined(separator: ", ")
        return value(name, otherwise: "Must be a comma-separated list of \(known).") { text in
            let types = text.split(separator: ",", omittingEmptySubsequences: false).map {
                EventType(rawValue: String($0))
            }
            return types.contains(nil) ? nil : Set(types.compactMap(\.self))
        } ?? []
    }
}

extension HTTPField.Name {
    fileprivate static let lastEventID = known("Last-Event-ID")
    fileprivate static let xAccelBuffering = known("X-Accel-Buffering")
}
