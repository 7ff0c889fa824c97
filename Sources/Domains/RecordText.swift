// RecordText.swift — bytes of DNS as text that may be shown and kept: they are anybody's.

enum RecordText {
    static let maximumCount = 3
    /// Enough for the record of an RSA key of 2048 bits.
    static let maximumLength = 450

    static func shown(_ texts: [[UInt8]]) -> [String] { texts.prefix(maximumCount).map(shown) }

    /// As zone files have it (RFC 1035 §5.1): `\DDD` for what is not printable ASCII. Cut before it is longer than
    /// `maximumLength` bytes.
    static func shown(_ text: [UInt8]) -> String {
        var shown = ""
        for byte in text {
            let character = escaped(byte)
            guard shown.utf8.count + character.utf8.count <= maximumLength else { return shown + "…" }
            shown += character
        }
        return shown
    }

    /// Text of ours, or of libunbound's, that has names of others in it.
    static func cut(_ text: String) -> String {
        text.utf8.count <= maximumLength ? text : shown(Array(text.utf8))
    }

    private static func escaped(_ byte: UInt8) -> String {
        switch byte {
        case UInt8(ascii: "\\"): "\\\\"
        case 0x20...0x7E: String(Unicode.Scalar(byte))
        default: "\\" + (byte < 10 ? "00" : byte < 100 ? "0" : "") + String(byte)
        }
    }
}
