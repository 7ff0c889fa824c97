// HTTPServerResponse+JSON.swift — answers in JSON: one thing, or a page of a list.

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

    /// Something is gone; `names` writes what it was known by.
    static func deleted(_ object: String, _ names: (inout JSONWriter) -> Void) -> HTTPServerResponse {
        .json { writer in
            writer.object {
                $0.member("object", object)
                names(&$0)
                $0.member("deleted", true)
            }
        }
    }

    /// A page: `{"object":"list","data":[…],"has_more":…,"next_cursor":…}`. `nextCursor` is where the next one begins;
    /// `hasMore`, whether there is anything on it yet.
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
