// DocumentList.swift — the API's lists, page by page.

import ArgumentParser
import JSON

extension APIClient {
    /// The first `limit` of the list at `path`, and whether there are more. Asks for as many pages as that takes.
    func list(_ path: String, _ query: Query = Query(), limit: Int) throws -> (rows: [JSONObject], hasMore: Bool) {
        var rows: [JSONObject] = []
        var cursor: String?
        while rows.count < limit {
            var query = query
            query.add("limit", String(min(limit - rows.count, Self.largestPage)))
            query.add("cursor", cursor)
            let page = try document(APIRequest("GET", query.path(path))).object
            rows += page.objects("data")
            cursor = page["next_cursor"]?.string
            guard page["has_more"]?.bool == true, cursor != nil else { return (rows, false) }
        }
        return (rows, true)
    }

    /// The whole of it.
    func wholeList(_ path: String, _ query: Query = Query()) throws -> [JSONObject] {
        try list(path, query, limit: .max).rows
    }

    /// Of any list of the API's.
    private static let largestPage = 200
}

/// How much of a list a command shows.
struct ListOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Show at most this many.", valueName: "count"))
    var limit = 50

    func validate() throws {
        guard limit > 0 else { throw ValidationError("--limit is \(limit), which shows nothing") }
    }
}

extension Desk {
    /// Prints the list at `path`, and says if it goes on.
    func showList(
        _ path: String, where query: Query = Query(), _ options: ListOptions, as table: Table, of what: String
    ) throws {
        let (rows, hasMore) = try client.list(path, query, limit: options.limit)
        try printer.list(rows, as: table, ifEmpty: "no \(what)")
        if hasMore { printer.note("there are more; --limit shows them") }
    }
}
