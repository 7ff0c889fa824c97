// MessageRoutes.swift — sending messages and following them: /v1/messages.

import Events
import HTTP
import HTTPTypes
import JSON
import Mail
import Queue

struct MessageRoutes: Sendable {
    let store: QueueStore
    let clock: any WallClock
    let terms: AcceptanceTerms
    let forecast: DestinationForecasts
    private let running = UnderWay<RunningKey>()
    private let ids = MessageIDSequence()
    let wait: MessageWait

    init(_ configuration: APIConfiguration) {
        (store, clock, terms) = (configuration.store, configuration.clock, configuration.terms)
        forecast = configuration.forecasts
        wait = MessageWait(store: store, clock: clock)
    }

    var all: [APIRoute] {
        [
            APIRoute(.post, "/v1/messages", .scope(.messagesSend), query: [SendBody.dryRun] + FormMembers.parameters) {
                await wait.outcome(of: try await send($0), for: $0)
            },
            APIRoute(.get, "/v1/messages", .scope(.messagesRead), query: Page.parameters + MessageFilter.parameters) {
                try await list($0)
            },
            APIRoute(.get, "/v1/messages/{id}", .scope(.messagesRead)) { try await show($0) },
            APIRoute(.get, "/v1/messages/{id}/attempts", .scope(.messagesRead), query: Page.parameters) {
                try await attempts($0)
            },
            APIRoute(.get, "/v1/messages/{id}/events", .scope(.messagesRead), query: Page.parameters) {
                try await events($0)
            },
            APIRoute(.get, "/v1/messages/{id}/raw", .scope(.messagesContent)) { try await raw($0) },
        ] + batch + changes
    }

    /// The message that stands for `{id}`: `msg_…`, `external:ID`, or a Message-ID. What cannot be any names nothing (404).
    func messageID(_ call: APICall) async throws -> MessageID {
        guard let reference = call.parameters["id"].flatMap({ MessageReference($0) }),
            let id = try await store.messageID(of: reference, in: call.project)
        else { throw Problem.notFound("message") }
        return id
    }
}

// MARK: Sending

extension MessageRoutes {
    private func send(_ call: APICall) async throws -> HTTPServerResponse {
        if call.query[SendBody.dryRun] == "true" { return try await dryRun(call) }
        return try await once(call, accept)
    }

    /// Does `work` with the request's idempotency key, if it has one, while no twin of it is running.
    func once(
        _ call: APICall, _ work: (APICall, IdempotencyKey?) async throws -> HTTPServerResponse
    ) async throws -> HTTPServerResponse {
        guard let key = try IdempotencyKey.of(call.request.head.headerFields)?.within(call.caller.mode) else {
            return try await work(call, nil)
        }
        let twin = RunningKey(key: key, project: call.project)
        guard running.begin(twin, atMost: 1) else {
            throw Problem(.idempotencyInProgress, "Ask again when the first request has been answered.", retryAfter: 1)
        }
        defer { running.end(twin) }
        return try await work(call, key)
    }

    /// The hot path: nothing here reads from the store, and the answer is ready before the commit is asked for.
    private func accept(_ call: APICall, key: IdempotencyKey?) async throws -> HTTPServerResponse {
        let (submission, answer) = try await prepare(call, key: key)
        switch try await store.submit(submission) {
        case .accepted: return accepted(answer, id: submission.id.description)
        case .replayed(let answer): return replayed(answer)
        case .keyReused: throw Problem.keyReused
        }
    }

    /// A large message takes long to read and compose; its event loop has others to serve meanwhile.
    private func prepare(
        _ call: APICall, key: IdempotencyKey?
    ) async throws -> (submission: Submission, answer: [UInt8]) {
        guard call.request.body.count > Self.largeBody else { return try compose(call, key: key) }
        return try await besideTheLoop { try compose(call, key: key) }
    }

    private static let largeBody = 64 << 10

    /// The submission and the body of the 202 that answers it.
    private func compose(
        _ call: APICall, key: IdempotencyKey?
    ) throws -> (submission: Submission, answer: [UInt8]) {
        let (request, fingerprint) = try read(call, isRepeatable: key != nil)
        var submission = try request.submission(store)
        var writer = JSONWriter(reservingCapacity: 1024)
        writer.message(
            StoredMessage(accepted: submission), at: submission.acceptedAt,
            warnings: request.warnings(of: submission, store))
        if let key, let fingerprint {
            submission.idempotency = IdempotencyClaim(key: key.text, fingerprint: fingerprint, answer: writer.bytes)
        }
        return (submission, writer.bytes)
    }

