// SandboxRoutes.swift — /v1/sandbox/messages: what the sandbox has caught.

import API
import HTTP
import JSON
import Sandbox

enum SandboxRoutes {
    static func all(of sandbox: SandboxServer) -> [APIRoute] {
        [
            APIRoute(.get, "/v1/sandbox/messages") { _ in
                .list(sandbox.messages(newestFirst: 200), hasMore: false, nextCursor: nil) { $0.value(of: $1) }
            }
        ]
    }
}

extension JSONWriter {
    mutating func value(of message: CaughtMessage) {
        object {
            $0.member("object", "sandbox_message")
            $0.member("id", "\(message.id)")
        }
    }
}
