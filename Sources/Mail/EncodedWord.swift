// EncodedWord.swift — text beyond ASCII in a header (RFC 2047), always as UTF-8.

enum EncodedWord {
    private static let opening = Array("=?UTF-8?".utf8)
    /// RFC 2047 §2 — one encoded word; a line that holds one is limited to 76.
    static let limit = 75
    /// Charset, encoding letter and delimiters.
    private static let overhead = opening.count + 4

    /// Whether the text cannot stand as it is: beyond ASCII, taken for an encoded word by a reader, spaces at an end
    /// that folding or a relay would drop, or a stretch too long for a line (RFC 5322 §2.1.1: 998).
    static func isNeeded(for text: String) -> Bool {
        var previous: UInt8 = .space
        var stretch = 0
        for byte in text.utf8 {
            if byte >= 0x80 || (byte == UInt8(ascii: "?") && previous == .equals) { return true }
            stretch = byte == .space && previous != .space ? 1 : stretch + 1
            if stretch > 900 { return true }
            previous = byte
        }
        return text.utf8.first == .space || text.utf8.last == .space
    }

    /// Appends `text` as encoded words, each on a line of its own but for the first. A reader drops the white space
    /// between them and has `text` again.
    static func append(_ text: String, to bytes: inout [UInt8], folder: inout LineFolder) {
        let room = limit - folder.column
        var words = words(of: text, firstRoom: room, room: limit)
        let isOver = words.first.map { $0.count > room } == true || room < overhead + 20
        if isOver || (words.count > 1 && !folder.isFirst) {
            // Some readers show a space between two words of a name, so that a line is better left short than a name torn.
            let fresh = Self.words(of: text, firstRoom: limit, room: limit)
            if isOver || fresh.count < words.count {
                folder.breakLine(in: &bytes)
                words = fresh
            }
        }
        for (index, word) in words.enumerated() {
            if index > 0 { folder.breakLine(in: &bytes) }
            folder.append(word, to: &bytes)
        }
    }

    /// `text` in whichever encoding is shorter: words of at most `room` bytes, the first of at most `firstRoom`.
    static func words(of text: String, firstRoom: Int, room: Int) -> [[UInt8]] {
        let pieces = pieces(of: text)
        let encoding = encoding(of: text, in: pieces)
        var words: [[UInt8]] = []
        var word: [UInt8] = []
        var length = 0
        for piece in pieces {
            let added = encoding == .q ? encoding.length(piece.utf8.count, piece.utf8) : piece.utf8.count
            let limit = words.isEmpty ? firstRoom : room
            if !word.isEmpty, encoding.total(length + added) + overhead > limit {
                words.append(encoded(word, encoding))
                word.removeAll(keepingCapacity: true)
                length = 0
            }
            word.append(contentsOf: piece.utf8)
            length += added
        }
        words.append(encoded(word, encoding))
        return words
    }

    /// The shorter one, unless a piece would not fit into a word in Q: escaped, each byte takes three.
    private static func encoding(of text: String, in pieces: [Substring]) -> Encoding {
        let count = text.utf8.count
        let isShorter = Encoding.base64.length(count, text.utf8) < Encoding.q.length(count, text.utf8)
        return isShorter || pieces.contains { $0.utf8.count > (limit - overhead) / 3 } ? .base64 : .q
    }

    /// What is not torn apart: RFC 2047 §5 asks for whole characters; what readers see as one is kept together too,
    /// unless it takes most of a word.
    private static func pieces(of text: String) -> [Substring] {
        text.indices.flatMap { index -> [Substring] in
            let character = text[index...index]
            guard character.utf8.count > 39 else { return [character] }
            return character.unicodeScalars.indices.map { Substring(character.unicodeScalars[$0...$0]) }
        }
    }

    private static func encoded(_ word: [UInt8], _ encoding: Encoding) -> [UInt8] {
        var encoded = opening
        encoded.append(UInt8(ascii: encoding == .q ? "Q" : "B"))
        encoded.append(UInt8(ascii: "?"))
        switch encoding {
        case .q: word.forEach { Encoding.appendQ($0, to: &encoded) }
        case .base64: word.withUnsafeBufferPointer { Base64.append($0, to: &encoded) }
        }
        encoded.append(contentsOf: "?=".utf8)
        return encoded
    }

    private enum Encoding {
        case q, base64

        /// Encoded bytes of `count` bytes of text.
        func length(_ count: Int, _ text: some Sequence<UInt8>) -> Int {
            switch self {
            case .q: text.reduce(0) { $0 + (Self.isLiteral($1) || $1 == .space ? 1 : 3) }
            case .base64: (count + 2) / 3 * 4
            }
        }

        /// Encoded bytes of a word: of Q already counted so, of base64 counted in bytes of text.
        func total(_ length: Int) -> Int {
            switch self {
            case .q: length
            case .base64: (length + 2) / 3 * 4
            }
        }

        /// RFC 2047 §5 (3) — what may stand for itself even in a phrase.
        private static func isLiteral(_ byte: UInt8) -> Bool {
            byte.isLetterOrDigit || "!*+-/".utf8.contains(byte)
        }

        static func appendQ(_ byte: UInt8, to bytes: inout [UInt8]) {
            if isLiteral(byte) {
                bytes.append(byte)
            } else if byte == .space {
                bytes.append(UInt8(ascii: "_"))
            } else {
                QuotedPrintable.appendEscaped(byte, to: &bytes)
            }
        }
    }
}
