// ServiceKey.swift — the bearer key that a command asks with, from wherever it was given.

import ArgumentParser

struct ServiceKey: Hashable, Sendable {
    let text: String

    /// Nil for what cannot stand in a header field after `Bearer` (RFC 6750 §2.1 takes even less).
    init?(_ text: String) {
        guard !text.isEmpty, text.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else { return nil }
        self.text = text
    }

    /// Without the line end behind it. The message names the place and never shows what is there.
    init(_ text: String, from place: String) throws {
        let line = text.utf8.reversed().drop { $0 == 0x0A || $0 == 0x0D }.reversed()
        guard let key = ServiceKey(String(decoding: Array(line), as: UTF8.self)) else {
            throw ValidationError("\(place): this is not a key, which is one word of ASCII")
        }
        self = key
    }
}
