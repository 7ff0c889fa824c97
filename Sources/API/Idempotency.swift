// Idempotency.swift — the key that makes a repeated request harmless, and those being worked on now.
//
// The store keeps a key with its answer in the submission's own transaction. Only what the store cannot know is kept in
// memory: that a request with the same key has begun and not ended.

import Crypto
import HTTP
import HTTPTypes
import Queue

/// An `Idempotency-Key` without the quotes that it may come in.
struct IdempotencyKey: Hashable, Sendable {
    private static let maximumLength = 256

    /// 1 to 256 printable ASCII characters. (Equal as bytes when equal as strings: ASCII has one form.)
    let text: String

    private init(text: String) { self.text = text }

    /// The key of a request; nil if it has none. Throws `validation_failed` for one that is none.
    static func of(_ fields: HTTPFields) throws(Problem) -> IdempotencyKey? {
        guard fields.contains(.idempotencyKey) else { return nil }
        let values = fields[values: .idempotencyKey]
        guard values.count == 1, let key = IdempotencyKey(field: values[0]) else {
            let detail =
                "An idempotency key is one field of 1 to \(maximumLength) printable ASCII characters, quoted or not."
            throw .validation([
                FieldError(
                    pointer: HTTPField.Name.idempotencyKey.rawName, code: .invalidValue, detail: detail,
                    received: values.joined(separator: ", "))
            ])
        }
        return key
    }

    /// The bare characters, or an RFC 8941 §3.3.3 string.
    init?(field: String) {
        guard let bytes = field.utf8.first == UInt8(ascii: "\"") ? Self.unquoted(field.utf8) : Array(field.utf8),
            (1...Self.maximumLength).contains(bytes.count), bytes.allSatisfy({ (0x20...0x7E).contains($0) })
        else { return nil }
        text = String(decoding: bytes, as: UTF8.self)
    }

    private static func unquoted(_ field: String.UTF8View) -> [UInt8]? {
        guard field.count >= 2, field.last == UInt8(ascii: "\"") else { return nil }
        var bytes: [UInt8] = []
        var isEscaped = false
        for byte in field.dropFirst().dropLast() {
            if !isEscaped, byte == UInt8(ascii: "\\") {
                isEscaped = true
                continue
            }
            let isSpecial = byte == UInt8(ascii: "\\") || byte == UInt8(ascii: "\"")
            guard isEscaped == isSpecial else { return nil }
            bytes.append(byte)
            isEscaped = false
        }
        return isEscaped ? nil : bytes
    }
}

extension HTTPField.Name {
    static let idempotencyKey = known("Idempotency-Key")
    static let idempotentReplayed = known("Idempotent-Replayed")
}

extension IdempotencyKey {
    /// What sandbox keys send and what live keys send never answer each other. No key begins with a control character, so
    /// that none of the one kind is one of the other.
    func within(_ mode: KeyMode) -> IdempotencyKey {
        switch mode {
        case .live: self
        case .sandbox: IdempotencyKey(text: "\u{1}" + text)
        }
    }
}

/// What makes two requests with one key the same: SHA-256 of method, path and whatever is added, in pieces, so that a
/// large body is not copied for it; and that both or neither are for the sandbox.
struct RequestFingerprint: ~Copyable {
    private var hasher = SHA256.Hasher()

    init(of call: APICall) {
        let request = call.request
        if call.caller.mode == .sandbox { add("sandbox\n") }
        add("\(request.head.method.rawValue) \(request.head.path ?? "")\n")
    }

    mutating func add(_ text: String) {
        var text = text
        text.withUTF8 { hasher.update(UnsafeRawBufferPointer($0)) }
    }

    mutating func add(_ bytes: [UInt8]) { bytes.withUnsafeBytes { hasher.update($0) } }

    consuming func digest() -> [UInt8] { hasher.finalize() }
}

extension Problem {
    static var keyReused: Problem {
        Problem(.idempotencyKeyReused, "The key came with another request in the last 24 hours.")
    }
}

/// What a request has that has begun and not ended.
struct RunningKey: Hashable, Sendable {
    let key: IdempotencyKey
    let project: ProjectID
}
