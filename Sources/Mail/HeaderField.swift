// HeaderField.swift — one field of a message header, and its bytes (RFC 5322 §2.2, §3.6).
//
// A value is folded where it has spaces, at 78 bytes where that is possible and below 998 always. What is not plain
// ASCII becomes encoded words (RFC 2047) where a field's grammar has room for them.

package struct HeaderField: Sendable {
    private enum Value: Sendable {
        case unstructured(String)
        /// ASCII that means something to programs: folded, never encoded.
        case structured(String)
        case addresses([NamedMailbox])
        /// Printable ASCII, each written as it is, with a space or a fold between.
        case tokens([[UInt8]])
    }

    package let name: String
    private let value: Value

    private init(_ name: String, _ value: Value) { (self.name, self.value) = (name, value) }

    /// `name` is one that we know; mailboxes cannot hold controls.
    static func addresses(_ name: String, _ mailboxes: [NamedMailbox]) -> HeaderField {
        HeaderField(name, .addresses(mailboxes))
    }

    /// Both `name` and `token` are known or have been checked.
    static func token(_ name: String, _ token: some Sequence<UInt8>) -> HeaderField {
        HeaderField(name, .tokens([Array(token)]))
    }

    /// Both `name` and `tokens` are known or have been checked.
    static func tokens(_ name: String, _ tokens: [[UInt8]]) -> HeaderField { HeaderField(name, .tokens(tokens)) }

    /// Both `name` and `text` are known or have been checked.
    static func unstructured(_ name: String, _ text: String) -> HeaderField { HeaderField(name, .unstructured(text)) }

    /// Both `name` and `text` are known or have been checked.
    static func structured(_ name: String, _ text: String) -> HeaderField { HeaderField(name, .structured(text)) }

    /// What a caller said, of a field that a caller made.
    var text: String? {
        switch value {
        case .unstructured(let text), .structured(let text): text
        case .addresses, .tokens: nil
        }
    }

    func isNamed(_ lowered: String) -> Bool { name.utf8.lazy.map(\.asciiLowercased).elementsEqual(lowered.utf8) }

    /// With its CRLF.
    func append(to bytes: inout [UInt8]) {
        bytes.append(contentsOf: name.utf8)
        bytes.append(UInt8(ascii: ":"))
        var folder = LineFolder(column: name.utf8.count + 1)
        switch value {
        case .unstructured(let text) where EncodedWord.isNeeded(for: text):
            EncodedWord.append(text, to: &bytes, folder: &folder)
        case .unstructured(let text), .structured(let text): Self.append(text, to: &bytes, folder: &folder)
        case .addresses(let mailboxes): AddressList.append(mailboxes, to: &bytes, folder: &folder)
        case .tokens(let tokens): for token in tokens { folder.append(token, to: &bytes) }
        }
        folder.breakLine(in: &bytes)
    }

    private static func append(_ text: String, to bytes: inout [UInt8], folder: inout LineFolder) {
        let text = Array(text.utf8)
        var start = 0
        while start < text.count {
            let word = text[start...].firstIndex { $0 != .space } ?? text.count
            let end = text[word...].firstIndex(of: .space) ?? text.count
            folder.append(text[word..<end], after: word - start + (start == 0 ? 1 : 0), to: &bytes)
            start = end
        }
    }
}
