// MessageWait.swift — messages shown at once, or when there is something to see: `Prefer: wait=N` and `If-None-Match`.

import HTTP
import HTTPTypes
import JSON
import Queue

struct MessageWait: Sendable {
    let store: QueueStore
    let clock: any WallClock

    /// A message as it was at a moment.
    private struct Sight {
        let message: StoredMessage
        let time: Timestamp

        /// As its reader sees it.
        func json(warnings: [Warning] = []) -> [UInt8] {
            var writer = JSONWriter(reservingCapacity: 1024)
            writer.message(message, at: time, warnings: warnings)
            return writer.bytes
        }
    }

    /// The message as it is; with a preference to wait, when all of it is final or, if the client has seen it already, when
    /// it is no longer what it has seen.
    func show(_ id: MessageID, to call: APICall) async throws -> HTTPServerResponse {
        let fields = call.request.head.headerFields
        let (wait, known) = (WaitPreference(fields), KnownTags(fields))
        let patience = try wait.map { try call.patience(for: $0, clock: clock) }
        let sight = try await look(at: id, in: call.project, patience) { sight in
            known.map { !$0.contains(EntityTag(of: sight.json())) } ?? sight.message.isFinal
        }
        try patience?.check()
        guard let body = sight?.json() else { throw Problem.notFound("message") }
        var response = HTTPServerResponse.json(.ok, body: body).tagged(EntityTag(of: body), known: known)
        wait?.note(in: &response)
        return response
    }

    /// Nil if there is no such message. Whoever waits is told of each commit that changes it, and looks again.
    private func look(
        at id: MessageID, in project: ProjectID, _ patience: Patience?, until isEnough: (Sight) -> Bool
    ) async throws(StoreFailure) -> Sight? {
        guard var sight = try await read(id, in: project) else { return nil }
        guard let patience, !isEnough(sight), !patience.isOver else { return sight }
        let ticket = store.commits.watch(sight.message.key) { [bell = patience.bell] in bell.ring() }
        defer { ticket.end() }
        repeat {
            guard let next = try await read(id, in: project) else { return nil }
            sight = next
            if isEnough(sight) { return sight }
        } while await patience.wait(until: sight.message.nextStart(after: clock.now))
        // What has come at the last moment, be it time alone, is shown.
        return try await read(id, in: project)
    }

    private func read(_ id: MessageID, in project: ProjectID) async throws(StoreFailure) -> Sight? {
        try await store.message(id, in: project).map { Sight(message: $0, time: clock.now) }
    }
}

// MARK: After sending

extension MessageWait {
    /// The answer to a request that has sent something: at once, or, if the client would rather wait, when all of it is
    /// final, and then as it is at that moment. What was accepted stays accepted, whatever comes in between: where too many
    /// wait already the preference does not count, and who may not ask any more learns nothing more.
    func outcome(of accepted: HTTPServerResponse, for call: APICall) async -> HTTPServerResponse {
        guard let wait = WaitPreference(call.request.head.headerFields), accepted.head.status == .accepted,
            let answer = accepted.bytes.flatMap({ try? JSONValue(parsing: $0) }),
            let patience = try? call.patience(for: wait, clock: clock)
        else { return accepted }
        let body = await current(answer, in: call.project, patience)
        guard patience.refusal == nil else { return accepted }
        var response = accepted
        response.body = .bytes(body)
        wait.note(in: &response)
        return response
    }

    /// A message, or the list that answers a batch, with each message as it is when the wait is over.
    private func current(_ answer: JSONValue, in project: ProjectID, _ patience: Patience) async -> [UInt8] {
        guard let items = answer.object?["data"]?.array else {
            return await currentMessage(answer, in: project, patience)
        }
        var messages: [[UInt8]?] = []
        for item in items {
            let message = item.object?["message"]
            messages.append(message == nil ? nil : await currentMessage(message ?? .null, in: project, patience))
        }
        var writer = JSONWriter(reservingCapacity: 1024 * items.count)
        writer.object {
            $0.member("object", "list")
            $0.member("data", array: { for (item, message) in zip(items, messages) { $0.item(item, message) } })
        }
        return writer.bytes
    }

    /// If it cannot be read now, the first answer is still true of the moment when it was accepted.
    private func currentMessage(_ first: JSONValue, in project: ProjectID, _ patience: Patience) async -> [UInt8] {
        guard let id = first.object?["id"]?.string.flatMap({ MessageID($0) }),
            let sight = try? await look(at: id, in: project, patience, until: { $0.message.isFinal })
        else { return first.bytes }
        return sight.json(warnings: first.warnings)
    }
}

extension JSONWriter {
    /// One of a batch: as it is now, or as it was answered.
    fileprivate mutating func item(_ answered: JSONValue, _ message: [UInt8]?) {
        guard let message else { return value(answered) }
        object {
            $0.key("message")
            $0.raw(message)
        }
    }
}

extension JSONValue {
    /// Those of a message that was written here.
    fileprivate var warnings: [Warning] {
        (object?["warnings"]?.array ?? []).compactMap(\.object).map {
            Warning(
                code: $0["code"]?.string ?? "", pointer: $0["pointer"]?.string ?? "", detail: $0["detail"]?.string ?? ""
            )
        }
    }
}

extension StoredMessage {
    fileprivate var isFinal: Bool { recipients.allSatisfy { $0.state.isFinal } }

    /// When time alone changes what is shown: a scheduled recipient's first attempt falls due.
    fileprivate func nextStart(after now: Timestamp) -> Timestamp? {
        recipients.filter { $0.status(at: now) == .scheduled }.compactMap(\.nextAttemptAt).min()
    }
}
