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
        switch try await store.reschedule(messageID(call), in: call.project, times, at: now) {
        case .noSuchMessage: throw Problem.notFound("message")
        case .notScheduled(let status):
            throw Problem(.conflict, "Only a scheduled message can be changed; this one is \(status.rawValue).")
        case .done(let message): return .json { $0.message(message, at: clock.now) }
        }
    }

    /// Asked again of a message that is canceled, it has been done.
    private func cancel(_ call: APICall) async throws -> HTTPServerResponse {
        let choice = try RecipientChoice(call.request)
        let outcome = try await store.cancel(messageID(call), in: call.project, named: choice.named, at: clock.now)
        return try answer(outcome, to: choice, verb: "canceled") { skipped in
            skipped.allSatisfy { $0.recipient.state == .canceled }
        }
    }

    private func retry(_ call: APICall) async throws -> HTTPServerResponse {
        let choice = try RecipientChoice(call.request)
        let outcome = try await store.retry(messageID(call), in: call.project, named: choice.named, at: clock.now)
        return try answer(outcome, to: choice, verb: "tried again") { _ in false }
    }

    private func erase(_ call: APICall) async throws -> HTTPServerResponse {
        switch try await store.eraseContent(of: messageID(call), in: call.project) {
        case .noSuchMessage: throw Problem.notFound("message")
        case .queued(let count):
            let who = count == 1 ? "A recipient is" : "\(count) recipients are"
            throw Problem(.conflict, "\(who) not final: cancel the message first, or wait.")
        case .done(let message): return .json { $0.message(message, at: clock.now) }
        }
    }
}

extension MessageRoutes {
    /// The message with those for whom it could not be done; a conflict if that is everyone, unless it `wasDone` before.
    private func answer(
        _ outcome: ChangeOutcome, to choice: RecipientChoice, verb: String,
        wasDone: ([SkippedRecipient]) -> Bool
    ) throws(Problem) -> HTTPServerResponse {
        switch outcome {
        case .noSuchMessage: throw .notFound("message")
        case .noSuchRecipients(let indices):
            throw .validation(
                indices.map { index in
                    FieldError(
                        pointer: RecipientChoice.pointer(to: index), code: .invalidValue,
                        detail: "The message has no such recipient.", received: choice.named?[index].description)
                })
        case .done(let message, let changed, let skipped):
            guard changed > 0 || wasDone(skipped) else {
                throw Problem(.conflict, "Nobody can be \(verb).", errors: skipped.map(FieldError.init))
            }
            return .json {
                $0.message(message, at: clock.now) {
                    $0.member("skipped", array: { for recipient in skipped { $0.skipped(recipient) } })
                }
            }
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
    /// Why nothing could be done for this one.
    fileprivate init(_ skipped: SkippedRecipient) {
        let code: Code =
            switch skipped.reason {
            case .inTransaction: .inTransaction
            case .alreadyFinal: .alreadyFinal
            case .scheduled: .scheduled
            }
        self.init(
            pointer: "#", code: code, detail: skipped.detail, received: skipped.recipient.mailbox.original)
    }
}

extension JSONWriter {
    fileprivate mutating func skipped(_ skipped: SkippedRecipient) {
        object {
            $0.member("id", skipped.recipient.id.description)
            $0.member("address", skipped.recipient.mailbox.original)
            $0.member("reason", skipped.reason.rawValue)
            $0.member("detail", skipped.detail)
        }
    }
}