    /// One more message of this request.
    func acceptance(of call: APICall, at now: Timestamp) -> Acceptance {
        Acceptance(ids.next(at: now), at: now, by: call.caller, terms: terms)
    }

    /// What is asked for. The members and parts that it was read from are gone when the message is composed: with large
    /// attachments they are most of what a request weighs.
    func read(
        _ call: APICall, isRepeatable: Bool
    ) throws(Problem) -> (request: SendRequest, fingerprint: [UInt8]?) {
        let body = try SendBody(call.target)
        let request = try SendRequest(body, acceptance(of: call, at: clock.now))
        return (request, isRepeatable ? body.fingerprint(of: call) : nil)
    }

    private func accepted(_ answer: [UInt8], id: String) -> HTTPServerResponse {
        .json(.accepted, fields: [.location: "/v1/messages/\(id)"], body: answer)
    }

    /// The first answer again: an answer of ours, so what it says need not be doubted.
    private func replayed(_ answer: [UInt8]) -> HTTPServerResponse {
        let id = (try? JSONValue(parsing: answer))?.object?["id"]?.string ?? ""
        var response = accepted(answer, id: id)
        response.head.headerFields[.idempotentReplayed] = "true"
        return response
    }
}

// MARK: Following

extension MessageRoutes {
    private func show(_ call: APICall) async throws -> HTTPServerResponse {
        try await wait.show(try await messageID(call), to: call)
    }

    private func list(_ call: APICall) async throws -> HTTPServerResponse {
        var query = call.queryReader
        let page = Page(of: .messages, &query)
        let filter = MessageFilter(&query)
        try query.finish()
        let now = clock.now
        let found = try await store.messages(
            in: call.project, matching: filter, before: page.cursor?.message, at: now, limit: page.limit)
        let next = found.next.map { Cursor(before: $0).text }
        return .list(found.messages, hasMore: next != nil, nextCursor: next) { $0.message($1, at: now) }
    }

    /// A message has few attempts, so that its pages are cut here; positions count from the oldest.
    private func attempts(_ call: APICall) async throws -> HTTPServerResponse {
        let id = try await messageID(call)
        var query = call.queryReader
        let page = Page(of: .attempts, &query)
        try query.finish()
        guard let attempts = try await store.attempts(of: id, in: call.project) else {
            throw Problem.notFound("message")
        }
        return page.answerNewestFirst(attempts, of: .attempts) { $0.attempt($1) }
    }

    private func events(_ call: APICall) async throws -> HTTPServerResponse {
        let id = try await messageID(call)
        var query = call.queryReader
        let page = Page(of: .messageEvents, &query)
        try query.finish()
        guard let events = try await store.events(of: id, in: call.project) else {
            throw Problem.notFound("message")
        }
        let rest = events.filter { $0.seq > page.position ?? 0 }
        return page.answer(rest, of: .messageEvents, position: \.seq) { $0.value($1) }
    }

    private func raw(_ call: APICall) async throws -> HTTPServerResponse {
        let id = try await messageID(call)
        guard let content = try await store.content(of: id, in: call.project) else {
            guard try await store.message(id, in: call.project) != nil else { throw Problem.notFound("message") }
            throw Problem(.notFound, "The content of this message is gone: it was erased, or is past its retention.")
        }
        let head = HTTPResponse(status: .ok, headerFields: [.contentType: "message/rfc822"])
        return HTTPServerResponse(head: head, body: content.bytes)
    }
}

extension MessageFilter {
    static let parameters = [
        "status", "to", "from", "domain", "tag.", "external_id", "created_after", "created_before",
    ]

    fileprivate init(_ query: inout QueryReader) {
        self.init(
            status: query.choice("status"),
            to: query.address("to") { text throws(AddressError) in try Mailbox(parsing: text, allowingLiterals: true) },
            from: query.address("from") { text throws(AddressError) in
                try NamedMailbox(parsing: text, allowingLiterals: true).mailbox
            },
            domain: query.address("domain") { text throws(AddressError) in
                try Domain(parsing: text, allowingLiterals: true)
            }, tags: query.texts(prefix: "tag."))
        externalID = query.text("external_id")
        createdAfter = query.moment("created_after")
        createdBefore = query.moment("created_before")
    }
}
