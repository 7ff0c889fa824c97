// WebhookPosting.swift — the seam between deciding what to post and posting it.

package protocol WebhookPosting: Sendable {
    /// Returns when the endpoint has answered or the try has failed; within the poster's own timeout in any case.
    func post(_ post: WebhookPost) async -> PostResult
}

/// One POST, signed and ready.
package struct WebhookPost: Sendable {
    package var url: String
    /// `name: value` each, beside those that HTTP itself needs.
    package var headers: [String]
    package var body: [UInt8]
    /// From the look-up of the name to the end of the answer; nil: the poster's own.
    package var timeout: Duration?
    /// Whether the answer's header fields are of interest.
    package var keepsHeaders = false
    package init(url: String, headers: [String], body: [UInt8]) {
        (self.url, self.headers, self.body) = (url, headers, body)
    }
}

/// What came of one try.
package struct PostResult: Sendable {
    /// The answer's status code; nil if no whole answer came.
    package var status: Int?
    package var latency: Duration
    /// How long the answer's `Retry-After` asks to wait, whichever of its two forms it has (RFC 9110 §10.2.3).
    package var retryAfter: Duration?
    /// In words, why no whole answer came.
    package var error: String?
    /// The beginning of the answer's body, as received.
    package var bodyPrefix: [UInt8]
    /// The answer's header fields, names in lower case, if the post keeps them.
    package var headers: [(name: String, value: String)] = []

    package init(
        status: Int?, latency: Duration, retryAfter: Duration? = nil, error: String? = nil, bodyPrefix: [UInt8] = []
    ) {
        (self.status, self.latency, self.retryAfter) = (status, latency, retryAfter)
        (self.error, self.bodyPrefix) = (error, bodyPrefix)
    }

    /// 2xx and nothing else: a redirect is not followed and not a success.
    package var isSuccess: Bool { error == nil && status.map { 200..<300 ~= $0 } ?? false }
    /// The endpoint wants no more posts, ever.
    package var isGone: Bool { error == nil && status == 410 }
}

extension PostResult {
    /// As `complaint`, without what the endpoint wrote: it may repeat what we sent.
    var briefComplaint: String { error ?? "the endpoint answered \(status ?? 0)" }

    /// For the endpoint's log: nil for a success.
    var complaint: String? {
        if isSuccess { return nil }
        if let error { return error }
        let beginning = String(decoding: bodyPrefix.prefix(500), as: UTF8.self)
        return "the endpoint answered \(status ?? 0)" + (beginning.isEmpty ? "" : ": \(beginning)")
    }
}
