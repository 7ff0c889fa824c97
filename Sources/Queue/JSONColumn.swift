// JSONColumn.swift — tags and metadata as one JSON object in a column, for SQLite's json_each to look into; lists of texts.

import JSON

extension [String: String] {
    /// Nil when empty.
    var column: String? {
        guard !isEmpty else { return nil }
        var writer = JSONWriter()
        writer.object { writer in
            for (name, value) in sorted(by: { $0.key < $1.key }) { writer.member(name, value) }
        }
        return String(decoding: writer.bytes, as: UTF8.self)
    }

    init(column: [UInt8]?) throws {
        guard let column else {
            self = [:]
            return
        }
        let members = try JSONValue(parsing: column).object?.members ?? []
        self.init(members.map { ($0.name, $0.value.string ?? "") }, uniquingKeysWith: { first, _ in first })
    }
}

extension [String] {
    /// A JSON array.
    var column: String {
        var writer = JSONWriter()
        writer.array { writer in for text in self { writer.string(text) } }
        return String(decoding: writer.bytes, as: UTF8.self)
    }

    init(column: [UInt8]) throws {
        self = (try JSONValue(parsing: column).array ?? []).compactMap(\.string)
    }
}
