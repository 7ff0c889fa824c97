// WebhookSignature.swift — secrets and signatures as Standard Webhooks 1.0 has them.
//
// https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md

import Crypto

/// An endpoint's symmetric key.
package struct WebhookSecret: Hashable, Sendable {
    private static let prefix = "whsec_"

    package let key: [UInt8]

    /// 32 fresh random bytes.
    package init() { key = .random(count: 32) }

    /// Reads `whsec_` and the base64 of 24 to 64 bytes, the lengths the standard allows.
    package init?(_ text: String) {
        guard text.hasPrefix(Self.prefix), let key = Base64.decode(String(text.dropFirst(Self.prefix.count))),
            (24...64).contains(key.count)
        else { return nil }
        self.key = key
    }

    /// As its owner sees it, once.
    package var text: String { Self.prefix + Base64.encode(key) }
}

package enum WebhookSignature {
    /// The value of `webhook-signature`: one `v1,…` for each secret (two while a rotation lasts), a blank between them.
    /// - Parameter timestamp: seconds since 1970, the same as in `webhook-timestamp`.
    package static func headerValue(id: String, timestamp: Int64, body: [UInt8], secrets: [WebhookSecret]) -> String {
        let signed = Array("\(id).\(timestamp).".utf8) + body
        return secrets.map { "v1," + Base64.encode(HMACSHA256.code(of: signed, key: $0.key)) }.joined(separator: " ")
    }
}
