// RateLimitTests.swift — token buckets, and what their callers are told.

import APITestSupport
import JSON
import Queue
import TestSupport
import Testing

@testable import API

@Suite struct RateLimitTests {
    @Test func aKeyMayAskAsOftenAsItsLimitSays() async throws {
        try await withAPI { api in
            let key = try await api.key(Scope.allCases, #","rate_limit":2"#)
            for left in [1, 0] {
                let answer = try await key.client.get("/v1/whoami")
                #expect(answer.status == 200)
                #expect(answer.field("RateLimit-Policy") == #""default";q=2;w=1"#)
                #expect(answer.field("RateLimit") == #""default";r=\#(left);t=1"#)
            }
            let refused = try await key.client.post("/v1/messages", APIFixture.message)
            #expect(refused.status == 429 && refused["code"] == .string("rate_limited"))
            #expect(refused.field("Retry-After") == "1" && refused.field("RateLimit") == #""default";r=0;t=1"#)
            api.clock.advance(by: .milliseconds(499))
            #expect(try await key.client.get("/v1/whoami").status == 429)
            api.clock.advance(by: .milliseconds(1))
            #expect(try await key.client.get("/v1/whoami").status == 200)
            #expect(try await api.client.get("/v1/messages")["data"].array?.isEmpty == true, "nothing was done")
        }
    }

    /// Its fields are on every answer, so that a client can slow down before it must.
    @Test func problemsTellOfTheLimitToo() async throws {
        try await withAPI { api in
            let key = try await api.key([.messagesRead], #","rate_limit":5"#)
            #expect(try await key.client.get("/v1/messages/msg_1").field("RateLimit") == #""default";r=4;t=1"#)
            #expect(try await key.client.get("/v1/events").field("RateLimit") == #""default";r=3;t=1"#)
        }
    }

    @Test func withoutALimitNothingIsSaid() async throws {
        try await withAPI { api in
            for client in [api.client, try await api.key().client] {
                let answer = try await client.get("/v1/whoami")
                #expect(answer.field("RateLimit") == nil && answer.field("RateLimit-Policy") == nil)
            }
        }
    }

    @Test func theSettingHoldsForWhoeverSaysNothingOfTheirOwn() async throws {
        try await withAPI(configure: { $0.rateLimit = 3 }) { api in
            let key = try await api.key(), other = try await api.key(Scope.allCases, #","rate_limit":9"#)
            #expect(try await key.client.get("/v1/whoami").field("RateLimit") == #""default";r=2;t=1"#)
            #expect(try await other.client.get("/v1/whoami").field("RateLimit") == #""default";r=8;t=1"#)
            #expect(try await api.client.get("/v1/whoami").field("RateLimit") == #""default";r=0;t=1"#, "the third")
            #expect(try await api.client.get("/v1/whoami").status == 429)
            #expect(try await key.client.get("/v1/whoami").status == 200, "each has a bucket of its own")
        }
    }

    @Test func aBucketHoldsOneSecondAndLosesNothingToTheClock() {
        let limits = RateLimits(standard: 4)
        let now = Timestamp(milliseconds: 1_000_000)
        func remaining(_ wait: Duration) -> Int? { limits.count(.root, at: now + wait)?.remaining }
        #expect([0, 0, 0].map { remaining(.milliseconds($0)) } == [3, 2, 1])
        #expect(remaining(.seconds(-60)) == 0, "set back, nothing is gained")
        #expect(limits.count(.root, at: now - .seconds(60))?.isExceeded == true)
        #expect(remaining(.seconds(-60) + .milliseconds(250)) == 0, "and it fills from there")
        #expect(remaining(.seconds(3600)) == 3, "no more than one second's worth")
    }

    @Test func aMillionPerSecondIsCountedExactly() {
        let limits = RateLimits(standard: KeyLimits.requestsPerSecond)
        let now = Timestamp(milliseconds: 1_000_000)
        for left in 1...2_000 {
            #expect(limits.count(.root, at: now)?.remaining == KeyLimits.requestsPerSecond - left)
        }
        #expect(limits.count(.root, at: now + .milliseconds(1))?.remaining == KeyLimits.requestsPerSecond - 1_001)
    }
}
