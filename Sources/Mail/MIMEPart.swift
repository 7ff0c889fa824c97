// MIMEPart.swift — the body of a message as a tree of parts (RFC 2045, RFC 2046).

struct MIMEPart {
    private enum Content {
        case text(String, subtype: String)
        case file(Attachment, isInline: Bool)
        case multipart([MIMEPart], subtype: String)
    }
    private let content: Content

    static func text(_ text: String, subtype: String) -> MIMEPart { MIMEPart(content: .text(text, subtype: subtype)) }

    /// Apart from the text.
    static func attached(_ file: Attachment) -> MIMEPart { MIMEPart(content: .file(file, isInline: false)) }

    /// Shown where the html refers to its content id.
    static func inline(_ file: Attachment) -> MIMEPart { MIMEPart(content: .file(file, isInline: true)) }

    /// Parts that say the same, the best last (RFC 2046 §5.1.4).
    static func alternative(_ parts: [MIMEPart]) -> MIMEPart {
        MIMEPart(content: .multipart(parts, subtype: "alternative"))
    }

    /// A part and what it refers to (RFC 2387).
    static func related(_ root: MIMEPart, _ others: [MIMEPart]) -> MIMEPart {
        MIMEPart(content: .multipart([root] + others, subtype: "related"))
    }

    /// Parts of which each stands for itself (RFC 2046 §5.1.3).
    static func mixed(_ parts: [MIMEPart]) -> MIMEPart { MIMEPart(content: .multipart(parts, subtype: "mixed")) }

    /// Appends the part's header fields, an empty line and its body; returns where the body begins. A text's last line
    /// has its CRLF, a file's only if it came with one.
    @discardableResult
    func append(to bytes: inout [UInt8], using generator: inout some RandomNumberGenerator) -> Int {
        switch content {
        case .text(var text, let subtype):
            return text.withUTF8 { Self.append($0, subtype: subtype, to: &bytes) }
        case .file(let file, let isInline):
            return file.append(isInline: isInline, to: &bytes)
        case .multipart(let parts, let subtype):
            let boundary = boundary(using: &generator)
            bytes.append(contentsOf: "Content-Type: multipart/\(subtype);".utf8)
            // RFC 2387 §3.1 — only this one says what its first part is.
            if subtype == "related", let root = parts.first {
                bytes.append(contentsOf: " type=\"\(root.mediaType)\";".utf8)
            }
            bytes.append(contentsOf: "\r\n boundary=\"\(boundary)\"\r\n\r\n".utf8)
            let start = bytes.count
            Self.append(parts, boundary: boundary, to: &bytes, using: &generator)
            return start
        }
    }

    private static func append(
        _ parts: [MIMEPart], boundary: String, to bytes: inout [UInt8],
        using generator: inout some RandomNumberGenerator
    ) {
        for part in parts {
            bytes.append(contentsOf: "--\(boundary)\r\n".utf8)
            part.append(to: &bytes, using: &generator)
            // The delimiter takes the CRLF before it (RFC 2046 §5.1.1): this one, so that the part keeps its own.
            bytes.append(contentsOf: "\r\n".utf8)
        }
        bytes.append(contentsOf: "--\(boundary)--\r\n".utf8)
    }

    private static func append(_ text: UnsafeBufferPointer<UInt8>, subtype: String, to bytes: inout [UInt8]) -> Int {
        let encoding = TransferEncoding(cheapestFor: text)
        bytes.append(contentsOf: "Content-Type: text/\(subtype); charset=utf-8\r\n".utf8)
        bytes.append(contentsOf: "Content-Transfer-Encoding: \(encoding.rawValue)\r\n\r\n".utf8)
        let start = bytes.count
        encoding.append(text, to: &bytes)
        return start
    }

    private var mediaType: String {
        switch content {
        case .text(_, let subtype): "text/" + subtype
        case .file(let file, _): file.contentType.type + "/" + file.contentType.subtype
        case .multipart(_, let subtype): "multipart/" + subtype
        }
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
        case .text(var text, _): text.withUTF8 { $0.contains(word: boundary.utf8) }
        case .file(let file, _):
            file.encoding == .sevenBit && file.bytes.withUnsafeBufferPointer { $0.contains(word: boundary.utf8) }
        case .multipart(let parts, _): parts.contains { $0.contains(boundary) }
        }
    }
}
