// SandboxRoutes.swift — /v1/sandbox/messages: what the sandbox has caught, for people and for an application's tests.

import API
import Events
import Foundation
import HTTP
import HTTPTypes
import JSON
import Mail
import Queue
import Sandbox

/// Each project sees its own mail. What other programs brought to the sandbox is the default project's.
enum SandboxRoutes {
    static func all(of sandbox: SandboxServer, clock: any WallClock) -> [APIRoute] {
        [
            APIRoute(.get, "/v1/sandbox/messages", .scope(.messagesContent), query: Page.parameters) { call in
                var query = call.queryReader
                let page = Page(of: .sandbox, &query)
                try query.finish()
                let found = sandbox.messages(newestFirst: page.limit + 1, before: page.position.map(Int.init)) {
                    $0.belongs(to: call.project)
                }
                return page.answer(found, of: .sandbox, position: { Int64($0.id) }) { $0.value($1) }
            },
            APIRoute(.get, "/v1/sandbox/messages/latest", .scope(.messagesContent), query: ["to"]) { call in
                try await latest(call, of: sandbox, clock: clock)
            },
            APIRoute(.get, "/v1/sandbox/messages/{id}", .scope(.messagesContent)) { call in
                guard let id = call.parameters["id"].flatMap({ Int($0) }), let message = sandbox.message(id),
                    message.belongs(to: call.project)
                else { throw Problem.notFound("message") }
                return .json { $0.value(message) }
            },
            APIRoute(.delete, "/v1/sandbox/messages", .scope(.messagesContent)) { call in
                sandbox.delete { $0.belongs(to: call.project) }
                return HTTPServerResponse(head: HTTPResponse(status: .noContent))
            },
        ]
    }
}

extension CaughtMessage {
    fileprivate var messageOrigin: MessageOrigin? { origin.flatMap { MessageOrigin($0) } }

    fileprivate func belongs(to project: ProjectID) -> Bool { (messageOrigin?.project ?? .default) == project }
}

extension SandboxRoutes {
    /// With a preference to wait, the first that there is or, for who has seen that one already, another.
    private static func latest(
        _ call: APICall, of sandbox: SandboxServer, clock: any WallClock
    ) async throws -> HTTPServerResponse {
        let query = call.queryReader
        try query.finish()
        let fields = call.request.head.headerFields
        let (known, wait) = (KnownTags(fields), WaitPreference(fields))
        let patience = try call.patience(for: wait ?? .none, clock: clock)
        let found = await sandbox.watching({ [bell = patience.bell] in bell.ring() }) {
            while true {
                let found = answer(sandbox.latest(to: query.text("to")) { $0.belongs(to: call.project) }, known)
                if found?.head.status == .ok { return found }
                guard await patience.wait() else { return found }
            }
        }
        try patience.check()
        guard var response = found else { throw Problem.notFound("message") }
        wait?.note(in: &response)
        return response
    }

    private static func answer(_ message: CaughtMessage?, _ known: KnownTags?) -> HTTPServerResponse? {
        guard let message else { return nil }
        let response = HTTPServerResponse.json { $0.value(message) }
        return response.tagged(EntityTag(of: response.bytes ?? []), known: known)
    }
}

extension JSONWriter {
    fileprivate mutating func value(_ message: CaughtMessage) {
        object {
            $0.member("object", "sandbox_message")
            $0.member("id", "\(message.id)")
            $0.member("message_id", message.messageOrigin?.message.description)
            $0.member("received_at", Timestamp(message.receivedAt).rfc3339)
            $0.member("mail_from", message.reversePath.text)
            $0.member("recipients", array: { for mailbox in message.recipients { $0.string("\(mailbox)") } })
            $0.member("tls", message.tls)
            $0.member("size_bytes", message.content.count)
            // As received, but that bytes which are no UTF-8 are replaced: JSON has no others.
            $0.member("raw", String(decoding: message.content, as: UTF8.self))
        }
    }
}

extension Timestamp {
    fileprivate init(_ date: Date) { self.init(milliseconds: Int64(date.timeIntervalSince1970 * 1000)) }
}
