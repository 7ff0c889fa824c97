// SuppressionRoutes.swift — addresses that are not to be written to: /v1/suppressions.

import HTTP
import HTTPTypes
import JSON
import Mail
import Queue

struct SuppressionRoutes: Sendable {
    let store: QueueStore
    let clock: any WallClock

    init(_ configuration: APIConfiguration) { (store, clock) = (configuration.store, configuration.clock) }

    var all: [APIRoute] {
        [
            APIRoute(.post, "/v1/suppressions", .scope(.suppressions)) { try await create($0) },
            APIRoute(
                .get, "/v1/suppressions", .scope(.suppressions), query: Page.parameters + SuppressionFilter.parameters
            ) { try await list($0) },
            APIRoute(.post, "/v1/suppressions/import", .scope(.suppressions)) { try await importAll($0) },
            APIRoute(
                .get, "/v1/suppressions/export", .scope(.suppressions), query: ["format"] + SuppressionFilter.parameters
            ) { try await exportAll($0) },
            APIRoute(.get, "/v1/suppressions/{address}", .scope(.suppressions)) { try await show($0) },
            APIRoute(.delete, "/v1/suppressions/{address}", .scope(.suppressions)) { try await delete($0) },
        ]
    }

    /// 201 if the address was not suppressed, else 200 with what was sent changed.
    private func create(_ call: APICall) async throws -> HTTPServerResponse {
        let now = clock.now
        let new = try SuppressionRequest.suppression(in: call.request.json, at: now)
        let saved = try await store.suppress([new], in: call.project, at: now)
        guard let (suppression, isNew) = saved.first else { throw Problem.notFound("suppression") }
        let path = "/v1/suppressions/\(suppression.address.pathSegment)"
        return .json(isNew ? .created : .ok, fields: isNew ? [.location: path] : [:]) { $0.value(suppression) }
    }

    private func list(_ call: APICall) async throws -> HTTPServerResponse {
        var query = call.queryReader
        let page = Page(of: .suppressions, &query)
        let filter = SuppressionFilter(&query)
        try query.finish()
        let found = try await store.suppressions(
            in: call.project, matching: filter, before: page.position, at: clock.now, limit: page.limit + 1)
        return page.answer(found, of: .suppressions, position: \.key) { $0.value($1) }
    }

    private func show(_ call: APICall) async throws -> HTTPServerResponse {
        let address = try call.suppressedAddress
        guard let found = try await store.suppression(of: address, in: call.project, at: clock.now) else {
            throw Problem.notFound("suppression")
        }
        return .json { $0.value(found) }
    }

    private func delete(_ call: APICall) async throws -> HTTPServerResponse {
        let address = try call.suppressedAddress
        guard try await store.unsuppress(address, in: call.project, at: clock.now) else {
            throw Problem.notFound("suppression")
        }
        return .deleted("suppression") { $0.member("address", address.description) }
    }
}

// MARK: Whole lists

extension SuppressionRoutes {
    /// Addresses written, or read, at once: neither the writer nor an event loop is held for long.
    private static let chunk = 500

    private func importAll(_ call: APICall) async throws -> HTTPServerResponse {
        let now = clock.now
        let read = try await besideTheLoop { try SuppressionImport(call.request, at: now) }
        var created = 0, updated = 0
        for start in stride(from: 0, to: read.suppressions.count, by: Self.chunk) {
            let part = Array(read.suppressions[start..<min(start + Self.chunk, read.suppressions.count)])
            for (_, isNew) in try await store.suppress(part, in: call.project, at: now) {
                if isNew { created += 1 } else { updated += 1 }
            }
        }
        return .json { [created, updated] in $0.outcome(of: read, created: created, updated: updated) }
    }

    fileprivate enum Format: String, CaseIterable { case json, csv }

    /// Page by page: it may be millions.
    private func exportAll(_ call: APICall) async throws -> HTTPServerResponse {
        var query = call.queryReader
        let format: Format = query.choice("format") ?? .json
        let filter = SuppressionFilter(&query)
        try query.finish()
        let project = call.project
        // Before the head is written: a store that has failed is answered with a problem then.
        let first = try await page(in: project, matching: filter, after: nil)
        return HTTPServerResponse(head: HTTPResponse(status: .ok, headerFields: format.fields)) { writer in
            var page = first
            try await writer.write(format.beginning)
            for number in 0... {
                try await writer.write(format.bytes(of: page, isFirst: number == 0))
                guard page.count == Self.chunk else { break }
                page = try await self.page(in: project, matching: filter, after: page.last?.key)
            }
            try await writer.write(format.end)
        }
    }

    private func page(
        in project: ProjectID, matching filter: SuppressionFilter, after last: Int64?
    ) async throws(StoreFailure) -> [Suppression] {
        try await store.suppressions(in: project, matching: filter, before: last, at: clock.now, limit: Self.chunk)
    }
}

extension SuppressionRoutes.Format {
    fileprivate var fields: HTTPFields {
        switch self {
        case .json: [.contentType: "application/json"]
        case .csv:
            [
                .contentType: "text/csv; charset=utf-8",
                .contentDisposition: #"attachment; filename="suppressions.csv""#,
            ]
        }
    }

    fileprivate var beginning: [UInt8] {
        switch self {
        case .json: Array(#"{"suppressions":["#.utf8)
        case .csv: CSVText(["address", "reason", "message_id", "note", "created_at", "expires_at"]).bytes
        }
    }

    fileprivate var end: [UInt8] { self == .json ? Array("]}".utf8) : [] }

    fileprivate func bytes(of page: [Suppression], isFirst: Bool) -> [UInt8] {
        switch self {
        case .csv:
            var text = CSVText()
            for suppression in page { text.append(suppression.row) }
            return text.bytes
        case .json:
            var writer = JSONWriter(reservingCapacity: 256 * page.count)
            for suppression in page { writer.value(suppression) }
            return isFirst || page.isEmpty ? writer.bytes : [UInt8(ascii: ",")] + writer.bytes
        }
    }
}

extension SuppressionFilter {
    static let parameters = ["reason", "domain", "prefix", "created_after", "created_before"]

    fileprivate init(_ query: inout QueryReader) {
        self.init()
        reason = query.choice("reason")
        domain = query.address("domain") { text throws(AddressError) in
            try Domain(parsing: text, allowingLiterals: true)
        }
        prefix = query.text("prefix").map { String(decoding: $0.utf8.map(\.asciiLowercased), as: UTF8.self) }
        createdAfter = query.moment("created_after")
        createdBefore = query.moment("created_before")
    }
}

extension APICall {
    /// In any case; what cannot be an address is not suppressed (404).
    fileprivate var suppressedAddress: SuppressedAddress {
        get throws(Problem) {
            do throws(AddressError) {
                return SuppressedAddress(try Mailbox(parsing: parameters["address"] ?? "", allowingLiterals: true))
            } catch {
                throw .notFound("suppression")
            }
        }
    }
}

extension SuppressedAddress {
    /// RFC 3986 §3.3 — a segment may have an @.
    var pathSegment: String { percentEncoded(description.utf8, sparing: "@") }
}
