// RateLimits.swift — how many requests each key may make: token buckets, in memory.
//
// A bucket holds one second's worth and fills at that rate, so that a key may make as many requests at once as it may in a
// second. Counted in thousandths: what a bucket at one request a second gains in a millisecond. A restart fills them all.

import HTTPTypes
import Queue
import Synchronization

final class RateLimits: Sendable {
    private struct Bucket {
        /// Thousandths of requests.
        var level: Int64
        var at: Timestamp
    }

    /// Past this many, those that are full again are forgotten.
    private static let manyBuckets = 1_000

    private let buckets = Mutex<[APIKeyID?: Bucket]>([:])
    /// Requests a second of a key that says nothing of its own; nil: no limit.
    let standard: Int?

    init(standard: Int?) { self.standard = standard }

    /// What holds for this caller; nil: no limit.
    func limit(of caller: Caller) -> Int? { caller.key?.grant.rateLimit ?? standard }

    /// Counts a request; nil if there is no limit.
    func count(_ caller: Caller, at now: Timestamp) -> RateLimitState? {
        guard let limit = limit(of: caller) else { return nil }
        let full = Int64(limit) * 1_000
        return buckets.withLock { buckets in
            var bucket = buckets[caller.key?.id] ?? Bucket(level: full, at: now)
            // After the clock was set back nothing is gained, and nothing lost.
            let elapsed = min(max(0, now.milliseconds - bucket.at.milliseconds), 1_000)
            bucket = Bucket(level: min(full, bucket.level + elapsed * Int64(limit)), at: now)
            let isExceeded = bucket.level < 1_000
            if !isExceeded { bucket.level -= 1_000 }
            if buckets.count >= Self.manyBuckets, buckets[caller.key?.id] == nil {
                buckets = buckets.filter { now < $0.value.at + .seconds(1) }
            }
            buckets[caller.key?.id] = bucket
            return RateLimitState(limit: limit, remaining: Int(bucket.level / 1_000), isExceeded: isExceeded)
        }
    }
}

/// What a caller is told of its limit.
struct RateLimitState: Sendable, Equatable {
    /// Requests a second.
    let limit: Int
    let remaining: Int
    /// This request was one too many.
    let isExceeded: Bool
}

extension RateLimitState {
    /// A bucket of a second's worth is full again after a second.
    private static let window = 1

    var problem: Problem {
        Problem(.rateLimited, "This key may make \(limit) requests a second.", retryAfter: Self.window)
    }

    /// draft-ietf-httpapi-ratelimit-headers-10 §3 and §4.
    func add(to fields: inout HTTPFields) {
        fields[.rateLimitPolicy] = "\"default\";q=\(limit);w=\(Self.window)"
        fields[.rateLimit] = "\"default\";r=\(remaining);t=\(Self.window)"
    }
}

extension HTTPField.Name {
    static let rateLimitPolicy = known("RateLimit-Policy")
    static let rateLimit = known("RateLimit")
}
