// MIMEPart.swift — the body of a message as a tree of parts (RFC 2045, RFC 2046).

struct MIMEPart {
    private enum Content {
        case text(String, subtype: String)
        case multipart([MIMEPart], subtype: String)
    }
    private let content: Content

    static func text(_ text: String, subtype: String) -> MIMEPart { MIMEPart(content: .text(text, subtype: subtype)) }

    /// Parts that say the same, the best last (RFC 2046 §5.1.4).
    static func alternative(_ parts: [MIMEPart]) -> MIMEPart {
        MIMEPart(content: .multipart(parts, subtype: "alternative"))
    }

    /// Appends the part's header fields, an empty line and its body. A text's last line has its CRLF.
    func append(to bytes: inout [UInt8], using generator: inout some RandomNumberGenerator) {
        switch content {
        case .text(var text, let subtype):
            text.withUTF8 { Self.append($0, subtype: subtype, to: &bytes) }
        case .multipart(let parts, let subtype):
            let boundary = boundary(using: &generator)
            bytes.append(contentsOf: "Content-Type: multipart/\(subtype);\r\n boundary=\"\(boundary)\"\r\n\r\n".utf8)
            for part in parts {
                bytes.append(contentsOf: "--\(boundary)\r\n".utf8)
                part.append(to: &bytes, using: &generator)
                // The delimiter takes the CRLF before it (RFC 2046 §5.1.1): this one, so that the part keeps its own.
                bytes.append(contentsOf: "\r\n".utf8)
            }
            bytes.append(contentsOf: "--\(boundary)--\r\n".utf8)
        }
    }

    private static func append(_ text: UnsafeBufferPointer<UInt8>, subtype: String, to bytes: inout [UInt8]) {
        let encoding = TransferEncoding(cheapestFor: text)
        bytes.append(contentsOf: "Content-Type: text/\(subtype); charset=utf-8\r\n".utf8)
        bytes.append(contentsOf: "Content-Transfer-Encoding: \(encoding.rawValue)\r\n\r\n".utf8)
        encoding.append(text, to: &bytes)
    }

    /// A delimiter that no part below holds: `=_` cannot stand in quoted-printable or base64, and random bits that no
    /// sender can foresee keep it out of the rest. Looked up nevertheless.
    private func boundary(using generator: inout some RandomNumberGenerator) -> String {
        while true {
            let bits = UInt128(generator.next()) << 64 | UInt128(generator.next())
            let boundary = "=_" + String(bits, radix: 36)
            if !contains(boundary) { return boundary }
        }
    }

    private func contains(_ boundary: String) -> Bool {
        switch content {
        case .text(var text, _):
            text.withUTF8 { text in
                text.indices.contains { text[$0] == .equals && text[$0...].starts(with: boundary.utf8) }
            }
        case .multipart(let parts, _):
            parts.contains { $0.contains(boundary) }
        }
    }
}
