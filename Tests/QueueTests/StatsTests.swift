// StatsTests.swift — counting the log by time, and by domain or tag.

import Mail
import TestSupport
import Testing

@testable import Queue

@Suite struct StatsTests {
    private let hour = Duration.seconds(3600)

    /// Two messages in the first hour, one of them delivered in the third; one of another project.
    private func mail(_ fixture: StoreFixture) async throws -> Timestamp {
        let start = fixture.now
        var otp = fixture.submission(to: ["a@one.test", "b@two.test"])
        otp.tags = ["kind": "otp"]
        let key = try await fixture.accept(otp)
        try await fixture.accept(fixture.submission(to: ["c@one.test"]))
        var foreign = fixture.submission(to: ["d@one.test"])
        foreign.project = ProjectID(rawValue: 2)
        try await fixture.accept(foreign)
        fixture.clock.advance(by: hour * 2)
        try await fixture.store.record([fixture.attempt(key, [.delivered, .bounced(refusal)])])
        fixture.clock.advance(by: hour)
        return start
    }

    private func stats(
        _ fixture: StoreFixture, _ question: StatsQuestion, scan: StatsScan? = nil
    ) async throws -> Stats {
        try await fixture.store.stats(of: .default, question, scan: scan)
    }

    @Test func eventsAreCountedInTheirHours() async throws {
        let fixture = try StoreFixture()
        let start = try await mail(fixture)
        let all = try await stats(fixture, StatsQuestion(from: start, to: fixture.now, bucket: hour))
        #expect(
            all.counts == [
                .init(bucket: 0, group: nil): [.accepted: 3],
                .init(bucket: 2, group: nil): [.delivered: 1, .bounced: 1],
            ])
        #expect(all.countedThrough == nil)
        let last = try await stats(fixture, StatsQuestion(from: start + hour, to: fixture.now, bucket: hour * 24))
        #expect(last.counts == [.init(bucket: 0, group: nil): [.delivered: 1, .bounced: 1]])
        let none = try await stats(
            fixture, StatsQuestion(from: fixture.now + hour, to: fixture.now + hour * 2, bucket: hour))
        #expect(none.counts.isEmpty)
        await fixture.end()
    }

    @Test func eventsAreGroupedByDomainOrTag() async throws {
        let fixture = try StoreFixture()
        let start = try await mail(fixture)
        var question = StatsQuestion(from: start, to: fixture.now, bucket: hour * 24, group: .domain)
        #expect(
            try await stats(fixture, question).counts == [
                .init(bucket: 0, group: "one.test"): [.accepted: 2, .delivered: 1],
                .init(bucket: 0, group: "two.test"): [.accepted: 1, .bounced: 1],
            ])
        question.group = .tag("kind")
        #expect(
            try await stats(fixture, question).counts == [
                .init(bucket: 0, group: "otp"): [.accepted: 2, .delivered: 1, .bounced: 1],
                .init(bucket: 0, group: nil): [.accepted: 1],
            ])
        await fixture.end()
    }

    @Test func oneRequestCountsSoManyEventsAtMost() async throws {
        let fixture = try StoreFixture()
        let start = try await mail(fixture)
        let question = StatsQuestion(from: start, to: fixture.now, bucket: hour)
        let some = try await stats(fixture, question, scan: StatsScan(events: 2, page: 1))
        #expect(some.counts == [.init(bucket: 0, group: nil): [.accepted: 2]] && some.countedThrough == start)
        let all = try await stats(fixture, question, scan: StatsScan(events: 9, page: 2))
        #expect(all.countedThrough == nil && all.counts.values.flatMap(\.values).reduce(0, +) == 5)
        await fixture.end()
    }
}
