// SignedMessage.swift — the keys and messages that the tests of the signer share.

import Crypto
import DKIM
import Mail

enum Keys {
    /// Made once: an RSA key takes its time.
    static let rsa = DKIMKey(selector: "r1", key: .generate(.rsaSHA256))
    static let ed25519 = DKIMKey(selector: "e1", key: .generate(.ed25519SHA256))
    static let both = [rsa, ed25519]

    static let domain = Domain(trusted: "acme.example")

    /// By the names of their records, read from what is published.
    static func published(_ keys: [DKIMKey] = both, for domain: Domain = domain) throws -> [String: VerifyingKey] {
        var published: [String: VerifyingKey] = [:]
        for key in keys {
            let record = try DKIMRecord(parsing: Array(DKIMRecord(for: key.key).text.utf8))
            let name = DKIMRecord.name(selector: key.selector, domain: domain)
            published[name] = VerifyingKey(record.algorithm, record.publicKey)
        }
        return published
    }
}

/// One of each field that is oversigned, some that are covered if present, one that is not covered.
let wholeHeader = [
    "Date: Wed, 25 Nov 2026 15:00:00 +0000", "From: Acme <hello@acme.example>",
    "To: bob@example.net,\r\n carol@example.net",
    "Cc: dave@example.net", "Reply-To: help@acme.example", "Message-ID: <1@acme.example>",
    "Subject: Is  dinner\r\n\tready? ",
    "MIME-Version: 1.0", "Content-Type: text/plain;\r\n charset=utf-8", "Content-Transfer-Encoding: 8bit",
    "List-Unsubscribe: <https://acme.example/u>", "List-Unsubscribe-Post: List-Unsubscribe=One-Click",
    "In-Reply-To: <0@acme.example>", "Feedback-ID: a:b:c:acme", "X-Mailer: none",
]

func message(_ fields: [String] = wholeHeader, body: String = "Hi.\r\n\r\nWe lost the game.\r\n") -> [UInt8] {
    Array((fields.map { $0 + "\r\n" }.joined() + "\r\n" + body).utf8)
}

func signatures(
    of content: [UInt8], keys: [DKIMKey] = Keys.both, domain: Domain = Keys.domain, bodyHash: [UInt8]? = nil
) -> [UInt8] {
    DKIMSigner(domain: domain, keys: keys)
        .fields(for: content, bodyHash: bodyHash, signedAt: 1_790_000_000, expiresAt: 1_790_604_800)
}

/// What becomes of the message's signatures after a change on the way.
func verdicts(
    on content: [UInt8] = message(), changed: (inout [UInt8]) -> Void = { _ in }
) throws -> [Verifier.Verdict] {
    var received = signatures(of: content) + content
    changed(&received)
    return try Verifier(received).verdicts(Keys.published())
}

extension [UInt8] {
    /// Replaces the first occurrence; leaves a mark that no test expects if there is none.
    mutating func replace(_ old: String, by new: String) {
        let text = String(latin1: self)
        guard let range = text.range(of: old) else { return self = [] }
        self = text.replacingCharacters(in: range, with: new).latin1
    }
}
