// ComposedMessage.swift — the bytes of a whole message, and what a host must know about them.

package struct ComposedMessage: Sendable {
    /// Header, empty line and body; every line, the last one too, ends in CRLF.
    package let bytes: [UInt8]
    /// The index of the body's first byte, behind the empty line; `bytes.count` if the body is empty.
    package let bodyStart: Int
    package let form: ContentForm

    package init(bytes: [UInt8], bodyStart: Int, form: ContentForm) {
        (self.bytes, self.bodyStart, self.form) = (bytes, bodyStart, form)
    }
}

/// What a message asks of a host beyond 7-bit mail.
package struct ContentForm: Hashable, Sendable {
    /// RFC 6152 — must be sent with BODY=8BITMIME.
    package var has8BitBody: Bool
    /// RFC 6531 §3.2 — must be sent with SMTPUTF8, whoever the recipient is.
    package var hasUTF8Header: Bool

    package init(has8BitBody: Bool = false, hasUTF8Header: Bool = false) {
        (self.has8BitBody, self.hasUTF8Header) = (has8BitBody, hasUTF8Header)
    }
}
