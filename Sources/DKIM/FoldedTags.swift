// FoldedTags.swift — writes a field of tags in lines of at most 76 bytes (RFC 6376 §3.2 lets white space stand there).

struct FoldedTags {
    /// Without the field's last CRLF.
    private(set) var bytes: [UInt8]
    private var column: Int

    /// RFC 5322 §2.1.1 asks for 78; some software counts the line end with it.
    static let limit = 76

    /// Starts behind the field's name and colon.
    init(name: String) {
        bytes = Array(name.utf8)
        bytes.append(UInt8(ascii: ":"))
        column = bytes.count
    }

    /// After a space, on a new line if it does not fit on this one. It is never broken.
    mutating func append(_ tag: String) {
        if column + 1 + tag.utf8.count > Self.limit { return appendLine(tag) }
        append(fitting: " ".utf8)
        append(fitting: tag.utf8)
    }

    /// On a line of its own.
    mutating func appendLine(_ tag: String) {
        breakLine()
        append(fitting: tag.utf8)
    }

    /// Directly behind what is there, unless a line must end between.
    mutating func appendGlued(_ text: String) {
        if column + text.utf8.count > Self.limit { breakLine() }
        append(fitting: text.utf8)
    }

    /// Directly behind what is there, broken wherever a line is full.
    mutating func fill(_ text: String) {
        var rest = text.utf8[...]
        while !rest.isEmpty {
            if column >= Self.limit { breakLine() }
            let piece = rest.prefix(Self.limit - column)
            append(fitting: piece)
            rest = rest.dropFirst(piece.count)
        }
    }

    private mutating func append(fitting text: some Collection<UInt8>) {
        bytes.append(contentsOf: text)
        column += text.count
    }

    private mutating func breakLine() {
        bytes.append(contentsOf: "\r\n ".utf8)
        column = 1
    }
}
