// Caller.swift — who asks, as their key says: for which project, and what they may do.

import Queue

/// Whoever a key stands for. The root key, and in dev mode this machine, may do everything in the default project.
package struct Caller: Sendable, Equatable {
    package var project: ProjectID
    package var scopes: Set<Scope>

    /// Of a request that needs no key.
    static let nobody = Caller(project: ProjectID(rawValue: 0), scopes: [])
    package static let root = Caller(project: .default, scopes: Set(Scope.allCases))

    package init(project: ProjectID, scopes: Set<Scope>) { (self.project, self.scopes) = (project, scopes) }
}

/// What a key may be allowed to do.
package enum Scope: String, Sendable, CaseIterable {
    case messagesSend = "messages:send"
    case messagesRead = "messages:read"
    /// The bytes of messages, beside what is known of them.
    case messagesContent = "messages:content"
    case eventsRead = "events:read"
    case webhooks
    case suppressions
    case domains
    case queue
    case keys
    case metrics
}
