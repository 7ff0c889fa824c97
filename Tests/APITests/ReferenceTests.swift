// ReferenceTests.swift — the documents that the service has of itself.

import APITestSupport
import HTTP
import HTTPTypes
import JSON
import Testing

@testable import API

/// What the API says of itself: /openapi.yaml, /docs and /problems.
@Suite struct ReferenceTests {
    private static let page = StaticDocument(
        Array("<p>page</p>".utf8), mediaType: "text/html; charset=utf-8", fields: [.contentSecurityPolicy: "x"])

    private func withPages(_ test: (APIFixture) async throws -> Void) async throws {
        try await withAPI(
            configure: {
                $0.reference = .init(openAPI: OpenAPIDocument.shared.bytes) {
                    ReferencePages(docs: Self.page, problems: [.conflict: Self.page])
                }
            }, test)
    }

    @Test(arguments: ["/openapi.yaml", "/docs"]) func aCopyIsKeptUntilItChanges(path: String) async throws {
        try await withPages { api in
            let first = try await api.stranger.get(path)
            #expect(first.status == 200)
            #expect(first.field("X-Content-Type-Options") == "nosniff")
            let tag = try #require(first.field("ETag"))
            for condition in [tag, "W/\(tag)", "\"other\", \(tag)", "*"] {
                let again = try await api.stranger.get(path, ["If-None-Match": condition])
                #expect(again.status == 304)
                #expect(again.body.isEmpty)
                #expect(again.field("ETag") == tag)
            }
            let other = try await api.stranger.get(path, ["If-None-Match": "\"other\""])
            #expect(other.body == first.body)
        }
    }

    @Test func theDocsKeepTheirPolicy() async throws {
        try await withPages { api in
            let docs = try await api.stranger.get("/docs")
            #expect(docs.text == "<p>page</p>")
            #expect(docs.field("Content-Type") == "text/html; charset=utf-8")
            #expect(docs.field("Content-Security-Policy") == "x")
        }
    }

    @Test(arguments: Problem.Code.allCases) func everyProblemIsExplained(code: Problem.Code) async throws {
        try await withPages { api in
            let answer = try await api.stranger.get("/problems/\(code.rawValue)")
            #expect(answer.status == 200)
            #expect(answer["code"] == .string(code.rawValue))
            #expect(answer["title"] == .string(code.title))
            #expect(answer["status"].number?.int64 == Int64(code.status))
            #expect(answer["cause"].string?.hasSuffix(".") == true)
            #expect(answer["cure"].string?.hasSuffix(".") == true)
            let fields = answer["errors"].array?.compactMap { $0.object?["code"]?.string }
            #expect(fields == (code == .validationFailed ? FieldError.Code.allCases.map(\.rawValue) : []))
        }
    }

    @Test func aProblemsTypeLeadsToItsExplanation() async throws {
        try await withPages { api in
            let problem = try await api.client.get("/v1/messages?limit=0")
            let explanation = try await api.stranger.get(try #require(problem["type"].string))
            #expect(explanation["code"] == problem["code"])
        }
    }

    @Test(arguments: [
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "text/html; charset=utf-8"),
        ("*/*", "application/json"), ("application/json", "application/json"),
        ("text/html;q=0.5, application/json", "application/json"), ("text/*", "text/html; charset=utf-8"),
        ("text/html;q=0", "application/json"), ("application/json;q=0.1, text/html;q=0.2", "text/html; charset=utf-8"),
    ])
    func aBrowserGetsAPage(accept: String, type: String) async throws {
        try await withPages { api in
            let answer = try await api.stranger.get("/problems/conflict", ["Accept": accept])
            #expect(answer.field("Content-Type") == type)
            #expect(answer.field("Vary") == "Accept")
            let withoutPage = try await api.stranger.get("/problems/forbidden", ["Accept": accept])
            #expect(withoutPage.field("Content-Type") == "application/json")
        }
    }

    @Test func anUnknownProblemIsNotFound() async throws {
        try await withPages { api in
            let answer = try await api.stranger.get("/problems/validation-faild")
            #expect(answer.status == 404)
            #expect(answer["detail"].string == "There is no such problem code. Did you mean validation_failed?")
        }
    }
}
