// QuotedPrintable.swift — text as quoted-printable (RFC 2045 §6.7).
//
// Stricter than the RFC where mail in transit gets hurt: no line begins with a dot or with `From `.

enum QuotedPrintable {
    static let digits = Array("0123456789ABCDEF".utf8)
    /// RFC 2045 §6.7 (5) — 76, of which a soft line break needs one.
    private static let limit = 75

    private static let softBreak = Array("=\r\n".utf8)

    static func appendEscaped(_ byte: UInt8, to bytes: inout [UInt8]) {
        bytes.append(.equals)
        bytes.append(digits[Int(byte >> 4)])
        bytes.append(digits[Int(byte & 15)])
    }

    /// Appends `text`, whose lines may end in CRLF, CR or LF, as lines that end in CRLF, the last one too.
    static func append(_ text: UnsafeBufferPointer<UInt8>, to bytes: inout [UInt8]) {
        for line in TextLines(text) {
            append(line: line, to: &bytes)
            bytes.append(.cr)
            bytes.append(.lf)
        }
    }

    /// Stretches of what needs no escape go in one piece.
    private static func append(line: UnsafeBufferPointer<UInt8>, to bytes: inout [UInt8]) {
        var (index, column) = (0, 0)
        while index < line.count {
            if column + 3 > limit {
                bytes.append(contentsOf: softBreak)
                column = 0
            }
            let end = column == 0 && isFragile(line[index...]) ? index : literalEnd(line, index, limit - 2 - column)
            if end > index {
                bytes.append(contentsOf: UnsafeBufferPointer(rebasing: line[index..<end]))
                column += end - index
                index = end
            } else {
                appendEscaped(line[index], to: &bytes)
                column += 3
                index += 1
            }
        }
    }

    /// The end of what can stand for itself, at most `room` bytes on. White space cannot at the end of a line.
    private static func literalEnd(_ line: UnsafeBufferPointer<UInt8>, _ start: Int, _ room: Int) -> Int {
        let last = min(line.count, start + room)
        var end = start
        while end < last, line[end].isPrintable && line[end] != .equals || line[end] == .tab { end += 1 }
        return end == line.count && end > start && line[end - 1].isSpaceOrTab ? end - 1 : end
    }

    /// Whether something on the way may alter a line that begins so: SMTP's dot, or an mbox file's `From `.
    private static func isFragile(_ line: Slice<UnsafeBufferPointer<UInt8>>) -> Bool {
        line.first == .dot || line.starts(with: "From ".utf8)
    }
}
