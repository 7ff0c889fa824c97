// HeaderField.swift — one field of a message header, and its bytes (RFC 5322 §2.2, §3.6).
//
// A value is folded where it has spaces, at 78 bytes where that is possible and below 998 always. What is not plain
// ASCII becomes encoded words (RFC 2047).

package struct HeaderField: Sendable {
    private enum Value: Sendable {
        case unstructured(String)
        case addresses([NamedMailbox])
        /// Short printable ASCII, written as it is.
        case token([UInt8])
    }

    package let name: String
    private let value: Value

    /// A field with free text. Throws for a name that is none (RFC 5322 §3.6.8) and for controls in the value.
    package init(name: String, value: String) throws(HeaderFieldError) {
        let isName = !name.isEmpty && name.utf8.allSatisfy { (0x21...0x7E).contains($0) && $0 != UInt8(ascii: ":") }
        guard isName, name.utf8.count <= LineFolder.limit - 2 else { throw .badName }
        guard !value.containsControls else { throw .controlCharacter }
        self.init(name, .unstructured(value))
    }

    private init(_ name: String, _ value: Value) { (self.name, self.value) = (name, value) }

    /// `name` is one that we know; mailboxes cannot hold controls.
    static func addresses(_ name: String, _ mailboxes: [NamedMailbox]) -> HeaderField {
        HeaderField(name, .addresses(mailboxes))
    }

    /// Both `name` and `token` are known or have been checked.
    static func token(_ name: String, _ token: some Sequence<UInt8>) -> HeaderField {
        HeaderField(name, .token(Array(token)))
    }

    /// Both `name` and `text` are known or have been checked.
    static func unstructured(_ name: String, _ text: String) -> HeaderField { HeaderField(name, .unstructured(text)) }

    /// With its CRLF.
    func append(to bytes: inout [UInt8]) {
        bytes.append(contentsOf: name.utf8)
        bytes.append(UInt8(ascii: ":"))
        var folder = LineFolder(column: name.utf8.count + 1)
        switch value {
        case .unstructured(let text): Self.append(text, to: &bytes, folder: &folder)
        case .addresses(let mailboxes): AddressList.append(mailboxes, to: &bytes, folder: &folder)
        case .token(let token): folder.append(token, to: &bytes)
        }
        folder.breakLine(in: &bytes)
    }

    private static func append(_ text: String, to bytes: inout [UInt8], folder: inout LineFolder) {
        guard !EncodedWord.isNeeded(for: text) else { return EncodedWord.append(text, to: &bytes, folder: &folder) }
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

package enum HeaderFieldError: Error, Hashable, Sendable {
    case badName
    case controlCharacter
}
