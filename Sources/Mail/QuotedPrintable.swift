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
            var column = 0
            for index in 0..<line.count {
                if column + 3 > limit {
                    bytes.append(contentsOf: softBreak)
                    column = 0
                }
                let byte = line[index]
                let isLast = index + 1 == line.count
                if isLiteral(byte, isLast: isLast), column > 0 || !isFragile(line[index...]) {
                    bytes.append(byte)
                    column += 1
                } else {
                    appendEscaped(byte, to: &bytes)
                    column += 3
                }
            }
            bytes.append(.cr)
            bytes.append(.lf)
        }
    }

    private static func isLiteral(_ byte: UInt8, isLast: Bool) -> Bool {
        if byte == .space || byte == .tab { return !isLast }
        return byte.isPrintable && byte != .equals
    }

    /// Whether something on the way may alter a line that begins so: SMTP's dot, or an mbox file's `From `.
    private static func isFragile(_ line: Slice<UnsafeBufferPointer<UInt8>>) -> Bool {
        line.first == .dot || line.starts(with: "From ".utf8)
    }
}
