// StatsRoutes.swift — how many messages were accepted, delivered, bounced…, by hour or day: /v1/stats.

import Events
import HTTP
import JSON
import Queue

struct StatsRoutes: Sendable {
    let store: QueueStore
    let clock: any WallClock

    init(_ configuration: APIConfiguration) { (store, clock) = (configuration.store, configuration.clock) }

    var all: [APIRoute] {
        [
            APIRoute(.get, "/v1/stats", .scope(.messagesRead), query: StatsRequest.parameters) { try await show($0) }
        ]
    }

    private func show(_ call: APICall) async throws -> HTTPServerResponse {
        var query = call.queryReader
        let request = StatsRequest(&query, at: clock.now)
        try query.finish()
        let stats = try await store.stats(of: call.project, request.question)
        return .json { $0.value(stats, for: request) }
    }
}

/// `?from=&to=&bucket=&group_by=`
struct StatsRequest {
    static let parameters = ["from", "to", "bucket", "group_by"]

    enum Bucket: String, CaseIterable {
        case hour, day

        var length: Duration { .seconds(self == .hour ? 3_600 : 86_400) }
        /// Of them, one request may ask for this many.
        var maximumCount: Int64 { self == .hour ? 72 : 31 }
        /// As many are shown if nothing is said.
        var defaultCount: Int { self == .hour ? 24 : 7 }
    }

    let bucket: Bucket
    /// Its `from` is where a bucket begins.
    let question: StatsQuestion

    /// A `from` within a bucket means all of it. Buckets are hours and days of UTC.
    init(_ query: inout QueryReader, at now: Timestamp) {
        bucket = query.choice("bucket") ?? .hour
        let length = bucket.length.wholeMilliseconds
        let end = query.moment("to") ?? now
        let start = query.moment("from") ?? end - .seconds((bucket.defaultCount - 1) * Int(length / 1000))
        let first = Timestamp(milliseconds: start.milliseconds.roundedDown(to: length))
        if end <= start, query.text("from") != nil || query.text("to") != nil {
            let detail = "The span ends at \(end.rfc3339), which is not after its beginning."
            query.fail(query.text("from") == nil ? "to" : "from", .outOfRange, detail, received: start.rfc3339)
        } else if end.milliseconds - start.milliseconds > bucket.maximumCount * length {
            let detail = "One request counts at most \(bucket.maximumCount) \(bucket.rawValue)s."
            query.fail("from", .outOfRange, detail, received: query.text("from") ?? start.rfc3339)
        }
        let group = query.value("group_by", otherwise: "Must be domain, or tag. and the name of a tag.") {
            StatsQuestion.Group($0)
        }
        question = StatsQuestion(from: first, to: end, bucket: bucket.length, group: group)
    }

    var bucketCount: Int {
        let length = bucket.length.wholeMilliseconds
        return Int((question.to.milliseconds - question.from.milliseconds + length - 1) / length)
    }

    func start(of bucket: Int) -> Timestamp {
        Timestamp(milliseconds: question.from.milliseconds + Int64(bucket) * self.bucket.length.wholeMilliseconds)
    }
}

extension StatsQuestion.Group {
    private static let tag = "tag."

    init?(_ text: String) {
        if text == "domain" {
            self = .domain
        } else if text.hasPrefix(Self.tag), text.utf8.count > Self.tag.utf8.count {
            self = .tag(String(text.dropFirst(Self.tag.count)))
        } else {
            return nil
        }
    }

    var text: String {
        switch self {
        case .domain: "domain"
        case .tag(let name): Self.tag + name
        }
    }
}

extension Int64 {
    fileprivate func roundedDown(to step: Int64) -> Int64 { self - (self % step + step) % step }
}
