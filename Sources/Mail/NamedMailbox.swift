// NamedMailbox.swift — a mailbox with the name that people see beside it (RFC 5322 §3.4 name-addr).

package struct NamedMailbox: Hashable, Sendable, CustomStringConvertible {
    /// Unquoted; never empty, never with control characters.
    package let displayName: String?
    package let mailbox: Mailbox

    /// An empty or blank name is none.
    package init(displayName: String? = nil, mailbox: Mailbox) throws(AddressError) {
        let name = displayName?.trimmingSpaces
        guard name?.containsControls != true else { throw .controlCharacter }
        guard name?.overridesDirection != true else { throw .directionOverride }
        (self.displayName, self.mailbox) = (name?.isEmpty == true ? nil : name, mailbox)
    }

    /// Reads `a@b`, `<a@b>`, `Name <a@b>` or `"Name, X" <a@b>`. Encoded words are not decoded: callers speak Unicode.
    package init(parsing text: String, allowingLiterals: Bool = false) throws(AddressError) {
        guard !text.containsControls else { throw .controlCharacter }
        let text = text.trimmingSpaces
        if text.utf8.first != .quote {
            let isList = text.utf8.contains(UInt8(ascii: ",")) && text.utf8.count(where: { $0 == .at }) > 1
            guard !isList else { throw .severalAddresses }
            guard text.utf8.contains(.less) == text.utf8.contains(.greater) else { throw .badAngleBrackets }
        }
        guard text.utf8.last == .greater else {
            try self.init(mailbox: Mailbox(parsing: text, allowingLiterals: allowingLiterals))
            return
        }
        let bytes = Array(text.utf8)
        let (name, start) = try Self.displayName(of: bytes)
        let address = String(decoding: bytes[(start + 1)..<(bytes.count - 1)], as: UTF8.self)
        let mailbox = try Mailbox(parsing: address, allowingLiterals: allowingLiterals)
        try self.init(displayName: String(decoding: name, as: UTF8.self), mailbox: mailbox)
    }

    /// The name without quotes, and the index of the angle bracket behind it.
    private static func displayName(of bytes: [UInt8]) throws(AddressError) -> (name: [UInt8], bracket: Int) {
        guard bytes.first == .quote else {
            guard let bracket = bytes.firstIndex(of: .less) else { throw .badAngleBrackets }
            // RFC 5322 asks for quotes around every special; these are the ones that could hide a second address.
            guard !bytes[..<bracket].contains(where: { ",;\"\\>".utf8.contains($0) }) else { throw .badDisplayName }
            return (Array(bytes[..<bracket]), bracket)
        }
        guard let end = QuotedString.end(in: bytes[...]) else { throw .unclosedQuotes }
        guard let bracket = bytes[end...].firstIndex(where: { $0 != .space }), bytes[bracket] == .less else {
            // The quotes may belong to a bare mailbox in odd company; either way it is not a name-addr.
            throw .badAngleBrackets
        }
        guard let name = QuotedString.unescaping(bytes[1..<(end - 1)]) else { throw .badDisplayName }
        return (name, bracket)
    }

    /// For showing: `Name <a@b>` with the domain as the caller wrote it, quoted where a reader could misread the name.
    package var description: String {
        guard let displayName else { return mailbox.original }
        let isPlain = displayName.utf8.allSatisfy { $0 >= 0x80 || $0 == .space || $0.isAtext }
        let name = isPlain ? displayName : String(decoding: QuotedString.quoting(displayName.utf8), as: UTF8.self)
        return "\(name) <\(mailbox.original)>"
    }

    package static func == (left: NamedMailbox, right: NamedMailbox) -> Bool {
        left.mailbox == right.mailbox
            && (left.displayName ?? "").utf8.elementsEqual((right.displayName ?? "").utf8)
    }
}
