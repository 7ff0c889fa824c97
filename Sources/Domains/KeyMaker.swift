// KeyMaker.swift — makes keys on a thread of its own: an RSA key takes up to half a second of CPU.

import Crypto
import Dispatch
import Mail
import Queue

package struct KeyMaker: Sendable {
    /// One at a time, whoever asks: they must not take the cores from the mail.
    private static let queue = DispatchQueue(label: "postrider.keys", qos: .utility)

    private let secrets: SecretBox
    private let generate: @Sendable (SignatureAlgorithm) -> SigningKey

    /// Seals its keys with `secrets`. `generate` is there for tests, which need hundreds.
    package init(
        secrets: SecretBox, generate: @escaping @Sendable (SignatureAlgorithm) -> SigningKey = SigningKey.generate
    ) {
        (self.secrets, self.generate) = (secrets, generate)
    }

    func keys(_ algorithms: [SignatureAlgorithm]) async -> [SigningKey] {
        await withCheckedContinuation { continuation in
            Self.queue.async { continuation.resume(returning: algorithms.map(generate)) }
        }
    }

    /// The key under a selector that is not used yet, its private part sealed.
    func add(_ key: SigningKey, to keys: inout [DKIMKeyRow], of domain: Domain, at now: Timestamp) {
        let selector = Selector.unused(for: key.algorithm, at: now, among: keys)
        let sealed = secrets.seal(key.pkcs8, for: DKIMKeyRow.sealingPurpose(domain: domain, selector: selector))
        keys.append(
            DKIMKeyRow(
                selector: selector, algorithm: key.algorithm.rawValue, sealedPrivateKey: sealed,
                publicKey: key.publicKey, createdAt: now))
    }
}
