// TransferEncoding.swift — the cheapest encoding in which a text survives the way (RFC 2045 §6).

enum TransferEncoding: String {
    case sevenBit = "7bit"
    case quotedPrintable = "quoted-printable"
    case base64

    /// Plain where every line is safe as it is; else quoted-printable, which people can still read, unless base64 is
    /// shorter: an escape adds two bytes to one, base64 a third to all.
    init(cheapestFor text: UnsafeBufferPointer<UInt8>) {
        if TextLines(text).allSatisfy({ Self.isSafe($0) }) {
            self = .sevenBit
        } else {
            let escapes = text.count { $0 == .equals || !($0.isPrintable || $0 == .lf || $0 == .cr || $0 == .tab) }
            self = escapes * 6 > text.count ? .base64 : .quotedPrintable
        }
    }

    /// Whether no relay, mailbox file or mail program has a reason to change the line or to refuse it.
    private static func isSafe(_ line: UnsafeBufferPointer<UInt8>) -> Bool {
        guard let first = line.first, let last = line.last else { return true }
        return line.count <= 998  // RFC 5322 §2.1.1
            && last != .space && last != .tab
            && !(first == .dot && line.count == 1)
            && !(first == UInt8(ascii: "F") && line.starts(with: "From ".utf8))
            && isPlain(line)
    }

    /// Printable ASCII and tabs. Without a way out of the loop, the compiler makes vectors of it.
    private static func isPlain(_ line: UnsafeBufferPointer<UInt8>) -> Bool {
        var others: UInt8 = 0
        for index in 0..<line.count {
            let byte = line[index]
            others |= (byte &- 0x20 > 0x7E - 0x20 ? 1 : 0) & (byte == 0x09 ? 0 : 1)
        }
        return others == 0
    }

    /// Appends `text` in this encoding. Ends in CRLF unless `text` is empty.
    func append(_ text: UnsafeBufferPointer<UInt8>, to bytes: inout [UInt8]) {
        switch self {
        case .sevenBit: TextLines.appendCanonical(text, to: &bytes)
        case .quotedPrintable: QuotedPrintable.append(text, to: &bytes)
        case .base64:
            // RFC 2045 §6.8 — line ends are canonical before they are encoded.
            var canonical: [UInt8] = []
            canonical.reserveCapacity(text.count + text.count / 32)
            TextLines.appendCanonical(text, to: &canonical)
            canonical.withUnsafeBufferPointer { Base64.appendLines($0, to: &bytes) }
        }
    }
}
