// HTTPLimits.swift — how much, and for how long, the server bears with one client.

import NIOCore

/// Sizes in bytes.
package struct HTTPLimits: Sendable {
    /// Method, target and version; longer is 414.
    package var requestLine = 8 << 10
    /// All header and trailer fields of one request with their line ends; more is 431.
    package var fieldBytes = 64 << 10
    package var fieldCount = 100
    /// Longer is 413, said before the body is read if its length is known.
    package var maxBody = 25 << 20
    /// Chunk extensions say nothing to us: what may be spent on all of one request.
    package var chunkExtensions = 16 << 10
    /// Open connections; further ones wait in the kernel's backlog.
    package var connections = 10_000

    /// All bodies together, while they are read and answered; who would need more gets 503. At least twice `maxBody`.
    package var bodyMemory = 256 << 20
    /// Up to this, a body is read without asking the handler first.
    package static let smallBody = 64 << 10

    package init(maxBody: Int = 25 << 20) { self.maxBody = maxBody }
}

package struct HTTPDeadlines: Sendable {
    /// From the start of a connection to the end of its TLS handshake.
    package var handshake = TimeAmount.seconds(10)
    /// From the first byte of a request to the end of its header.
    package var header = TimeAmount.seconds(10)
    /// A connection on which nothing comes: no request, or no more of one.
    package var idle = TimeAmount.seconds(60)
    /// A body may take this long plus what it needs at `bytesPerSecond`.
    package var bodyGrace = TimeAmount.seconds(10)
    /// So may a response: `write` plus what it needs at `bytesPerSecond`.
    package var write = TimeAmount.seconds(30)
    package var bytesPerSecond: Int64 = 1024
    /// RFC 9112 §9.6 — how long a closing connection still reads, so that no reset destroys our last response.
    package var linger = TimeAmount.seconds(5)

    package init() {}

    func transfer(of count: Int) -> TimeAmount { .nanoseconds(Int64(count) * (1_000_000_000 / bytesPerSecond)) }
}
