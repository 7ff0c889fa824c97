// Document.swift — one JSON object that the service answered: its bytes for programs, its members for text.

import JSON

struct Document: Sendable {
    let bytes: [UInt8]
    let object: JSONObject

    /// Nil if it is not one JSON object.
    init?(_ bytes: [UInt8]) {
        guard let object = (try? JSONValue(parsing: bytes))?.object else { return nil }
        self.object = object
        // One document, one line.
        self.bytes = bytes.last == 0x0A ? Array(bytes.dropLast()) : bytes
    }
}
