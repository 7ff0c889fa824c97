// DKIMSigner.swift — signs messages for one domain (RFC 6376 §5): the DKIM-Signature fields to put in front of them.
//
// Costs what the keys cost (SigningKey.swift): run it on the signer pool. Without a body hash it reads the whole body.

import Crypto
import Mail

package struct DKIMKey: Sendable {
    /// Letters, digits, hyphens and dots, checked where it was made.
    package let selector: String
    package let key: SigningKey

    package init(selector: String, key: SigningKey) { (self.selector, self.key) = (selector, key) }
}

package struct DKIMSigner: Sendable {
    /// The `d=` tag: the very domain of the From mailbox, so that DMARC aligns strictly too.
    package let domain: Domain
    /// Each makes one signature, in this order.
    package let keys: [DKIMKey]

    package init(domain: Domain, keys: [DKIMKey]) { (self.domain, self.keys) = (domain, keys) }

    /// All DKIM-Signature fields, each with its CRLF, in lines below 78 bytes but for a longer domain or selector. Empty
    /// without keys. The signatures cover the content alone, not each other, so that losing one spoils nothing.
    ///
    /// `bodyHash` is `BodyHash.relaxed` of the content's body, computed here if nil. Both times are seconds since 1970.
    package func fields(
        for content: [UInt8], bodyHash: [UInt8]? = nil, signedAt: Int64, expiresAt: Int64
    ) -> [UInt8] {
        guard !keys.isEmpty else { return [] }
        return content.withUnsafeBufferPointer { content in
            let header = HeaderBlock(of: content)
            let signed = SignedFields(of: header, in: content)
            let hash = bodyHash ?? BodyHash.relaxed(UnsafeBufferPointer(rebasing: content[header.bodyStart...]))
            let tags = CommonTags(
                names: signed.names, bodyHash: Base64.encode(hash), signedAt: signedAt, expiresAt: expiresAt)
            return keys.flatMap { field(by: $0, over: signed.canonical, tags) }
        }
    }

    /// What all signatures of a message say.
    private struct CommonTags {
        let names: [String]
        let bodyHash: String
        let signedAt: Int64
        let expiresAt: Int64
    }

    private func field(by key: DKIMKey, over canonical: [UInt8], _ tags: CommonTags) -> [UInt8] {
        var field = unsigned(by: key, tags)
        // §3.7: the field itself comes last, its `b=` empty, without its line end.
        var input = canonical
        RelaxedHeader.append(name: Self.name.utf8, value: field.bytes[(Self.name.utf8.count + 1)...], to: &input)
        field.fill(Base64.encode(key.key.sign(input)))
        return field.bytes + "\r\n".utf8
    }

    /// Up to and with `b=`.
    private func unsigned(by key: DKIMKey, _ tags: CommonTags) -> FoldedTags {
        var field = FoldedTags(name: Self.name)
        field.append("v=1;")
        field.append("a=\(key.key.algorithm.rawValue);")
        field.append("c=relaxed/relaxed;")
        field.append("d=\(domain.ascii);")
        field.append("s=\(key.selector);")
        field.append("t=\(tags.signedAt);")
        field.append("x=\(tags.expiresAt);")
        field.append("h=")
        for name in tags.names.dropLast() { field.appendGlued(name + ":") }
        field.appendGlued((tags.names.last ?? "") + ";")
        field.append("bh=\(tags.bodyHash);")
        field.appendLine("b=")
        return field
    }

    private static let name = "DKIM-Signature"
}
