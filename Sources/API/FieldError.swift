// FieldError.swift — one wrong field of a request: where, what is wrong, and what came.

import HTTP
import JSON

package struct FieldError: Hashable, Sendable {
    package enum Code: String, Sendable, CaseIterable {
        case required
        case invalidType = "invalid_type"
        case invalidValue = "invalid_value"
        case invalidAddress = "invalid_address"
        case invalidURL = "invalid_url"
        case invalidCursor = "invalid_cursor"
        case tooLong = "too_long"
        case tooMany = "too_many"
        case outOfRange = "out_of_range"
        case controlCharacter = "control_character"
        case unknownMember = "unknown_member"
        case unknownParameter = "unknown_parameter"
        case notAllowed = "not_allowed"
        case inTransaction = "in_transaction"
        case alreadyFinal = "already_final"
        case scheduled
    }

    /// `#/to/1` in the body, `?limit` in the query, or a header field's name.
    package var pointer: String
    package var code: Code
    package var detail: String
    /// What came, cut to `maximumReceivedLength` characters; nil where nothing did. What is unknown tells its name alone.
    package var received: String?

    package static let maximumReceivedLength = 100

    package init(pointer: String, code: Code, detail: String, received: String? = nil) {
        (self.pointer, self.code, self.detail) = (pointer, code, detail)
        self.received = received.map(Self.shortened)
    }

    /// The same of a value that stands within another one, at `place`.
    func within(_ place: String) -> FieldError {
        var error = self
        error.pointer = pointer.placed(within: place)
        return error
    }

    /// Of a member of a body. What may be confidential is not shown.
    init(at pointer: BodyPointer, _ code: Code, _ detail: String, received: String?) {
        let shown = received.map { pointer.isConfidential ? "(not repeated here)" : $0 }
        self.init(pointer: pointer.description, code: code, detail: detail, received: shown)
    }

    private static func shortened(_ text: String) -> String {
        guard text.utf8.count > maximumReceivedLength else { return text }
        let scalars = text.unicodeScalars.prefix(maximumReceivedLength)
        return scalars.endIndex == text.unicodeScalars.endIndex ? text : String(scalars) + "…"
    }

    func write(to writer: inout JSONWriter) {
        writer.object {
            $0.member("pointer", pointer)
            $0.member("code", code.rawValue)
            $0.member("detail", detail)
            if let received { $0.member("received", received) }
        }
    }
}

extension String {
    /// A pointer into the body, were its top at `place`; any other pointer stays.
    func placed(within place: String) -> String { hasPrefix("#") ? place + dropFirst() : self }
}

/// Where in the body a value stands: a member of the top object, an element of it, a member of that.
struct BodyPointer: CustomStringConvertible {
    let member: String
    var index: Int?
    var inner: String?

    init(_ member: String, index: Int? = nil, inner: String? = nil) {
        (self.member, self.index, self.inner) = (member, index, inner)
    }

    /// `path` has the names and indices from the top on; never empty, at most three.
    init(path: [String]) {
        member = path[0]
        index = path.count > 1 ? Int(path[1]) : nil
        inner = index == nil ? path.dropFirst().first : path.dropFirst(2).first
    }

    /// Whether what stands there is nobody's business who reads an error: the texts of messages, and what opens doors.
    var isConfidential: Bool { Self.confidential.contains((inner ?? member).lowercased()) }

    private static let confidential: Set<String> = [
        "text", "html", "raw", "content", "secret", "key", "token", "password", "authorization", "proxy-authorization",
        "cookie", "x-api-key",
    ]

    func appending(_ inner: String) -> BodyPointer { BodyPointer(member, index: index, inner: inner) }

    /// The URI fragment of a JSON pointer (RFC 6901 §6). A name in it is cut where it has told which one it is: there
    /// are clients that send megabytes of it.
    var description: String {
        var text = "#/" + Self.escaped(member)
        if let index { text += "/\(index)" }
        if let inner { text += "/" + Self.escaped(inner) }
        return text
    }

    private static let maximumNameBytes = 200

    private static func escaped(_ name: String) -> String {
        guard name.utf8.count > maximumNameBytes else { return escaped(name.utf8) }
        let cut = name.utf8.index(name.utf8.startIndex, offsetBy: maximumNameBytes)
        // A cut within a scalar is moved back to where the scalar begins.
        return escaped(String(name.unicodeScalars[..<cut]).utf8) + escaped("…".utf8)
    }

    private static func escaped(_ name: some Sequence<UInt8>) -> String {
        var bytes: [UInt8] = []
        for byte in name {
            switch byte {
            case UInt8(ascii: "~"): bytes += "~0".utf8
            case UInt8(ascii: "/"): bytes += "~1".utf8
            default: bytes.append(byte)
            }
        }
        return percentEncoded(bytes)
    }
}
