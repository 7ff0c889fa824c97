// SMTPServer.swift — listens, and gives each connection a server session.

import NIOCore
import NIOPosix
import Synchronization

package final class SMTPServer: Sendable {
    /// As bound: with the port that was picked for port 0.
    package let address: SocketAddress
    private let listener: any Channel
    private let connections: Connections

    private init(_ listener: any Channel, _ address: SocketAddress, _ connections: Connections) {
        (self.listener, self.address, self.connections) = (listener, address, connections)
    }

    package static func start(
        at address: SocketAddress, on group: any EventLoopGroup, settings: SMTPServerSettings,
        behaviour: SMTPServerBehaviour
    ) async throws -> SMTPServer {
        let connections = Connections()
        let listener = try await ServerBootstrap(group: group)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .serverChannelOption(.backlog, value: 1_024)
            .childChannelOption(.autoRead, value: false)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelInitializer { channel in
                connections.insert(channel)
                Task { await SMTPServerSession(channel, settings: settings, behaviour: behaviour).run() }
                return channel.eventLoop.makeSucceededVoidFuture()
            }
            .bind(to: address).get()
        return SMTPServer(listener, listener.localAddress ?? address, connections)
    }

    /// Stops listening and closes every connection, whatever it is doing.
    package func stop() async {
        try? await listener.close()
        for channel in connections.all() { try? await channel.close() }
    }

    private final class Connections: Sendable {
        private let channels = Mutex<[ObjectIdentifier: any Channel]>([:])

        func insert(_ channel: any Channel) {
            let id = ObjectIdentifier(channel)
            channels.withLock { $0[id] = channel }
            channel.closeFuture.whenComplete { _ in self.channels.withLock { $0[id] = nil } }
        }

        func all() -> [any Channel] { channels.withLock { Array($0.values) } }
    }
}
