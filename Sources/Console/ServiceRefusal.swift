// ServiceRefusal.swift — what the service says is wrong (RFC 9457), in lines for people.

import JSON

struct ServiceRefusal: Error, CustomStringConvertible {
    let document: Document
    let status: Int

    private var problem: JSONObject { document.object }

    var code: String { problem.text("code") }

    /// Title and detail, then a line for each wrong field; of a fault of the service's also what to look for in its log.
    var description: String {
        let hint = code == "unauthenticated" ? ["Set POSTRIDER_API_KEY, or root_key as the service has it."] : []
        let errors = problem.objects("errors")
        // The detail of one wrong field is that field's.
        let detail = errors.count == 1 ? "" : problem.text("detail")
        let head = problem.text("title") + (detail.isEmpty ? "" : ": " + detail)
        let id = status >= 500 ? ["Request-Id: " + problem.text("request_id")] : []
        return ([head] + errors.map(line) + hint + id).map(\.printable).joined(separator: "\n")
    }

    private func line(of error: JSONObject) -> String {
        let received = error["received"].map { "; received \($0.inline.debugDescription)" } ?? ""
        return "  \(error.text("pointer")): \(error.text("detail"))\(received)"
    }
}
