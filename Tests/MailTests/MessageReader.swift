// MessageReader.swift — takes a composed message apart again, as a plain reader would.

import Foundation
import Mail

/// One entity: unfolded header fields and a body. Made for what the composer writes, not for what others do.
struct MessageReader {
    let fields: [(name: String, value: String)]
    let body: String

    init(_ text: String) {
        let head = text.range(of: "\r\n\r\n")
        let header = head.map { String(text[..<$0.lowerBound]) } ?? text
        body = head.map { String(text[$0.upperBound...]) } ?? ""
        fields = header.replacingOccurrences(of: "\r\n ", with: " ").components(separatedBy: "\r\n").map { line in
            let colon = line.firstIndex(of: ":") ?? line.endIndex
            return (String(line[..<colon]), line[colon...].dropFirst().trimmingCharacters(in: .whitespaces))
        }
    }

    init(_ bytes: [UInt8]) { self.init(String(decoding: bytes, as: UTF8.self)) }

    subscript(name: String) -> String? { fields.first { $0.name == name }?.value }

    /// The field with its encoded words decoded.
    func decoded(_ name: String) -> String? { self[name].map(Self.decodingWords) }

    /// The body without its transfer encoding.
    var content: String {
        switch self["Content-Transfer-Encoding"] {
        case "base64": Self.base64(body)
        case "quoted-printable": Self.decodingEscapes(body.replacingOccurrences(of: "=\r\n", with: ""), mark: "=")
        default: body
        }
    }

    var parts: [MessageReader] {
        guard let boundary = self["Content-Type"]?.components(separatedBy: "boundary=\"").last?.dropLast() else {
            return []
        }
        return ("\r\n" + body).components(separatedBy: "\r\n--\(boundary)").dropFirst().dropLast()
            .map { MessageReader(String($0.dropFirst("\r\n".count))) }
    }

    private static func decodingWords(_ text: String) -> String {
        var decoded = ""
        var follows = false
        for word in text.components(separatedBy: " ") {
            let parts = word.components(separatedBy: "?")
            guard parts.count == 5, parts[0] == "=", parts[4] == "=" else {
                decoded += (decoded.isEmpty ? "" : " ") + word
                follows = false
                continue
            }
            if !follows, !decoded.isEmpty { decoded += " " }
            follows = true
            let isQ = parts[2] == "Q"
            decoded +=
                isQ ? decodingEscapes(parts[3].replacingOccurrences(of: "_", with: " "), mark: "=") : base64(parts[3])
        }
        return decoded
    }

    private static func base64(_ text: String) -> String {
        Data(base64Encoded: text, options: .ignoreUnknownCharacters).map { String(decoding: $0, as: UTF8.self) }
            ?? "not base64"
    }

    private static func decodingEscapes(_ text: String, mark: Character) -> String {
        var bytes: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            guard byte == mark.asciiValue else { bytes.append(byte); continue }
            bytes.append(UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16) ?? 0)
            rest = rest.dropFirst(2)
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}

/// A draft that has whatever a test does not name.
func draft(
    from: String = "Acme <hello@acme.example>", to: [String] = ["bob@example.net"], subject: String = "Hello",
    text: String? = "Hi.\n", html: String? = nil
) throws -> MessageDraft {
    var draft = MessageDraft(
        from: try NamedMailbox(parsing: from), date: 1_790_000_000_000, messageID: "<1@acme.example>")
    draft.to = try to.map { try NamedMailbox(parsing: $0) }
    (draft.subject, draft.text, draft.html) = (subject, text, html)
    return draft
}

/// Its bytes, composed.
func compose(_ draft: MessageDraft) throws -> [UInt8] { try MessageComposer.compose(draft).bytes }

func lines(_ message: [UInt8]) -> [String] {
    String(decoding: message, as: UTF8.self).components(separatedBy: "\r\n")
}
