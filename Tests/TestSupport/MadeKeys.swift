// MadeKeys.swift — keys made once and given out in turn: one for each domain of each test would take a minute of CPU.

import Crypto
import Synchronization

package enum MadeKeys {
    private static let rsa = (0..<4).map { _ in SigningKey.generate(.rsaSHA256) }
    private static let turn = Atomic(0)

    /// Another one than the last three times.
    package static func next(_ algorithm: SignatureAlgorithm) -> SigningKey {
        switch algorithm {
        case .rsaSHA256: rsa[turn.wrappingAdd(1, ordering: .relaxed).newValue % rsa.count]
        case .ed25519SHA256: SigningKey.generate(.ed25519SHA256)
        }
    }
}
