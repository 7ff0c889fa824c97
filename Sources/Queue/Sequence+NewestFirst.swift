// Sequence+NewestFirst.swift — pages of what is kept in memory and shown like rows.

extension Sequence {
    /// The newest `limit` of those that are older than `before`. Rows rise from one to the next.
    func newestFirst(by row: (Element) -> Int64, before: Int64?, limit: Int) -> [Element] {
        Array(filter { row($0) < before ?? .max }.sorted { row($0) > row($1) }.prefix(limit))
    }
}
