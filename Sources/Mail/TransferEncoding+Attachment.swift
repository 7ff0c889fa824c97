// TransferEncoding+Attachment.swift — the encoding in which a file keeps each of its bytes.

extension TransferEncoding {
    /// base64, unless the type says that the bytes are text and their lines are as mail has them: then whatever is
    /// cheapest. nil where the type must not be encoded and the bytes cannot go as they are.
    init?(keeping bytes: [UInt8], as type: ContentType) {
        let encoding = bytes.withUnsafeBufferPointer { bytes -> TransferEncoding? in
            switch type.type {
            case "text": LineSurvey(bytes).isCanonical ? TransferEncoding(cheapestFor: bytes) : .base64
            case _ where type.isBareMessage:
                Self.isSevenBit(bytes) ? .sevenBit : nil
            default: .base64
            }
        }
        guard let encoding else { return nil }
        self = encoding
    }

    /// RFC 2045 §2.7.
    private static func isSevenBit(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        let survey = LineSurvey(bytes)
        return survey.isCanonical && survey.longest <= 998 && bytes.allSatisfy { $0 != 0 && $0 < 0x80 }
    }

    /// Appends a file's bytes in this encoding, which was chosen for them. What is not base64 ends in CRLF only if they do.
    func append(file bytes: UnsafeBufferPointer<UInt8>, to output: inout [UInt8]) {
        switch self {
        case .base64: Base64.appendLines(bytes, to: &output)
        case .sevenBit: output.append(contentsOf: bytes)
        case .quotedPrintable:
            QuotedPrintable.append(bytes, to: &output)
            if bytes.last != .lf { output.removeLast(2) }
        }
    }
}
