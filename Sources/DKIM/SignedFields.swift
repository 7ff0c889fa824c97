// SignedFields.swift — which header fields a signature covers, and their canonical bytes.
//
// Fields that say who wrote what are oversigned: named once more often than they occur, so that adding one breaks the
// signature (RFC 6376 §8.15). Fields that others rightly add on the way (Received, the signatures of lists) are not
// covered at all.

struct SignedFields {
    /// Each name, in lower case, as often as `h=` has it.
    private(set) var names: [String] = []
    /// Each covered field with its CRLF, in the order of `names`.
    private(set) var canonical: [UInt8] = []

    static let oversigned: [String] = [
        "from", "to", "cc", "subject", "date", "reply-to", "message-id", "mime-version", "content-type",
        "content-transfer-encoding", "list-unsubscribe", "list-unsubscribe-post",
    ]
    /// Covered where they occur (RFC 6376 §5.4.1), and Feedback-ID, which Gmail reads only if it is signed.
    static let signedIfPresent: [String] = ["in-reply-to", "references", "list-id", "feedback-id"]

    init(of header: HeaderBlock, in content: UnsafeBufferPointer<UInt8>) {
        canonical.reserveCapacity(header.bodyStart)
        for name in Self.oversigned {
            append(name, of: header, in: content)
            names.append(name)
        }
        for name in Self.signedIfPresent { append(name, of: header, in: content) }
    }

    /// From the bottom up (RFC 6376 §5.4.2): a verifier takes the last one for the first mention.
    private mutating func append(
        _ name: String, of header: HeaderBlock, in content: UnsafeBufferPointer<UInt8>
    ) {
        for field in header.fields.reversed() where Self.isName(content[field.name], name) {
            names.append(name)
            RelaxedHeader.append(name: name.utf8, value: content[field.value], to: &canonical)
            canonical.append(contentsOf: "\r\n".utf8)
        }
    }

    private static func isName(_ bytes: Slice<UnsafeBufferPointer<UInt8>>, _ name: String) -> Bool {
        bytes.count == name.utf8.count && zip(bytes, name.utf8).allSatisfy { $0.lowercased == $1 }
    }
}
