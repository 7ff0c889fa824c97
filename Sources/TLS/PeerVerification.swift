// PeerVerification.swift — what a client demands of a server's certificate.

package enum PeerVerification: Sendable {
    /// Nothing: encryption against listeners only, which is all that opportunistic TLS to an MX host can promise
    /// (RFC 7435). Any certificate is better than clear text.
    case none
}
