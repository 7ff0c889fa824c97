// BodyMemory.swift — what the request bodies of all connections together may take in memory, and one connection's share.

import Synchronization

/// Counts the bytes of bodies that are being read or answered; what a handler makes of them is not counted. The last
/// eighth is kept for small bodies, so that a few large ones do not silence a service.
final class BodyMemory: Sendable {
    private let limit: Int
    private let held = Atomic(0)

    init(limit: Int) { self.limit = limit }

    /// False, and nothing taken, if a body that has grown to `size` cannot have `count` more.
    func take(_ count: Int, forBodyOf size: Int) -> Bool {
        let limit = size > HTTPLimits.smallBody ? limit - limit / 8 : limit
        var current = held.load(ordering: .relaxed)
        while count <= limit - current {
            let (exchanged, found) = held.compareExchange(
                expected: current, desired: current + count, ordering: .relaxed)
            if exchanged { return true }
            current = found
        }
        return false
    }

    func giveBack(_ count: Int) {
        // Requests without a body leave alone what all cores share.
        if count > 0 { held.subtract(count, ordering: .relaxed) }
    }
}

/// Of the body that a connection is reading. Whoever takes the body takes its share with it.
struct BodyShare {
    private let memory: BodyMemory
    private var size = 0

    init(of memory: BodyMemory) { self.memory = memory }

    /// More than a small body: whoever sends it has been asked for a key.
    var isLarge: Bool { size > HTTPLimits.smallBody }

    /// Before so much of the body is kept.
    mutating func grow(to count: Int) throws(HTTPViolation) {
        guard count > size else { return }
        guard memory.take(count - size, forBodyOf: count) else { throw .memoryFull }
        size = count
    }

    /// How much the caller has to give back.
    mutating func handOver() -> Int {
        defer { size = 0 }
        return size
    }

    mutating func release() { memory.giveBack(handOver()) }
}

extension HTTPViolation {
    fileprivate static let memoryFull = HTTPViolation(
        status: 503, detail: "Too many bodies are being received at this moment.", retryAfter: 1)
}
