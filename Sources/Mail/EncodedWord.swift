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

    /// `text` in whichever encoding is shorter: words of at most `room` bytes, the first of at most `firstRoom`. They
    /// break at the spaces of `text` where that is possible, for readers that show another one between two words.
    static func words(of text: String, firstRoom: Int, room: Int) -> [[UInt8]] {
        var writer = WordWriter(encoding: encoding(of: text, room: room), firstRoom: firstRoom, room: room)
        var start = text.startIndex
        while start < text.endIndex {
            let space = text.utf8[start...].firstIndex(of: .space) ?? text.endIndex
            let end = text.utf8[space...].firstIndex { $0 != .space } ?? text.endIndex
            writer.append(text[start..<end])
            start = end
        }
        return writer.finish()
    }

    /// The shorter one, unless what is kept together would not fit into a word in Q: escaped, each byte takes three.
    private static func encoding(of text: String, room: Int) -> Encoding {
        let count = text.utf8.count
        guard Encoding.q.length(text.utf8) <= Encoding.base64.total(count) else { return .base64 }
        let most = (room - overhead) / 3
        return text.contains { ((most + 1)...longestPiece).contains($0.utf8.count) } ? .base64 : .q
    }

    /// What is not torn apart: RFC 2047 §5 asks for whole characters; what readers see as one is kept together too,
    /// unless it has more bytes than this, which take most of a word.
    private static let longestPiece = 39

    /// Packs text into words, one after another.
    private struct WordWriter {
        let encoding: Encoding
        /// Of the word in hand.
        private var room: Int
        private let laterRoom: Int
        private var words: [[UInt8]] = []
        /// Not encoded yet.
        private var word: [UInt8] = []
        private var length = 0

        init(encoding: Encoding, firstRoom: Int, room: Int) {
            (self.encoding, self.room, laterRoom) = (encoding, firstRoom, room)
        }

        /// A stretch to be kept together, if a word has room for it.
        mutating func append(_ stretch: Substring) {
            let added = encoding.length(stretch.utf8)
            if !fits(added, room), fits(added, laterRoom, after: 0) { endWord() }
            for index in stretch.indices {
                let character = stretch[index...index]
                if character.utf8.count <= longestPiece {
                    append(piece: character.utf8)
                } else {
                    for scalar in character.unicodeScalars.indices {
                        append(piece: Substring(character.unicodeScalars[scalar...scalar]).utf8)
                    }
                }
            }
        }

        private mutating func append(piece: Substring.UTF8View) {
            let added = encoding.length(piece)
            if !fits(added, room) { endWord() }
            word.append(contentsOf: piece)
            length += added
        }

        private func fits(_ added: Int, _ room: Int, after length: Int? = nil) -> Bool {
            encoding.total((length ?? self.length) + added) + overhead <= room
        }

        private mutating func endWord() {
            guard !word.isEmpty else { return }
            words.append(encoded(word, encoding))
            word.removeAll(keepingCapacity: true)
            (length, room) = (0, laterRoom)
        }

        mutating func finish() -> [[UInt8]] {
            if !word.isEmpty || words.isEmpty { words.append(encoded(word, encoding)) }
            return words
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

        /// What text adds to a word: encoded bytes of Q, bytes of text of base64, which takes them in groups.
        func length(_ text: some Collection<UInt8>) -> Int {
            switch self {
            case .q: text.reduce(0) { $0 + (Self.isLiteral($1) || $1 == .space ? 1 : 3) }
            case .base64: text.count
            }
        }

        /// Encoded bytes of a word of that length.
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
