// ReservedHeader.swift — the header fields that a caller may not set, and what to use instead.

struct ReservedHeader {
    /// The member of a message that says it.
    let member: String?

    private static let byName: [String: ReservedHeader] = [
        // Said by members of their own, which also check them.
        "from": .init(member: "from"), "to": .init(member: "to"), "cc": .init(member: "cc"),
        "bcc": .init(member: "bcc"),
        "reply-to": .init(member: "reply_to"), "subject": .init(member: "subject"),
        "return-path": .init(member: "return_path"), "errors-to": .init(member: "return_path"),
        // Ours: they go into signatures, or make a message what it is.
        "sender": .init(member: "from"), "date": .init(member: nil), "message-id": .init(member: nil),
        "mime-version": .init(member: nil),
        // Written on the way; a sender's own would lie, or, as Delivered-To, look like a mail loop.
        "received": .init(member: nil), "received-spf": .init(member: nil),
        "authentication-results": .init(member: nil),
        "dkim-signature": .init(member: nil), "domainkey-signature": .init(member: nil),
        "delivered-to": .init(member: nil), "x-original-to": .init(member: nil), "envelope-to": .init(member: nil),
        "apparently-to": .init(member: "to"), "bimi-location": .init(member: nil), "bimi-indicator": .init(member: nil),
        // RFC 8689 §5 — asks each host to lower its guard.
        "tls-required": .init(member: "tls"),
    ]

    private static let byPrefix: [(prefix: String, ReservedHeader)] = [
        ("content-", .init(member: "text, html or attachments")), ("resent-", .init(member: nil)),
        ("arc-", .init(member: nil)),
    ]

    /// nil for a name, in lower case, that is free.
    static func reservation(of name: String) -> ReservedHeader? {
        byName[name] ?? byPrefix.first { name.utf8.starts(with: $0.prefix.utf8) }?.1
    }
}
