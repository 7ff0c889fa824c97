// LineFolder.swift — keeps the lines of one header field within 78 bytes, without the CRLF (RFC 5322 §2.1.1).

struct LineFolder {
    /// Bytes on the line so far.
    private(set) var column: Int
    /// Whether nothing but the field's name stands there: what follows stays on that line.
    private(set) var isFirst = true

    static let limit = 78

    /// For a field whose name and colon take `column` bytes.
    init(column: Int) { self.column = column }

    /// Appends spaces and what they lead to, on a new line if they do not fit on this one. Unfolding gives the same
    /// spaces again. `word` must not hold line ends, and should be short: it is never broken.
    mutating func append(_ word: some Collection<UInt8>, after spaces: Int = 1, to bytes: inout [UInt8]) {
        if column + spaces + word.count > Self.limit, !isFirst { breakLine(in: &bytes) }
        for _ in 0..<spaces { bytes.append(.space) }
        bytes.append(contentsOf: word)
        column += spaces + word.count
        isFirst = false
    }

    mutating func breakLine(in bytes: inout [UInt8]) {
        bytes.append(.cr)
        bytes.append(.lf)
        column = 0
    }
}
