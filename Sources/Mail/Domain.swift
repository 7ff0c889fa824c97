// Domain.swift — a mail domain as DNS knows it: A-labels, lower case, no final dot; or an address literal, if asked for.

package struct Domain: Hashable, Sendable, CustomStringConvertible {
    /// Lower-case ASCII: letters, digits, hyphens and dots (RFC 5890 A-labels); at most 253 bytes. Or an address literal in
    /// its brackets.
    package let ascii: String
    package var description: String { ascii }
    /// Whether it is an address literal, such as `[192.0.2.1]`, for which there is nothing to look up.
    package var isLiteral: Bool { ascii.utf8.first == UInt8(ascii: "[") }
    package init(trusted ascii: String) { self.ascii = ascii }

    /// Reads a fully qualified domain name (RFC 5321 §2.3.5), U-labels (UTS 46, nontransitional) or A-labels.
    ///
    /// A final dot is refused, for mail has none. Whether somebody registered an A-label is for DNS to say; one that cannot
    /// be registered, because it encodes nothing, is refused. Address literals (RFC 5321 §4.1.3) are let in only where the caller asks for them.
    package init(parsing text: String, allowingLiterals: Bool = false) throws(AddressError) {
        guard let first = text.utf8.first else { throw .emptyDomain }
        guard first != UInt8(ascii: "[") else {
            guard allowingLiterals else { throw .literal }
            guard let literal = AddressLiteral.canonical(text) else { throw .badLiteral }
            self.init(trusted: literal)
            return
        }
        if text.utf8.allSatisfy({ $0 < 0x80 }) {
            try self.init(lowercasing: text)
            try Self.checkALabels(of: ascii)
        } else {
            try self.init(lowercasing: Self.toASCII(text))
        }
    }

    /// The rules of the preferred name syntax (RFC 1035 §2.3.1, relaxed by RFC 1123 §2.1) and their limits.
    private init(lowercasing text: String) throws(AddressError) {
        var labelStart = 0
        var labels = 1
        var lastIsNumeric = true
        var previous: UInt8 = .dot
        var lowered: [UInt8] = []
        lowered.reserveCapacity(text.utf8.count)
        for byte in text.utf8 {
            switch byte {
            case .dot:
                try Self.checkLabelEnd(length: lowered.count - labelStart, last: previous)
                (labelStart, lastIsNumeric) = (lowered.count + 1, true)
                labels += 1
            case .hyphen:
                guard lowered.count > labelStart else { throw .misplacedHyphen }
                lastIsNumeric = false
            case UInt8(ascii: "0")...UInt8(ascii: "9"): break
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): lastIsNumeric = false
            case 0..<0x20, 0x7F: throw .controlCharacter
            default: throw .forbiddenInDomain
            }
            previous = byte
            lowered.append(byte.asciiLowercased)
        }
        try Self.checkLabelEnd(length: lowered.count - labelStart, last: previous)
        guard lowered.count <= 253 else { throw .domainTooLong }  // RFC 1035 §2.3.4: 255 on the wire
        guard labels > 1 else { throw .singleLabel }
        guard !lastIsNumeric else { throw .numericTopLevel }
        ascii = String(decoding: lowered, as: UTF8.self)
    }

    private static func checkLabelEnd(length: Int, last: UInt8) throws(AddressError) {
        guard length > 0 else { throw .emptyLabel }
        guard length <= 63 else { throw .labelTooLong }
        guard last != .hyphen else { throw .misplacedHyphen }
    }
}
