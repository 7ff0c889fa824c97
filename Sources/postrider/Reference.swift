// Reference.swift — the handbook's pages as the API serves them.

import API
import HTTPTypes
import Handbook

extension APIConfiguration.Reference {
    /// The description as it is, and the pages that are made of it. Throws if it cannot be shown.
    init(describedBy openAPI: [UInt8]) throws {
        let handbook = try Handbook(openAPI: openAPI, problems: .ofTheAPI)
        var problems: [Problem.Code: StaticDocument] = [:]
        for code in Problem.Code.allCases {
            problems[code] = handbook.problems[code.rawValue].map { StaticDocument($0) }
        }
        self.init(openAPI: openAPI, docs: StaticDocument(handbook.docs), problems: problems)
    }
}

extension StaticDocument {
    fileprivate init(_ page: Handbook.Page) {
        var fields: HTTPFields = [:]
        fields[.contentSecurityPolicy] = page.contentSecurityPolicy
        self.init(page.bytes, mediaType: "text/html; charset=utf-8", fields: fields)
    }
}

extension Handbook.Problems {
    /// Every code that the API has.
    fileprivate static var ofTheAPI: Handbook.Problems {
        Handbook.Problems(
            codes: Problem.Code.allCases.map { code in
                Handbook.Problem(
                    code: code.rawValue, title: code.title, status: code.status,
                    explanation: Handbook.Explanation(code.explanation))
            },
            fields: FieldError.Code.allCases.map { code in
                Handbook.Field(code: code.rawValue, explanation: Handbook.Explanation(code.explanation))
            })
    }
}

extension Handbook.Explanation {
    fileprivate init(_ explanation: Explanation) { self.init(cause: explanation.cause, cure: explanation.cure) }
}
