// OpenConnections.swift — the connections of one server, and a limit to how many there are.

import NIOCore
import Synchronization

/// Shared by the listener's event loop and those of the connections.
final class OpenConnections: Sendable {
    private struct State {
        var channels: [ObjectIdentifier: any Channel] = [:]
        var doorIsClosed = false
    }

    let limit: Int
    private let state = Mutex(State())

    init(limit: Int) { self.limit = limit }

    /// False, and nothing remembered, once the door is closed. The channel is forgotten when it closes.
    func insert(_ channel: any Channel) -> Bool {
        let isOpen = state.withLock { state in
            if !state.doorIsClosed { state.channels[ObjectIdentifier(channel)] = channel }
            return !state.doorIsClosed
        }
        channel.closeFuture.whenComplete { _ in
            self.state.withLock { _ = $0.channels.removeValue(forKey: ObjectIdentifier(channel)) }
        }
        return isOpen
    }

    /// Admits nobody from now on; those that are inside.
    func closeDoor() -> [any Channel] {
        state.withLock { state in
            state.doorIsClosed = true
            return Array(state.channels.values)
        }
    }
}

/// Sits on the listener and lets it accept only while fewer than `limit` connections are open: the others wait in the
/// kernel's backlog.
final class ConnectionLimiter: ChannelDuplexHandler {
    typealias InboundIn = any Channel
    typealias InboundOut = any Channel
    typealias OutboundIn = Never

    private let connections: OpenConnections
    private var open = 0
    private var readIsDue = false

    init(connections: OpenConnections) { self.connections = connections }

    func read(context: ChannelHandlerContext) {
        if open < connections.limit { context.read() } else { readIsDue = true }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        open += 1
        let limiter = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        unwrapInboundIn(data).closeFuture.hop(to: context.eventLoop).whenComplete { _ in
            let (limiter, context) = limiter.value
            limiter.connectionHasClosed(context)
        }
        context.fireChannelRead(data)
    }

    private func connectionHasClosed(_ context: ChannelHandlerContext) {
        open -= 1
        guard readIsDue, open < connections.limit else { return }
        readIsDue = false
        context.read()
    }
}
