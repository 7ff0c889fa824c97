// ReferenceRoutes.swift — what the API says of itself: its description, the same for people, and its problems.

import HTTP
import HTTPTypes
import JSON
import Spelling

struct ReferenceRoutes: Sendable {
    let reference: APIConfiguration.Reference

    var all: [APIRoute] {
        [
            APIRoute(.get, "/openapi.yaml", .anyone) { reference.openAPI.answer(to: $0.request) },
            APIRoute(.get, "/docs", .anyone) { try await reference.pages().docs.answer(to: $0.request) },
            APIRoute(.get, "/problems/{code}", .anyone) { try await problem($0) },
        ]
    }

    /// For a program JSON, for a browser its page.
    private func problem(_ call: APICall) async throws -> HTTPServerResponse {
        let code = try code(call.parameters["code"] ?? "")
        var response = try await page(of: code, for: call.request) ?? .json { $0.value(code) }
        response.head.headerFields[.vary] = "Accept"
        return response
    }

    private func page(of code: Problem.Code, for request: HTTPServerRequest) async throws -> HTTPServerResponse? {
        let accept = AcceptField(request)
        guard accept.quality(of: .html) > accept.quality(of: .json) else { return nil }
        return try await reference.pages().problems[code]?.answer(to: request)
    }

    private func code(_ text: String) throws(Problem) -> Problem.Code {
        if let code = Problem.Code(rawValue: text) { return code }
        let nearest = suggestion(for: text, among: Problem.Code.allCases.map(\.rawValue))
        throw Problem(.notFound, "There is no such problem code.\(didYouMean(nearest))")
    }
}

extension JSONWriter {
    /// The kinds of wrong fields stand where their codes are met.
    fileprivate mutating func value(_ code: Problem.Code) {
        object {
            $0.member("code", code.rawValue)
            $0.member("title", code.title)
            $0.member("status", code.status)
            $0.member("cause", code.explanation.cause)
            $0.member("cure", code.explanation.cure)
            let fields = code == .validationFailed ? FieldError.Code.allCases : []
            $0.member("errors", array: { for field in fields { $0.value(field) } })
        }
    }

    private mutating func value(_ code: FieldError.Code) {
        object {
            $0.member("code", code.rawValue)
            $0.member("cause", code.explanation.cause)
            $0.member("cure", code.explanation.cure)
        }
    }
}
