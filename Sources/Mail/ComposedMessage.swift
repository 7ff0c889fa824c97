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
