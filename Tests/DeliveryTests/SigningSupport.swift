// SigningSupport.swift — keys, sending domains and the signatures they must make, for tests of signed delivery.

import Crypto
import DKIM
import Mail
import Queue
import TestSupport

@testable import Delivery

/// A key that a test knows in the clear.
struct TestKey {
    static let senderDomain = Domain(trusted: "sender.test")
    static let senders = SendingDomainName(senderDomain, in: .default)

    let selector: String
    let key: SigningKey

    init(_ selector: String, _ algorithm: SignatureAlgorithm = .ed25519SHA256) {
        (self.selector, key) = (selector, SigningKey.generate(algorithm))
    }

    func row(_ state: DKIMKeyRow.State = .active, in box: SecretBox) -> DKIMKeyRow {
        let purpose = "dkim:sender.test:\(selector)"
        return DKIMKeyRow(
            selector: selector, algorithm: key.algorithm.rawValue, state: state,
            sealedPrivateKey: box.seal(key.pkcs8, for: purpose), publicKey: key.publicKey,
            createdAt: Timestamp(milliseconds: 0))
    }
}

extension SendingDomain {
    /// `sender.test`.
    static func withKeys(_ rows: DKIMKeyRow...) -> SendingDomain {
        SendingDomain(
            name: TestKey.senderDomain, original: "sender.test", createdAt: Timestamp(milliseconds: 0),
            status: .verified,
            keys: rows)
    }
}

extension SecretBox {
    static func ofTests(_ byte: UInt8 = 7) throws -> SecretBox {
        try SecretBox(masterKey: [UInt8](repeating: byte, count: SecretBox.masterKeyByteCount))
    }
}

/// Both algorithms give the same signature each time, so what was sent can be compared with what the keys make.
func signatures(
    by keys: TestKey..., on content: [UInt8], at now: Timestamp, bodyHash: [UInt8]? = nil,
    validity: Duration = .days(7)
) -> [UInt8] {
    DKIMSigner(domain: TestKey.senderDomain, keys: keys.map { DKIMKey(selector: $0.selector, key: $0.key) }).fields(
        for: content, bodyHash: bodyHash, signedAt: now.milliseconds / 1_000,
        expiresAt: (now + validity).milliseconds / 1_000)
}
