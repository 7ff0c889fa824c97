// Domain.swift — a mail domain as DNS knows it: A-labels, lower case, no final dot.

package struct Domain: Hashable, Sendable, CustomStringConvertible {
    /// Lower-case ASCII: letters, digits, hyphens and dots (RFC 5890 A-labels); at most 253 bytes.
    package let ascii: String
    package var description: String { ascii }
    package init(trusted ascii: String) { self.ascii = ascii }
}
