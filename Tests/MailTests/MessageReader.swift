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
    var content: String { String(decoding: contentBytes, as: UTF8.self) }

    var contentBytes: [UInt8] {
        switch self["Content-Transfer-Encoding"] {
        case "base64": Data(base64Encoded: body, options: .ignoreUnknownCharacters).map(Array.init) ?? []
        case "quoted-printable": Self.decodingEscapes(body.replacingOccurrences(of: "=\r\n", with: ""), mark: "=")
        default: Array(body.utf8)
        }
    }

    /// Type and subtype without parameters.
    var mediaType: String? { self["Content-Type"]?.components(separatedBy: ";").first }

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
            let text = parts[3].replacingOccurrences(of: "_", with: " ")
            decoded += isQ ? String(decoding: decodingEscapes(text, mark: "="), as: UTF8.self) : base64(parts[3])
        }
        return decoded
    }

    private static func base64(_ text: String) -> String {
        Data(base64Encoded: text, options: .ignoreUnknownCharacters).map { String(decoding: $0, as: UTF8.self) }
            ?? "not base64"
    }

    private static func decodingEscapes(_ text: String, mark: Character) -> [UInt8] {
        var bytes: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            guard byte == mark.asciiValue else { bytes.append(byte); continue }
            bytes.append(UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16) ?? 0)
            rest = rest.dropFirst(2)
        }
        return bytes
    }

    /// A parameter of a field: of RFC 2231 decoded and put together, or quoted, with encoded words decoded.
    func parameter(_ name: String, of field: String) -> String? {
        let parameters = Self.parameters(of: self[field] ?? "")
        if let plain = parameters[name] { return Self.decodingWords(plain) }
        if let whole = parameters[name + "*"] { return Self.decodingExtended(whole) }
        var joined = ""
        for index in 0... {
            guard let piece = parameters["\(name)*\(index)*"] else { break }
            joined += piece
        }
        return joined.isEmpty ? nil : Self.decodingExtended(joined)
    }

    private static func decodingExtended(_ value: String) -> String? {
        guard value.hasPrefix("utf-8''") else { return nil }
        return String(decoding: decodingEscapes(String(value.dropFirst(7)), mark: "%"), as: UTF8.self)
    }

    /// By name, without quotes.
    private static func parameters(of value: String) -> [String: String] {
        var parameters: [String: String] = [:]
        var current = ""
        var (isQuoted, isEscaped) = (false, false)
        for scalar in (value + ";").unicodeScalars {
            switch scalar {
            case _ where isEscaped: (current, isEscaped) = (current + String(scalar), false)
            case "\\" where isQuoted: isEscaped = true
            case "\"": isQuoted.toggle()
            case ";" where !isQuoted:
                let parts = current.split(separator: "=", maxSplits: 1).map { $0.trimmingCharacters(in: .whitespaces) }
                if parts.count == 2 { parameters[parts[0]] = parts[1] }
                current = ""
            default: current.unicodeScalars.append(scalar)
            }
        }
        return parameters
    }
}

/// Ours, not that of Testing.
typealias Attachment = Mail.Attachment

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
