// HeaderMailbox.swift — reads the one mailbox of a From field as headers write it (RFC 5322 §3.4).
//
// Comments and folding white space around the parts are skipped, encoded words of the name decoded; those in the
// address mean nothing and are left alone (RFC 2047 §5). Forms that programs read differently are refused: routes,
// white space inside the address, an address as an unquoted name.

struct HeaderMailbox {
    private let bytes: [UInt8]
    private var index = 0
    private var name = Phrase()
    private let allowsLiterals: Bool

    /// Comments inside comments; none that mean well have more.
    private static let deepestComment = 16

    /// `value` is unfolded and valid UTF-8.
    static func parse(_ value: [UInt8], allowingLiterals: Bool) throws(RawMessageError) -> NamedMailbox {
        var reader = HeaderMailbox(bytes: value, allowsLiterals: allowingLiterals)
        return try reader.mailbox()
    }

    private init(bytes: [UInt8], allowsLiterals: Bool) {
        (self.bytes, self.allowsLiterals) = (bytes, allowsLiterals)
    }

    private mutating func mailbox() throws(RawMessageError) -> NamedMailbox {
        let address = try phraseAndAddress()
        try skipComments()
        guard index == bytes.count else { throw bytes[index] == UInt8(ascii: ",") ? .severalFrom : .malformedFrom }
        do throws(AddressError) {
            let mailbox = try Mailbox(
                parsing: String(decoding: address, as: UTF8.self), allowingLiterals: allowsLiterals)
            return try NamedMailbox(displayName: name.shown, mailbox: mailbox)
        } catch {
            throw .badFrom(error)
        }
    }

    /// Takes the words of the name, and the address behind them.
    private mutating func phraseAndAddress() throws(RawMessageError) -> ArraySlice<UInt8> {
        while true {
            try skipComments()
            guard index < bytes.count else { throw .malformedFrom }
            let start = index
            switch bytes[index] {
            case .less: return try bracketedAddress()
            case UInt8(ascii: ","), UInt8(ascii: ";"), UInt8(ascii: ":"): throw .severalFrom
            case .quote:
                guard let end = QuotedString.end(in: bytes[start...]) else { throw .malformedFrom }
                index = end
            default:
                index = bytes[start...].firstIndex { !$0.isPhrase } ?? bytes.count
                guard index > start else { throw .malformedFrom }
            }
            if index < bytes.count, bytes[index] == .at {
                guard name.isEmpty else { throw .malformedFrom }
                index = start
                return try address()
            }
            guard name.append(bytes[start..<index]) else { throw .malformedFrom }
        }
    }

    private mutating func bracketedAddress() throws(RawMessageError) -> ArraySlice<UInt8> {
        index += 1
        try skipComments()
        let address = try address()
        try skipComments()
        guard index < bytes.count, bytes[index] == .greater else { throw .malformedFrom }
        index += 1
        return address
    }

    /// Up to white space or whatever cannot stand in an address outside quotes.
    private mutating func address() throws(RawMessageError) -> ArraySlice<UInt8> {
        let start = index
        if index < bytes.count, bytes[index] == .quote {
            guard let end = QuotedString.end(in: bytes[index...]) else { throw .malformedFrom }
            index = end
        }
        index = bytes[index...].firstIndex { $0.isSpaceOrTab || "(),;<>".utf8.contains($0) } ?? bytes.count
        return bytes[start..<index]
    }

    /// Moves over white space and comments (RFC 5322 §3.2.2 CFWS).
    private mutating func skipComments() throws(RawMessageError) {
        var depth = 0
        while index < bytes.count {
            switch bytes[index] {
            case .space, .tab: break
            case UInt8(ascii: "("): depth += 1
            case UInt8(ascii: ")") where depth > 0: depth -= 1
            case .backslash where depth > 0: index += 1
            case _ where depth > 0: break
            default: return
            }
            guard depth <= Self.deepestComment else { throw .malformedFrom }
            index += 1
        }
        guard depth == 0, index == bytes.count else { throw .malformedFrom }
    }

    /// The words of a display name, as they come.
    private struct Phrase {
        private var parts: [String] = []
        /// Unquoted words in a row, with spaces between.
        private var atoms: [UInt8] = []

        var isEmpty: Bool { parts.isEmpty && atoms.isEmpty }

        /// A quoted string with its quotes, or an unquoted word. False if it is malformed.
        mutating func append(_ word: ArraySlice<UInt8>) -> Bool {
            guard word.first == .quote else {
                if !atoms.isEmpty { atoms.append(.space) }
                atoms.append(contentsOf: word)
                return true
            }
            flush()
            // A tab, or what else is no qtext, is no reason to refuse a name that is only shown.
            let content = word.dropFirst().dropLast().map { $0.isControl ? UInt8.space : $0 }
            guard let content = QuotedString.unescaping(content) else { return false }
            parts.append(String(decoding: content, as: UTF8.self).withoutControls)
            return true
        }

        private mutating func flush() {
            guard !atoms.isEmpty else { return }
            parts.append(EncodedWord.decoding(atoms))
            atoms.removeAll()
        }

        var shown: String {
            var whole = self
            whole.flush()
            return whole.parts.joined(separator: " ")
        }
    }
}

extension UInt8 {
    /// What a word of a name is made of. More than RFC 5322 §3.2.3 allows: unquoted dots and brackets are common.
    fileprivate var isPhrase: Bool { !isSpaceOrTab && !"()<>@,;:\\\"".utf8.contains(self) }
}
