// GatheringHash.swift — SHA-256 of many pieces: short ones are gathered first, long ones are hashed where they stand.

import Crypto

/// Indented HTML comes in pieces of twenty bytes, and a call into OpenSSL costs more than copying those.
struct GatheringHash: ~Copyable {
    private static let capacity = 4096
    /// Longer pieces are not worth copying.
    private static let longestGathered = 512

    private var hasher = SHA256.Hasher()
    private var gathered: [UInt8] = []

    mutating func append(_ piece: UnsafeBufferPointer<UInt8>) {
        if piece.count > Self.longestGathered {
            flush()
            hasher.update(UnsafeRawBufferPointer(piece))
        } else {
            makeRoom(for: piece.count)
            gathered.append(contentsOf: piece)
        }
    }

    mutating func append(_ byte: UInt8) {
        makeRoom(for: 1)
        gathered.append(byte)
    }

    consuming func finalize() -> [UInt8] {
        flush()
        return hasher.finalize()
    }

    private mutating func makeRoom(for count: Int) {
        if gathered.capacity == 0 { gathered.reserveCapacity(Self.capacity) }
        if gathered.count + count > Self.capacity { flush() }
    }

    private mutating func flush() {
        guard !gathered.isEmpty else { return }
        gathered.withUnsafeBytes { hasher.update($0) }
        gathered.removeAll(keepingCapacity: true)
    }
}
