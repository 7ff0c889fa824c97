// Handbook.swift — the pages that the service shows to people: its API, and what each problem means.
//
// Made once, out of openapi.yaml and the codes' explanations. They need nothing but themselves: no script,
// no font, no image, and their policy forbids a browser to load any.

import Crypto

package struct Handbook: Sendable {
    package struct Page: Sendable {
        /// HTML in UTF-8.
        package let bytes: [UInt8]
        /// For the header field of that name.
        package let contentSecurityPolicy: String
    }

    package struct Explanation: Sendable {
        let cause: String
        let cure: String
        package init(cause: String, cure: String) { (self.cause, self.cure) = (cause, cure) }
    }

    package struct Problem: Sendable {
        let code: String
        let title: String
        let status: Int
        let explanation: Explanation
        package init(code: String, title: String, status: Int, explanation: Explanation) {
            (self.code, self.title, self.status, self.explanation) = (code, title, status, explanation)
        }
    }

    /// A kind of wrong field.
    package struct Field: Sendable {
        let code: String
        let explanation: Explanation
        package init(code: String, explanation: Explanation) { (self.code, self.explanation) = (code, explanation) }
    }

    package struct Problems: Sendable {
        let codes: [Problem]
        /// Those of `validation_failed`.
        let fields: [Field]
        package init(codes: [Problem], fields: [Field]) { (self.codes, self.fields) = (codes, fields) }
    }

    /// At /docs.
    package let docs: Page
    /// At /problems, by code.
    package let problems: [String: Page]

    package init(openAPI: [UInt8], problems: Problems) throws(HandbookError) {
        let style = String(decoding: PackageResources.style_css, as: UTF8.self)
        let description = try OpenAPIDescription(yaml: openAPI)
        let policy = Self.policy(allowing: style)
        docs = Page(bytes: description.docsPage(problems: problems, style: style), contentSecurityPolicy: policy)
        var pages: [String: Page] = [:]
        for problem in problems.codes {
            let fields = problem.code == "validation_failed" ? problems.fields : []
            let bytes = HTML.page(of: problem, fields: fields, style: style)
            pages[problem.code] = Page(bytes: bytes, contentSecurityPolicy: policy)
        }
        self.problems = pages
    }

    /// CSP 3: nothing but this very style sheet.
    private static func policy(allowing style: String) -> String {
        let digest = Base64.encode(SHA256.digest(of: Array(style.utf8)))
        return
            "default-src 'none'; style-src 'sha256-\(digest)'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    }
}
