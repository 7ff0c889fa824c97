// BounceAddresses.swift — a reverse-path for each recipient, by which a later bounce is matched to it (VERP).
//
// `b-<recipient>-<code>@domain`: the 26 characters of the recipient's id, and 16 that hold 80 bits of an HMAC-SHA-256
// over it, so that nobody can make up the bounce of a message that he has not seen. Both are Crockford's base32 in lower
// case and may come back in any: there are hosts on the way that change it.

import Crypto
import Mail
import Queue

package struct BounceAddresses: Sendable {
    private let domain: Domain
    private let key: [UInt8]

    private static let mark = "b-"
    /// Mark, id, hyphen, code: well below the 64 of RFC 5321 §4.5.3.1.1.
    private static let length = 2 + 26 + 1 + 16

    /// `key` is secret and of no other use. With another key, the addresses made before are nobody's.
    package init(domain: Domain, key: [UInt8]) { (self.domain, self.key) = (domain, key) }

    /// The same for every attempt.
    package func reversePath(for recipient: RecipientID) -> Mailbox {
        Mailbox(localPart: localPart(for: recipient), domain: domain)
    }

    /// Whose bounce it is that comes to `mailbox`; nil if we never made this address.
    package func recipient(of mailbox: Mailbox) -> RecipientID? {
        let text = mailbox.localPart.lowercased()
        guard mailbox.domain == domain, text.utf8.count == Self.length,
            let id = RecipientID("rcp_\(text.dropFirst(Self.mark.utf8.count).prefix(26))"),
            areEqualInConstantTime(Array(text.utf8), Array(localPart(for: id).utf8))
        else { return nil }
        return id
    }

    private func localPart(for recipient: RecipientID) -> String {
        "\(Self.mark)\(recipient.unprefixed)-\(code(for: recipient))".lowercased()
    }

    private func code(for recipient: RecipientID) -> String {
        let bits = HMACSHA256.code(of: recipient.bytes, key: key).prefix(10).reduce(UInt128(0)) {
            $0 << 8 | UInt128($1)
        }
        return Crockford.text(bits, count: 16)
    }
}
