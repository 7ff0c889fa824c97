// MessageRoutes+Batch.swift — many messages in one request, each judged by itself: POST /v1/messages/batch.

import HTTP
import HTTPTypes
import JSON
import Queue

extension MessageRoutes {
    var batch: [APIRoute] {
        [
            APIRoute(.post, "/v1/messages/batch", .scope(.messagesSend)) { call in
                await wait.outcome(of: try await once(call) { try await acceptBatch($0, key: $1) }, for: call)
            }
        ]
    }

    /// One commit for all that are right, and one claim of the key for the whole request.
    private func acceptBatch(_ call: APICall, key: IdempotencyKey?) async throws -> HTTPServerResponse {
        let now = clock.now
        let (submissions, answer, claim) = try await besideTheLoop {
            let (submissions, answer) = try composeBatch(call, at: now)
            let claim = key.map { key in
                var fingerprint = RequestFingerprint(of: call)
                fingerprint.add(call.request.body)
                return IdempotencyClaim(key: key.text, fingerprint: fingerprint.digest(), answer: answer)
            }
            return (submissions, answer, claim)
        }
        switch try await store.submit(submissions, by: claim, in: call.project, at: now) {
        case .accepted: return .json(.accepted, body: answer)
        case .replayed(let answer): return .json(.accepted, fields: [.idempotentReplayed: "true"], body: answer)
        case .keyReused: throw Problem.keyReused
        }
    }

    private func composeBatch(
        _ call: APICall, at now: Timestamp
    ) throws(Problem) -> (submissions: [Submission], answer: [UInt8]) {
        var requests = try BatchRequest.messages(in: call.request.json)
        var items: [BatchItem] = []
        items.reserveCapacity(requests.count)
        for index in requests.indices {
            items.append(item(requests[index], at: index, acceptance(of: call, at: now)))
            // What it was read from: with large attachments that is most of what it weighs.
            requests[index] = .null
        }
        let submissions = items.compactMap { if case .message(let submission, _) = $0 { submission } else { nil } }
        try BatchRequest.check(recipients: submissions.reduce(0) { $0 + $1.recipients.count })
        var writer = JSONWriter(reservingCapacity: 1024 * items.count)
        writer.object {
            $0.member("object", "list")
            $0.member("data", array: { for item in items { $0.item(item, at: now, of: call.request) } })
        }
        return (submissions, writer.bytes)
    }

    private func item(_ value: JSONValue, at index: Int, _ acceptance: Acceptance) -> BatchItem {
        let place = "#/\(BatchRequest.Member.messages.rawValue)/\(index)"
        do throws(Problem) {
            let request = try SendRequest(SendBody(members: value), acceptance)
            let submission = try request.submission(store)
            return .message(submission, request.warnings(of: submission, store).map { $0.within(place) })
        } catch {
            return .error(error.within(place))
        }
    }
}

private enum BatchItem {
    case message(Submission, [Warning])
    case error(Problem)
}

/// `{"messages":[…]}`
private enum BatchRequest {
    enum Member: String, CaseIterable { case messages }

    static func messages(in body: JSONValue) throws(Problem) -> [JSONValue] {
        var reader = try BodyReader<Member>(body)
        let messages = reader.array(.messages, of: "messages") ?? []
        if reader[.messages] == nil {
            reader.fail(.messages, .required, "A batch needs a list of messages.")
        } else if reader[.messages] == .array([]) {
            reader.fail(.messages, .required, "A batch needs at least one message.")
        } else if messages.count > SendLimits.batch {
            let detail = "There are \(messages.count) messages; at most \(SendLimits.batch) are allowed."
            reader.fail(.messages, tooMany: messages.count, detail)
        }
        try reader.finish()
        return messages
    }

    static func check(recipients count: Int) throws(Problem) {
        guard count > SendLimits.batchRecipients else { return }
        let detail =
            "The messages have \(count) recipients together; at most \(SendLimits.batchRecipients) are allowed."
        let pointer = BodyPointer(Member.messages.rawValue).description
        throw .validation([FieldError(pointer: pointer, code: .tooMany, detail: detail, received: "\(count)")])
    }
}

extension JSONWriter {
    fileprivate mutating func item(_ item: BatchItem, at now: Timestamp, of request: HTTPServerRequest) {
        object {
            switch item {
            case .message(let submission, let warnings):
                $0.key("message")
                $0.message(StoredMessage(accepted: submission), at: now, warnings: warnings)
            case .error(let problem):
                $0.key("error")
                problem.write(to: &$0, requestID: request.id, instance: nil)
            }
        }
    }
}
