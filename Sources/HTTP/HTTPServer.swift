// HTTPServer.swift — listens, limits how many connections are open, and drains them at the end.

import NIOCore
import NIOPosix
import TLS

package final class HTTPServer: Sendable {
    private let listener: any Channel
    private let connections: OpenConnections

    private init(listener: any Channel, connections: OpenConnections) {
        (self.listener, self.connections) = (listener, connections)
    }

    /// Accepts from now on. `host` is an address or a name; port 0 lets the system choose. The group is the caller's
    /// and must outlive the server.
    package static func bind(
        host: String, port: Int, group: any EventLoopGroup, configuration: Configuration = Configuration(),
        handler: any HTTPHandler
    ) async throws -> HTTPServer {
        let service = HTTPConnection.Service(handler: handler, configuration)
        let connections = OpenConnections(limit: configuration.limits.connections)
        let listener = try await ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: 1024)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            // One connection per read of the listener, so that the limit is kept exactly.
            .serverChannelOption(.maxMessagesPerRead, value: 1)
            .serverChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    // Without descriptors (EMFILE) it waits a second instead of trying in a loop.
                    try channel.pipeline.syncOperations.addHandler(AcceptBackoffHandler())
                    try channel.pipeline.syncOperations.addHandler(ConnectionLimiter(connections: connections))
                }
            }
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .childChannelOption(.autoRead, value: false)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    if let identity = configuration.identity {
                        try channel.pipeline.syncOperations.addHandler(TLSDoor(identity))
                    }
                    let connection = HTTPConnection(service: service, eventLoop: channel.eventLoop)
                    try channel.pipeline.syncOperations.addHandler(connection)
                    if !connections.insert(channel) { channel.close(promise: nil) }
                }
            }
            .bind(host: host, port: port).get()
        return HTTPServer(listener: listener, connections: connections)
    }

    package struct Configuration: Sendable {
        package var limits = HTTPLimits()
        package var deadlines = HTTPDeadlines()
        /// With one, the server speaks HTTPS, and nothing else.
        package var identity: ServerIdentity?
        package init() {}
    }

    /// With the port that the system chose, if it did.
    package var localAddress: SocketAddress? { listener.localAddress }
    package var port: Int { listener.localAddress?.port ?? 0 }

    /// Stops accepting, closes idle connections, lets the others finish what they have begun, and closes what is still
    /// open after `limit`. Returns when every connection is closed.
    package func drain(within limit: Duration) async {
        try? await listener.close()  // Fails only if it is closed already.
        let open = connections.closeDoor()
        for channel in open { channel.pipeline.fireUserInboundEventTriggered(HTTPConnection.Drain()) }
        let cutoff = Task {
            try await Task.sleep(for: limit)
            for channel in open { channel.close(promise: nil) }
        }
        for channel in open { try? await channel.closeFuture.get() }
        cutoff.cancel()
    }
}
