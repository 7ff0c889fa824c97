// MessageRoutes+Changes.swift — what can still be changed of a message: its times, whom it goes to, whether its content is kept.

import HTTP
import HTTPTypes
import JSON
import Queue

extension MessageRoutes {
    var changes: [APIRoute] {
        [
            APIRoute(.patch, "/v1/messages/{id}", .scope(.messagesSend)) { try await reschedule($0) },
            APIRoute(.post, "/v1/messages/{id}/cancel", .scope(.messagesSend)) { try await cancel($0) },
            APIRoute(.post, "/v1/messages/{id}/retry", .scope(.messagesSend)) { try await retry($0) },
            APIRoute(.delete, "/v1/messages/{id}/content", .scope(.messagesContent)) { try await erase($0) },
        ]
    }

    private func reschedule(_ call: APICall) async throws -> HTTPServerResponse {
        let now = clock.now
        let times = try ReschedulingRequest.times(in: call.request.json, at: now, terms: terms)
        switch try await store.reschedule(changeableID(call), in: call.project, times, at: now) {
        case .noSuchMessage: throw Problem.notFound("message")
        case .notScheduled(let status):
            throw Problem(.conflict, "Only a scheduled message can be changed; this one is \(status.rawValue).")
        case .done(let message): return shown(message, to: call)
        }
    }

    /// Asked again of a message that is canceled, it has been done.
    private func cancel(_ call: APICall) async throws -> HTTPServerResponse {
        let choice = try RecipientChoice(call.request)
        let outcome = try await store.cancel(
            changeableID(call), in: call.project, named: choice.named, at: clock.now)
        return try answer(outcome, to: (call, choice), verb: "canceled") { skipped in
            skipped.allSatisfy { $0.recipient.state == .canceled }
        }
    }

    private func retry(_ call: APICall) async throws -> HTTPServerResponse {
        let choice = try RecipientChoice(call.request)
        let outcome = try await store.retry(
            changeableID(call), in: call.project, named: choice.named, at: clock.now)
        return try answer(outcome, to: (call, choice), verb: "tried again") { _ in false }
    }

    private func erase(_ call: APICall) async throws -> HTTPServerResponse {
        switch try await store.eraseContent(of: changeableID(call), in: call.project) {
        case .noSuchMessage: throw Problem.notFound("message")
        case .queued(let count):
            let who = count == 1 ? "A recipient is" : "\(count) recipients are"
            throw Problem(.conflict, "\(who) not final: cancel the message first, or wait.")
        case .done(let message): return .json { $0.message(message, at: clock.now) }
        }
    }
}

extension MessageRoutes {
    /// The message that stands for `{id}`, if the key may change it: a key with `from_domains` changes what is from these,
    /// and a sandbox key what is for the sandbox. All else is not there (404).
    private func changeableID(_ call: APICall) async throws -> MessageID {
        let id = try await messageID(call)
        let domains = call.caller.key?.grant.fromDomains ?? []
        let sandboxOnly = call.caller.mode == .sandbox
        guard !domains.isEmpty || sandboxOnly else { return id }
        guard try await store.hasMessage(id, in: call.project, from: domains, sandboxOnly: sandboxOnly) else {
            throw Problem.notFound("message")
        }
        return id
    }

    /// As it is now; to who may send and not read, no more than its status.
    private func shown(
        _ message: StoredMessage, to call: APICall, skipped: [SkippedRecipient]? = nil
    ) -> HTTPServerResponse {
        let isWhole = call.caller.scopes.contains(.messagesRead)
        func more(_ writer: inout JSONWriter) {
            guard let skipped else { return }
            writer.member("skipped", array: { for one in skipped { $0.skipped(one, isWhole: isWhole) } })
        }
        guard isWhole else { return .json { $0.messageInBrief(message, at: clock.now, more: more) } }
        return .json { $0.message(message, at: clock.now, more: more) }
    }

    /// The message with those for whom it could not be done; a conflict if that is everyone, unless it `wasDone` before.
    private func answer(
        _ outcome: ChangeOutcome, to asked: (call: APICall, choice: RecipientChoice), verb: String,
        wasDone: ([SkippedRecipient]) -> Bool
    ) throws(Problem) -> HTTPServerResponse {
        switch outcome {
        case .noSuchMessage: throw .notFound("message")
        case .noSuchRecipients(let indices):
            throw .validation(
                indices.map { index in
                    FieldError(
                        pointer: asked.choice.pointer(to: index), code: .invalidValue,
                        detail: "The message has no such recipient.", received: asked.choice.named?[index].description)
                })
        case .done(let message, let changed, let skipped):
            guard changed > 0 || wasDone(skipped) else {
                let isWhole = asked.call.caller.scopes.contains(.messagesRead)
                let errors = skipped.map { FieldError($0, among: asked.choice, isWhole: isWhole) }
                throw Problem(.conflict, "Nobody can be \(verb).", errors: errors)
            }
            return shown(message, to: asked.call, skipped: skipped)
        }
    }
}

extension RecipientReference {
    fileprivate var description: String {
        switch self {
        case .id(let id): id.description
        case .mailbox(let mailbox): mailbox.original
        }
    }
}

extension SkippedRecipient {
    fileprivate var detail: String {
        switch reason {
        case .inTransaction: "A server is being spoken to about it, and may take it at any moment."
        case .alreadyFinal: "It is \(recipient.state.rawValue) already, and that is final."
        case .scheduled: "It has not been due yet: change send_at to have it sent now."
        }
    }
}

extension FieldError {
    /// Why nothing could be done for this one, at where it was named. Its address is for who may read it.
    fileprivate init(_ skipped: SkippedRecipient, among choice: RecipientChoice, isWhole: Bool) {
        let index = choice.named?.firstIndex { $0.names(skipped.recipient) }
        let code: Code =
            switch skipped.reason {
            case .inTransaction: .inTransaction
            case .alreadyFinal: .alreadyFinal
            case .scheduled: .scheduled
            }
        self.init(
            pointer: index.map { choice.pointer(to: $0) } ?? "#", code: code, detail: skipped.detail,
            received: isWhole ? skipped.recipient.mailbox.original : skipped.recipient.id.description)
    }
}

extension JSONWriter {
    fileprivate mutating func messageInBrief(
        _ message: StoredMessage, at now: Timestamp, more: (inout JSONWriter) -> Void
    ) {
        object {
            $0.member("object", "message")
            $0.member("id", message.id.description)
            $0.member("status", message.status(at: now).rawValue)
            more(&$0)
        }
    }

    fileprivate mutating func skipped(_ skipped: SkippedRecipient, isWhole: Bool) {
        object {
            $0.member("id", skipped.recipient.id.description)
            guard isWhole else { return }
            $0.member("address", skipped.recipient.mailbox.original)
            $0.member("reason", skipped.reason.rawValue)
            $0.member("detail", skipped.detail)
        }
    }
}
