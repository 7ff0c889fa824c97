// ListAnswer.swift — one page of anything: `{"object":"list","data":[…],"has_more":…,"next_cursor":…}`.

import HTTP
import HTTPTypes
import JSON

extension HTTPServerResponse {
    /// A JSON answer whose body `write` writes.
    package static func json(
        _ status: HTTPResponse.Status = .ok, fields: HTTPFields = [:], _ write: (inout JSONWriter) -> Void
    ) -> HTTPServerResponse {
        var writer = JSONWriter(reservingCapacity: 1024)
        write(&writer)
        return .json(status, fields: fields, body: writer.bytes)
    }

    package static func json(
        _ status: HTTPResponse.Status, fields: HTTPFields = [:], body: [UInt8]
    ) -> HTTPServerResponse {
        var fields = fields
        fields[.contentType] = "application/json"
        return HTTPServerResponse(head: HTTPResponse(status: status, headerFields: fields), body: body)
    }

    /// A page. `nextCursor` is where the next one begins; `hasMore`, whether there is anything on it yet.
    package static func list<Element>(
        _ elements: some Sequence<Element>, hasMore: Bool, nextCursor: String?,
        _ write: (inout JSONWriter, Element) -> Void
    ) -> HTTPServerResponse {
        .json { writer in
            writer.object {
                $0.member("object", "list")
                $0.member("data", array: { for element in elements { write(&$0, element) } })
                $0.member("has_more", hasMore)
                $0.member("next_cursor", nextCursor)
            }
        }
    }
}

extension Page {
    /// The answer to a list of which one element more than `limit` was asked for, to see whether there is a next page.
    func answer<Element>(
        _ found: [Element], of list: Cursor.List, position: (Element) -> Int64,
        _ write: (inout JSONWriter, Element) -> Void
    ) -> HTTPServerResponse {
        let elements = found.prefix(limit)
        let hasMore = found.count > limit
        let next = hasMore ? elements.last.map { Cursor(list, position($0)).text } : nil
        return .list(elements, hasMore: hasMore, nextCursor: next, write)
    }

    /// The answer to a short list that is at hand as a whole, oldest first, and grows at its end only.
    func answerNewestFirst<Element>(
        _ oldestFirst: [Element], of list: Cursor.List, _ write: (inout JSONWriter, Element) -> Void
    ) -> HTTPServerResponse {
        let end = min(Int(position ?? .max), oldestFirst.count)
        let start = max(0, end - limit)
        let next = start > 0 ? Cursor(list, Int64(start)).text : nil
        return .list(oldestFirst[start..<end].reversed(), hasMore: start > 0, nextCursor: next, write)
    }
}
