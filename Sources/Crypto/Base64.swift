// Base64.swift — base64 with padding (RFC 4648 §4), read strictly: each value has one spelling.

import COpenSSL

package enum Base64 {
    /// One line, padded.
    package static func encode(_ bytes: [UInt8]) -> String {
        let length = (bytes.count + 2) / 3 * 4
        // EVP_EncodeBlock also writes a final NUL.
        return String(unsafeUninitializedCapacity: length + 1) { text in
            Int(EVP_EncodeBlock(text.baseAddress, bytes, CInt(bytes.count)))
        }
    }

    /// Nil for anything that `encode` would not have written: line breaks, missing padding, stray bits at the end.
    package static func decode(_ text: some Collection<UInt8>) -> [UInt8]? {
        text.withContiguousStorageIfAvailable(decode) ?? decode(contiguous: Array(text))
    }

    package static func decode(_ text: String) -> [UInt8]? { decode(text.utf8) }

    private static func decode(contiguous text: [UInt8]) -> [UInt8]? { text.withUnsafeBufferPointer(decode) }

    private static func decode(_ text: UnsafeBufferPointer<UInt8>) -> [UInt8]? {
        guard text.count.isMultiple(of: 4), let length = CInt(exactly: text.count) else { return nil }
        let padding = text.suffix(2).reversed().prefix { $0 == UInt8(ascii: "=") }.count
        let digits = text.dropLast(padding)
        // EVP_DecodeBlock forgives blanks, line ends and '-' around the text.
        guard digits.allSatisfy({ value(of: $0) != nil }), hasNoStrayBits(digits, padding: padding) else { return nil }
        return [UInt8](unsafeUninitializedCapacity: text.count / 4 * 3) { bytes, count in
            count = max(0, Int(EVP_DecodeBlock(bytes.baseAddress, text.baseAddress, length)) - padding)
        }
    }

    /// Of the last digit before `=` only four bits count, before `==` only two (RFC 4648 §3.5).
    private static func hasNoStrayBits(_ digits: Slice<UnsafeBufferPointer<UInt8>>, padding: Int) -> Bool {
        guard padding > 0 else { return true }
        guard let last = digits.last.flatMap(value) else { return false }
        return last & (padding == 1 ? 0b11 : 0b1111) == 0
    }

    @inline(__always)
    private static func value(of digit: UInt8) -> UInt8? {
        switch digit {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): digit - UInt8(ascii: "A")
        case UInt8(ascii: "a")...UInt8(ascii: "z"): digit - UInt8(ascii: "a") + 26
        case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0") + 52
        case UInt8(ascii: "+"): 62
        case UInt8(ascii: "/"): 63
        default: nil
        }
    }
}
