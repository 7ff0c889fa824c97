// Reference.swift — the handbook's pages as the API serves them.

import API
import HTTPTypes
import Handbook
import Synchronization

extension APIConfiguration.Reference {
    /// The description as it is, and the pages that are made of it.
    init(describedBy openAPI: [UInt8]) {
        let pages = PagesOnDemand(openAPI: openAPI)
        self.init(openAPI: openAPI) { try await pages.value }
    }
}

/// Makes the pages when somebody first asks: it takes longer than all the rest of the start, and most never look.
private final class PagesOnDemand: Sendable {
    private let openAPI: [UInt8]
    private let making = Mutex<Task<ReferencePages, any Error>?>(nil)

    init(openAPI: [UInt8]) { self.openAPI = openAPI }

    var value: ReferencePages {
        get async throws {
            let task = making.withLock { making in
                // Not the caller's own work: that would keep an event loop from its other connections.
                let task = making ?? Task.detached { [openAPI] in try ReferencePages(describedBy: openAPI) }
                making = task
                return task
            }
            return try await task.value
        }
    }
}

extension ReferencePages {
    fileprivate init(describedBy openAPI: [UInt8]) throws {
        let handbook = try Handbook(openAPI: openAPI, problems: .ofTheAPI)
        var problems: [Problem.Code: StaticDocument] = [:]
        for code in Problem.Code.allCases {
            problems[code] = handbook.problems[code.rawValue].map { StaticDocument($0) }
        }
        self.init(docs: StaticDocument(handbook.docs), problems: problems)
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
