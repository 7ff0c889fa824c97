// Base64.swift — bytes as base64 (RFC 2045 §6.8), in a row or in lines.

enum Base64 {
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
    /// 76 characters a line.
    private static let bytesPerLine = 57

    /// Appends the encoding of all of `source`, without line ends.
    static func append(_ source: some RandomAccessCollection<UInt8>, to bytes: inout [UInt8]) {
        var rest = source[...]
        while let first = rest.popFirst() {
            let second = rest.popFirst()
            let third = rest.popFirst()
            let group = UInt32(first) << 16 | UInt32(second ?? 0) << 8 | UInt32(third ?? 0)
            bytes.append(alphabet[Int(group >> 18)])
            bytes.append(alphabet[Int(group >> 12 & 63)])
            bytes.append(second == nil ? .equals : alphabet[Int(group >> 6 & 63)])
            bytes.append(third == nil ? .equals : alphabet[Int(group & 63)])
        }
    }

    /// Appends lines of at most 76 characters, each with its CRLF.
    static func appendLines(_ source: UnsafeBufferPointer<UInt8>, to bytes: inout [UInt8]) {
        for start in stride(from: 0, to: source.count, by: bytesPerLine) {
            append(source[start..<min(start + bytesPerLine, source.count)], to: &bytes)
            bytes.append(.cr)
            bytes.append(.lf)
        }
    }
}
