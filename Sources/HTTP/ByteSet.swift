// ByteSet.swift — classes of ASCII bytes that the grammars of HTTP speak of.

struct ByteSet: Sendable {
    private var low: UInt64 = 0
    private var high: UInt64 = 0

    init(_ members: some Sequence<UInt8>) {
        for byte in members where byte < 64 { low |= 1 << UInt64(byte) }
        for byte in members where (64..<128).contains(byte) { high |= 1 << UInt64(byte - 64) }
    }

    func contains(_ byte: UInt8) -> Bool {
        byte < 64 ? low >> UInt64(byte) & 1 == 1 : byte < 128 && high >> UInt64(byte - 64) & 1 == 1
    }

    private static let alphanumerics = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"

    /// RFC 9110 §5.6.2.
    static let token = ByteSet(Array((alphanumerics + "!#$%&'*+-.^_`|~").utf8))
    /// Visible ASCII but "#": what may stand in a request target. RFC 3986 has fewer; browsers send more.
    static let target = ByteSet(Array(0x21...0x7E).filter { $0 != UInt8(ascii: "#") })
    /// RFC 3986 §3.2.2 — a registered name or IPv4 address, and what an IPv6 address has besides.
    static let host = ByteSet(Array((alphanumerics + "-._~!$&'()*+,;=%").utf8))
    static let address = ByteSet(Array("0123456789abcdefABCDEF:.".utf8))
}

/// RFC 9110 §5.5 — a field value has no control characters but the tab; bytes over 127 are opaque.
func isFieldByte(_ byte: UInt8) -> Bool { byte >= 0x20 && byte != 0x7F || byte == 0x09 }

package func isDigit(_ byte: UInt8) -> Bool { byte &- UInt8(ascii: "0") < 10 }

func hexadecimalValue(_ byte: UInt8) -> UInt8? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
    default: nil
    }
}

/// Without the optional whitespace (RFC 9110 §5.6.3) at both ends.
package func trimmed<Bytes: BidirectionalCollection<UInt8>>(_ bytes: Bytes) -> Bytes.SubSequence {
    let head = bytes.drop { $0 == 0x20 || $0 == 0x09 }
    let last = head.lastIndex { $0 != 0x20 && $0 != 0x09 }
    return head[..<(last.map { head.index(after: $0) } ?? head.startIndex)]
}

package func equalIgnoringCase(_ bytes: some Sequence<UInt8>, _ lowercased: String) -> Bool {
    bytes.lazy.map { (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0) ? $0 | 0x20 : $0 }
        .elementsEqual(lowercased.utf8)
}
