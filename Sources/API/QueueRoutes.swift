// QueueRoutes.swift — what waits for delivery, and where: /v1/queue and /v1/queue/destinations.
//
// Each project sees, tries and gives up what is its own. Pausing a destination is of the whole server, as its hosts and
// their sessions are, and so for the root key alone.

import HTTP
import HTTPTypes
import JSON
import Mail
import Queue

struct QueueRoutes: Sendable {
    let store: QueueStore
    let clock: any WallClock

    init(_ configuration: APIConfiguration) { (store, clock) = (configuration.store, configuration.clock) }

    private static let destination = "/v1/queue/destinations/{domain}"

    var all: [APIRoute] {
        [
            APIRoute(.get, "/v1/queue", .scope(.queue)) { try await summary($0) },
            APIRoute(.get, "/v1/queue/destinations", .scope(.queue), query: Page.parameters) { try await list($0) },
            APIRoute(.get, Self.destination, .scope(.queue)) { try await show($0) },
            APIRoute(.post, Self.destination + "/pause", .root) { try await pause($0) },
            APIRoute(.post, Self.destination + "/resume", .root) { try await resume($0) },
            APIRoute(.post, Self.destination + "/flush", .scope(.queue)) { try await flush($0) },
            APIRoute(.post, Self.destination + "/fail", .scope(.queue)) { try await fail($0) },
        ]
    }

    private func summary(_ call: APICall) async throws -> HTTPServerResponse {
        let now = clock.now
        let queue = try await store.queue(of: call.project, at: now)
        return .json { $0.value(queue, at: now) }
    }

    private func list(_ call: APICall) async throws -> HTTPServerResponse {
        var query = call.queryReader
        let page = Page(of: .destinations, &query)
        try query.finish()
        let now = clock.now
        let wanted = DestinationQuery(
            of: call.project, after: page.cursor?.domain, alsoPaused: call.caller.isRoot, limit: page.limit)
        let found = try await store.destinations(wanted, at: now)
        let next = found.next.map { Cursor(after: $0).text }
        return .list(found.destinations, hasMore: next != nil, nextCursor: next) { $0.value($1, at: now) }
    }

    private func show(_ call: APICall) async throws -> HTTPServerResponse {
        let domain = try call.destination, now = clock.now
        let found = try await store.destination(domain, of: call.project, at: now)
        // Whether others have something there, or who has paused it, is not for everyone.
        let isThere = found.summary.queued > 0 || found.pause != nil && call.caller.isRoot
        guard isThere else { throw Problem.noSuchDestination }
        return .json { $0.value(found, at: now) }
    }
}

// MARK: Changes

extension QueueRoutes {
    private func pause(_ call: APICall) async throws -> HTTPServerResponse {
        let domain = try call.destination
        let reason = try ReasonRequest.reason(in: call.request)
        try await store.pause(domain, because: reason, at: clock.now)
        return try await answer(domain, call)
    }

    /// Also if it is not paused: then it has been done.
    private func resume(_ call: APICall) async throws -> HTTPServerResponse {
        let domain = try call.destination
        try await store.resume(domain)
        return try await answer(domain, call)
    }

    private func answer(_ domain: Domain, _ call: APICall) async throws -> HTTPServerResponse {
        let now = clock.now
        let destination = try await store.destination(domain, of: call.project, at: now)
        return .json { $0.value(destination, at: now) }
    }

    private func flush(_ call: APICall) async throws -> HTTPServerResponse {
        let domain = try call.destination
        guard store.pauses[domain] == nil else {
            // Who has nothing there is not told that it is paused.
            let found = try await store.destination(domain, of: call.project, at: clock.now)
            guard found.summary.queued > 0 || call.caller.isRoot else { throw Problem.noSuchDestination }
            throw Problem(.conflict, "Delivery to \(domain) is paused: nothing can be tried until it is resumed.")
        }
        let change = try await store.flush(domain, of: call.project, at: clock.now)
        return try answer(change, domain, object: "destination_flush", member: "flushed")
    }

    private func fail(_ call: APICall) async throws -> HTTPServerResponse {
        let domain = try call.destination
        let reason = try ReasonRequest.reason(in: call.request) ?? "given up by the operator"
        let failure = Failure(reason: .failedByOperator, detail: reason, lastReply: nil)
        let change = try await store.fail(domain, of: call.project, failure, at: clock.now)
        return try answer(change, domain, object: "destination_failure", member: "failed")
    }

    private func answer(
        _ change: DestinationChange, _ domain: Domain, object: String, member: String
    ) throws(Problem) -> HTTPServerResponse {
        guard change.changed + change.skipped > 0 else { throw .noSuchDestination }
        return .json { writer in
            writer.object {
                $0.member("object", object)
                $0.member("domain", domain.ascii)
                $0.member(member, change.changed)
                $0.member("skipped", change.skipped)
                $0.member("has_more", change.hasMore)
            }
        }
    }
}

extension Problem {
    fileprivate static var noSuchDestination: Problem {
        Problem(.notFound, "Nothing is queued for this destination.")
    }
}

extension APICall {
    /// In any case, U-labels or A-labels; to what cannot be a domain nothing is queued (404).
    fileprivate var destination: Domain {
        get throws(Problem) {
            do throws(AddressError) {
                return try Domain(parsing: parameters["domain"] ?? "", allowingLiterals: true)
            } catch {
                throw .noSuchDestination
            }
        }
    }
}

/// `{"reason"}`, or no body.
enum ReasonRequest {
    private enum Member: String, CaseIterable { case reason }

    private static let maximumBytes = 1_024

    /// Nil for none, or an empty one.
    static func reason(in request: HTTPServerRequest) throws(Problem) -> String? {
        var reader = try BodyReader<Member>(optionalBodyOf: request)
        let reason = reader.headerText(.reason, maximumBytes: maximumBytes)
        try reader.finish()
        return reason?.isEmpty == true ? nil : reason
    }
}
