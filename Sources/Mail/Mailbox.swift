// Mailbox.swift — one mail address, local-part and domain (RFC 5321 §4.1.2).
//
// Comments, folding and white space around the parts belong to message headers (RFC 5322), not to an envelope, and are
// refused. A local-part's meaning is its host's alone: only quotes that change nothing are taken off.

package struct Mailbox: Sendable, CustomStringConvertible {
    /// As on the wire: a dot-string, or a quoted string with its quotes where it needs them. Case is kept.
    package let localPart: String
    package let domain: Domain
    /// `local@domain` as the caller wrote it, with U-labels if it had some, for showing only.
    package let original: String
    package init(localPart: String, domain: Domain, original: String? = nil) {
        (self.localPart, self.domain) = (localPart, domain)
        self.original = original ?? "\(localPart)@\(domain.ascii)"
    }
    /// As it goes on the wire, without angle brackets.
    package var description: String { "\(localPart)@\(domain.ascii)" }
    /// RFC 6531 §3.2 — the next hop must offer SMTPUTF8 for it. (An internationalised domain alone travels as A-labels.)
    package var needsSMTPUTF8: Bool { !localPart.utf8.allSatisfy { $0 < 0x80 } }

    /// An address literal in place of a domain is let in only where the caller asks for it.
    package init(parsing text: String, allowingLiterals: Bool = false) throws(AddressError) {
        guard !text.isEmpty else { throw .empty }
        guard !text.containsControls else { throw .controlCharacter }
        let bytes = Array(text.utf8)
        let end = try Self.endOfLocalPart(bytes)
        guard end < bytes.count, bytes[end] == .at else {
            throw bytes.contains(.at) ? .forbiddenInLocalPart : .noAtSign
        }
        guard end > 0 else { throw .emptyLocalPart }
        guard end <= 64 else { throw .localPartTooLong }  // RFC 5321 §4.5.3.1.1
        let localPart = try Self.canonicalLocalPart(bytes[..<end])
        guard !localPart.containsInvisibles else { throw .invisibleCharacter }
        let domainBytes = bytes[(end + 1)...]
        let domain = try Domain(
            parsing: String(decoding: domainBytes, as: UTF8.self), allowingLiterals: allowingLiterals)
        // A U-label is shown as DNS has it: what was written may hold what the mapping drops, and nobody sees.
        let isASCII = domainBytes.allSatisfy { $0 < 0x80 }
        let shown = isASCII ? text : String(decoding: bytes[...end], as: UTF8.self) + domain.unicode
        self.init(localPart: localPart, domain: domain, original: shown)
        guard description.utf8.count <= 254 else { throw .addressTooLong }  // RFC 5321 §4.5.3.1.3, less the brackets
    }

    /// The index behind the local-part: of the first @ that is not quoted, or of what cannot belong to it.
    private static func endOfLocalPart(_ bytes: [UInt8]) throws(AddressError) -> Int {
        guard bytes.first == .quote else { return bytes.firstIndex { $0 != .dot && !$0.isAtextOrUTF8 } ?? bytes.count }
        guard let end = QuotedString.end(in: bytes[...]) else { throw .unclosedQuotes }
        return end
    }

    private static func canonicalLocalPart(_ raw: ArraySlice<UInt8>) throws(AddressError) -> String {
        guard raw.first == .quote else {
            guard isDotString(raw) else { throw .misplacedDot }
            return String(decoding: raw, as: UTF8.self)
        }
        let content = try unquoted(raw.dropFirst().dropLast())
        // RFC 5321 §4.1.2 — the quoted and the plain form are the same mailbox, and the plain one is to be preferred.
        if isDotString(content[...]) { return String(decoding: content, as: UTF8.self) }
        return String(decoding: QuotedString.quoting(content), as: UTF8.self)
    }

    private static func isDotString(_ bytes: ArraySlice<UInt8>) -> Bool {
        bytes.consistsOfWords(of: \.isAtextOrUTF8, separatedBy: .dot)
    }

    private static func unquoted(_ bytes: ArraySlice<UInt8>) throws(AddressError) -> [UInt8] {
        guard let content = QuotedString.unescaping(bytes) else { throw .badQuotedString }
        return content
    }
}

/// By what goes on the wire, byte for byte: `String`'s own equality would merge different Unicode forms.
extension Mailbox: Hashable {
    package static func == (left: Mailbox, right: Mailbox) -> Bool {
        left.localPart.utf8.elementsEqual(right.localPart.utf8) && left.domain == right.domain
    }

    package func hash(into hasher: inout Hasher) {
        for byte in localPart.utf8 { hasher.combine(byte) }
        hasher.combine(domain)
    }
}

/// The argument of MAIL (RFC 5321 §4.1.2 Reverse-path).
package enum ReversePath: Hashable, Sendable {
    case null
    case mailbox(Mailbox)

    /// What stands between its angle brackets: nothing, for the null one.
    package var text: String {
        switch self {
        case .null: ""
        case .mailbox(let mailbox): mailbox.description
        }
    }
}

extension UInt8 {
    /// RFC 6531 §3.3 — atext, and any byte of a UTF-8 sequence.
    fileprivate var isAtextOrUTF8: Bool { self >= 0x80 || isAtext }
}
