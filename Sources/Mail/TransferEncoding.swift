// TransferEncoding.swift — the cheapest encoding in which a text survives the way (RFC 2045 §6).

enum TransferEncoding: String {
    case sevenBit = "7bit"
    case quotedPrintable = "quoted-printable"
    case base64

    /// Plain where every byte and line is safe as it is; else quoted-printable, which people can still read, unless
    /// base64 is shorter.
    init(cheapestFor text: UnsafeBufferPointer<UInt8>) {
        var escapes = 0
        var isSafe = true
        for line in TextLines(text) {
            for byte in line where !byte.isPrintable || byte == .equals {
                if byte != .equals, byte != .tab { isSafe = false }
                if byte != .tab { escapes += 1 }
            }
            if Self.isFragile(line) { isSafe = false }
        }
        // An escape adds two bytes to one; base64 adds a third to all.
        self = isSafe ? .sevenBit : escapes * 6 > text.count ? .base64 : .quotedPrintable
    }

    /// Whether a relay, a mailbox file or a mail program may change the line, or must refuse it.
    private static func isFragile(_ line: Slice<UnsafeBufferPointer<UInt8>>) -> Bool {
        line.count > 998  // RFC 5322 §2.1.1
            || line.last == .space || line.last == .tab
            || (line.first == .dot && line.count == 1)
            || (line.first == UInt8(ascii: "F") && line.starts(with: "From ".utf8))
    }

    /// Appends `text` in this encoding. Ends in CRLF unless `text` is empty.
    func append(_ text: UnsafeBufferPointer<UInt8>, to bytes: inout [UInt8]) {
        switch self {
        case .sevenBit: Self.appendLines(text, to: &bytes)
        case .quotedPrintable: QuotedPrintable.append(text, to: &bytes)
        case .base64:
            // RFC 2045 §6.8 — line ends are canonical before they are encoded.
            var canonical: [UInt8] = []
            canonical.reserveCapacity(text.count + text.count / 32)
            Self.appendLines(text, to: &canonical)
            canonical.withUnsafeBufferPointer { Base64.appendLines($0, to: &bytes) }
        }
    }

    private static func appendLines(_ text: UnsafeBufferPointer<UInt8>, to bytes: inout [UInt8]) {
        for line in TextLines(text) {
            bytes.append(contentsOf: UnsafeBufferPointer(rebasing: line))
            bytes.append(.cr)
            bytes.append(.lf)
        }
    }
}
