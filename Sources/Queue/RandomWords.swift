// RandomWords.swift — the kernel's random bits for identifiers, fetched 256 bytes at a time.
//
// A message costs five identifiers; a system call for each half of each was one part in a hundred of its whole way.

import Glibc
import Synchronization

final class RandomWords: Sendable {
    static let shared = RandomWords()

    private let words = Mutex<[UInt64]>([])

    /// Two words that nobody else gets.
    func two() -> (UInt64, UInt64) {
        words.withLock { words in
            if words.count < 2 { words = Self.fetch() }
            return (words.removeLast(), words.removeLast())
        }
    }

    private static func fetch() -> [UInt64] {
        // getentropy gives at most 256 bytes, and fails only where there is no such call (Linux before 3.17).
        [UInt64](unsafeUninitializedCapacity: 32) { buffer, count in
            guard getentropy(buffer.baseAddress, 256) == 0 else { fatalError("the kernel gives no random bytes") }
            count = 32
        }
    }
}
