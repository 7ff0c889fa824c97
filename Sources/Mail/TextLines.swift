// TextLines.swift — the lines of a text whose writer may have ended them in CRLF, CR or LF.

/// Yields each line without its end. Text that ends in a line end has no empty line behind it.
struct TextLines: Sequence, IteratorProtocol {
    private let text: UnsafeBufferPointer<UInt8>
    private var position = 0

    /// `text` must outlive the iteration.
    init(_ text: UnsafeBufferPointer<UInt8>) { self.text = text }

    mutating func next() -> Slice<UnsafeBufferPointer<UInt8>>? {
        guard position < text.count else { return nil }
        let start = position
        var end = start
        while end < text.count, text[end] != .lf, text[end] != .cr { end += 1 }
        position = end + 1
        if end + 1 < text.count, text[end] == .cr, text[end + 1] == .lf { position += 1 }
        return text[start..<end]
    }
}
