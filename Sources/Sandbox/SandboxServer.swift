// SandboxServer.swift — a mail server on loopback that catches everything: real SMTP, and nothing ever goes out.

import Mail
import NIOCore
import SMTP

package final class SandboxServer: Sendable {
    /// Where it listens, with the port that was picked.
    package var address: SocketAddress { server.address }

    /// Made anew for each start: other programs of this machine reach the port too, and must not pass for a project. It goes
    /// before the origin, with a full stop between.
    package let token: String

    private let server: SMTPServer
    private let store: SandboxStore

    private init(_ server: SMTPServer, _ store: SandboxStore, token: String) {
        (self.server, self.store, self.token) = (server, store, token)
    }

    /// `address` should be loopback: the sandbox asks nobody who they are.
    package static func start(
        at address: SocketAddress, on group: any EventLoopGroup,
        settings: SMTPServerSettings = SMTPServerSettings(name: "sandbox.postrider.test")
    ) async throws -> SandboxServer {
        let store = SandboxStore()
        let token = (0..<4).map { _ in String(UInt32.random(in: .min ... .max), radix: 16) }.joined()
        var settings = settings
        settings.offersOrigin = true
        let server = try await SMTPServer.start(
            at: address, on: group, settings: settings, behaviour: behaviour(over: store, token: token))
        return SandboxServer(server, store, token: token)
    }

    package func stop() async { await server.stop() }

    /// `before` is the id of the last message of the page before.
    package func messages(
        newestFirst count: Int, before id: Int? = nil, where matches: (CaughtMessage) -> Bool = { _ in true }
    ) -> [CaughtMessage] {
        store.messages(newestFirst: count, before: id, where: matches)
    }

    package func message(_ id: Int) -> CaughtMessage? { store.first { $0.id == id } }

    /// The newest message to this address, in upper or lower case; nil: to any.
    package func latest(
        to address: String?, where matches: (CaughtMessage) -> Bool = { _ in true }
    ) -> CaughtMessage? {
        guard let wanted = address?.lowercased() else { return store.first(where: matches) }
        return store.first { matches($0) && $0.recipients.contains { $0.description.lowercased() == wanted } }
    }

    package func delete(where matches: (CaughtMessage) -> Bool) { store.delete(where: matches) }

    /// Runs `wait` between calls of `action`, which come after each message that is caught.
    package func watching<Value>(
        _ action: @escaping @Sendable () -> Void, while wait: () async throws -> Value
    ) async rethrows -> Value {
        let watcher = store.watch(action)
        defer { store.endWatch(watcher) }
        return try await wait()
    }

    private static func behaviour(over store: SandboxStore, token: String) -> SMTPServerBehaviour {
        SMTPServerBehaviour(
            recipient: { mailbox in
                switch SandboxBehaviour(mailbox) {
                case .accepts, .isSlow, .disconnects: Reply(250, "2.1.5 Ok")
                case .refuses(let reply): reply
                }
            },
            message: { message in
                var message = message
                message.origin = origin(message.origin, token: token)
                return await receive(message, store)
            })
    }

    /// What follows the token; nil without it.
    private static func origin(_ word: String?, token: String) -> String? {
        guard let word, word.hasPrefix(token + ".") else { return nil }
        return String(word.dropFirst(token.count + 1))
    }

    private static func receive(
        _ message: ReceivedMessage, _ store: SandboxStore
    ) async -> SMTPServerBehaviour.ContentAnswer {
        for behaviour in Set(message.forwardPaths.map(SandboxBehaviour.init)) {
            switch behaviour {
            case .accepts, .refuses: break
            case .disconnects: if store.isFirstSight(of: message) { return .disconnect }
            // Cut short only when the whole program ends.
            case .isSlow(let seconds): try? await Task.sleep(for: .seconds(seconds))
            }
        }
        store.insert(message)
        return .reply(Reply(250, "2.0.0 Caught"))
    }
}
