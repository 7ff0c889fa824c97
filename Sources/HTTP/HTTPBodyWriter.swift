// HTTPBodyWriter.swift — where a response's body that comes piece by piece is written.

import NIOCore

/// The client has gone, or did not read for too long.
package struct ClientHasGone: Error {}

/// For the stream that it was given to alone, on its event loop.
package struct HTTPBodyWriter: Sendable {
    let connection: NIOLoopBound<HTTPConnection>

    /// Returns when the kernel has taken the bytes: a client that reads slowly slows its writer down, and no more than one
    /// piece of it waits in memory. Empty bytes are nothing.
    package func write(_ bytes: [UInt8]) async throws(ClientHasGone) {
        guard await connection.value.write(piece: bytes) else { throw ClientHasGone() }
    }
}
