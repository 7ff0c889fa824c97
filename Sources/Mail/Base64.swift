// Base64.swift — bytes as base64 (RFC 2045 §6.8), in a row or in lines.

enum Base64 {
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
    /// 76 characters a line.
    private static let bytesPerLine = 57

    /// Appends the encoding of all of `source`, without line ends.
    static func append(_ source: UnsafeBufferPointer<UInt8>, to bytes: inout [UInt8]) {
        alphabet.withUnsafeBufferPointer { alphabet in
            for start in stride(from: 0, to: source.count, by: 3) {
                let left = source.count - start
                let second = left > 1 ? UInt32(source[start + 1]) << 8 : 0
                let group = UInt32(source[start]) << 16 | second | (left > 2 ? UInt32(source[start + 2]) : 0)
                bytes.append(alphabet[Int(group >> 18)])
                bytes.append(alphabet[Int(group >> 12 & 63)])
                bytes.append(left > 1 ? alphabet[Int(group >> 6 & 63)] : .equals)
                bytes.append(left > 2 ? alphabet[Int(group & 63)] : .equals)
            }
        }
    }

    /// Appends lines of at most 76 characters, each with its CRLF.
    static func appendLines(_ source: UnsafeBufferPointer<UInt8>, to bytes: inout [UInt8]) {
        for start in stride(from: 0, to: source.count, by: bytesPerLine) {
            let end = min(start + bytesPerLine, source.count)
            append(UnsafeBufferPointer(rebasing: source[start..<end]), to: &bytes)
            bytes.append(.cr)
            bytes.append(.lf)
        }
    }
}
