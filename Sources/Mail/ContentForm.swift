// ContentForm.swift — what the bytes of a message ask of the server that takes them.

package struct ContentForm: Hashable, Sendable {
    /// Some byte of the body is not ASCII: the next hop must offer 8BITMIME (RFC 6152). The header fields of its parts count
    /// as body: by RFC 6532 §3.7 UTF-8 in them asks for SMTPUTF8, but old programs write their filenames so, hosts carry
    /// the body as it is, and to ask would bounce what arrives everywhere.
    package var has8BitBody: Bool
    /// Some byte of the header is not ASCII: the next hop must offer SMTPUTF8 (RFC 6531 §3.2).
    package var hasUTF8Header: Bool

    package init(has8BitBody: Bool = false, hasUTF8Header: Bool = false) {
        (self.has8BitBody, self.hasUTF8Header) = (has8BitBody, hasUTF8Header)
    }
}
