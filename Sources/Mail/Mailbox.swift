// Mailbox.swift — one mail address, local-part and domain (RFC 5321 §4.1.2).

package struct Mailbox: Hashable, Sendable, CustomStringConvertible {
    /// As on the wire: a dot-string or a quoted string with its quotes.
    package let localPart: String
    package let domain: Domain
    /// `local@domain` as the caller wrote the domain (a U-label stays one), for showing only.
    package let original: String
    package init(localPart: String, domain: Domain, original: String? = nil) {
        (self.localPart, self.domain) = (localPart, domain)
        self.original = original ?? "\(localPart)@\(domain.ascii)"
    }
    /// As it goes on the wire, without angle brackets.
    package var description: String { "\(localPart)@\(domain.ascii)" }
}

/// The argument of MAIL (RFC 5321 §4.1.2 Reverse-path).
package enum ReversePath: Hashable, Sendable {
    case null
    case mailbox(Mailbox)
}
