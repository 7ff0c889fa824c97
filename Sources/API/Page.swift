// Page.swift — how much of a list is wanted, and from where on.

import HTTP
import JSON

package struct Page: Sendable {
    package static let parameters = ["limit", "cursor"]
    private static let defaultLimit = 50
    private static let maximumLimit = 200

    package let limit: Int
    /// Nil: from the start.
    let cursor: Cursor?
    package var position: Int64? { cursor?.position }

    package init(of list: Cursor.List, _ query: inout QueryReader) {
        limit = Self.limit(&query)
        cursor = query.value("cursor", .invalidCursor, otherwise: "This cursor is not one of this list.") {
            Cursor($0, for: list)
        }
    }

    static func limit(_ query: inout QueryReader) -> Int {
        query.integer("limit", in: 1...maximumLimit) ?? defaultLimit
    }
}

extension Page {
    /// The answer to a list of which one element more than `limit` was asked for, to see whether there is a next page.
    package func answer<Element>(
        _ found: [Element], of list: Cursor.List, position: (Element) -> Int64,
        _ write: (inout JSONWriter, Element) -> Void
    ) -> HTTPServerResponse {
        let elements = found.prefix(limit)
        let hasMore = found.count > limit
        let next = hasMore ? elements.last.map { Cursor(list, position($0)).text } : nil
        return .list(elements, hasMore: hasMore, nextCursor: next, write)
    }

    /// The answer to such a list as `newestFirst` takes.
    func answerNewestFirst<Element>(
        _ oldestFirst: [Element], of list: Cursor.List, _ write: (inout JSONWriter, Element) -> Void
    ) -> HTTPServerResponse {
        let (shown, next) = newestFirst(oldestFirst, of: list)
        return .list(shown, hasMore: next != nil, nextCursor: next, write)
    }

    /// What to show of a short list that is at hand as a whole, oldest first, and grows at its end only; and the cursor
    /// of the next page, if there is one.
    func newestFirst<Element>(_ oldestFirst: [Element], of list: Cursor.List) -> (shown: [Element], next: String?) {
        let end = min(Int(position ?? .max), oldestFirst.count)
        let start = max(0, end - limit)
        return (oldestFirst[start..<end].reversed(), start > 0 ? Cursor(list, Int64(start)).text : nil)
    }
}
