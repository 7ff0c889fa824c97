// AddressList.swift — the mailboxes of From, To, Cc and Reply-To (RFC 5322 §3.4).

enum AddressList {
    static func append(_ mailboxes: [NamedMailbox], to bytes: inout [UInt8], folder: inout LineFolder) {
        for (index, named) in mailboxes.enumerated() {
            let address = address(of: named.mailbox)
            var token: [UInt8] = []
            if let name = named.displayName {
                append(phrase: name, to: &bytes, folder: &folder)
                token.append(.less)
                token.append(contentsOf: address.utf8)
                token.append(.greater)
            } else {
                token.append(contentsOf: address.utf8)
            }
            if index < mailboxes.count - 1 { token.append(UInt8(ascii: ",")) }
            folder.append(token, to: &bytes)
        }
    }

    /// As on the wire. Only a local-part that looks like an encoded word gets quotes, in which none is one (RFC 2047 §5);
    /// readers that decode it nevertheless would show the address of somebody else.
    private static func address(of mailbox: Mailbox) -> String {
        let local = mailbox.localPart.utf8
        guard local.first != .quote, EncodedWord.mayOccur(in: local) else { return mailbox.description }
        return String(decoding: QuotedString.quoting(local), as: UTF8.self) + "@" + mailbox.domain.ascii
    }

    /// As atoms, as a quoted string or as encoded words, the plainest that keeps the name whole. A quoted string is
    /// not folded, so a long one is encoded.
    private static func append(phrase name: String, to bytes: inout [UInt8], folder: inout LineFolder) {
        if EncodedWord.isNeeded(for: name) {
            EncodedWord.append(name, to: &bytes, folder: &folder)
        } else if isAtoms(name) {
            for word in name.utf8.split(separator: .space) { folder.append(word, to: &bytes) }
        } else if name.utf8.count <= 64 {
            folder.append(QuotedString.quoting(name.utf8), to: &bytes)
        } else {
            EncodedWord.append(name, to: &bytes, folder: &folder)
        }
    }

    /// Whether it can go without quotes, with one space between its words.
    private static func isAtoms(_ name: String) -> Bool {
        name.utf8.consistsOfWords(of: \.isAtext, separatedBy: .space)
    }
}
