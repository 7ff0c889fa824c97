// LiveLogTests.swift — the newest events, read and written once for all followers.

import APITestSupport
import Queue
import Testing

@testable import API

private func event(_ seq: Int64, _ type: EventType = .accepted, project: ProjectID = .default) -> LoggedEvent {
    let time = Timestamp(milliseconds: 1_790_000_000_000)
    return LoggedEvent(
        Event(seq: seq, id: EventID(at: time), project: project, type: type, timestamp: time, message: nil))
}

private let everything = EventSelection(project: .default, filter: EventFilter())

@Suite struct RecentEventsTests {
    private func seqs(_ page: LogPage?) -> [Int64]? { page?.events.map(\.seq) }

    @Test func knowsWhatFollowsOnWhatItHas() {
        var recent = RecentEvents(after: 10)
        recent.append([event(11), event(12), event(14)], through: 15)
        #expect(seqs(recent.page(of: everything, after: 10, limit: 9)) == [11, 12, 14])
        #expect(recent.page(of: everything, after: 10, limit: 9)?.through == 15)
        #expect(seqs(recent.page(of: everything, after: 12, limit: 9)) == [14])
        #expect(seqs(recent.page(of: everything, after: 13, limit: 9)) == [14])
        #expect(seqs(recent.page(of: everything, after: 15, limit: 9)) == [])
        #expect(recent.page(of: everything, after: 20, limit: 9)?.through == 20)
        #expect(recent.page(of: everything, after: 9, limit: 9) == nil, "10 may be missing")
    }

    @Test func cutsAPageWhereItIsFull() {
        var recent = RecentEvents(after: 0)
        recent.append((1...5).map { event($0) }, through: 5)
        let page = recent.page(of: everything, after: 1, limit: 2)
        #expect(seqs(page) == [2, 3] && page?.through == 3)
    }

    @Test func looksAtProjectAndFilter() {
        var recent = RecentEvents(after: 0)
        recent.append(
            [event(1), event(2, .delivered), event(3, project: ProjectID(rawValue: 2)), event(4)], through: 4)
        let delivered = EventSelection(project: .default, filter: EventFilter(types: [.delivered]))
        #expect(seqs(recent.page(of: everything, after: 0, limit: 9)) == [1, 2, 4])
        let page = recent.page(of: delivered, after: 0, limit: 9)
        #expect(seqs(page) == [2] && page?.through == 4)
    }

    @Test func forgetsTheOldestByCountAndByBytes() {
        var few = RecentEvents(after: 0, maximumCount: 3)
        for seq in 1...5 { few.append([event(Int64(seq))], through: Int64(seq)) }
        #expect(few.start == 2 && few.page(of: everything, after: 1, limit: 9) == nil)
        #expect(seqs(few.page(of: everything, after: 2, limit: 9)) == [3, 4, 5])
        var small = RecentEvents(after: 0, maximumBytes: 2 * event(1).frame.count)
        small.append((1...3).map { event($0) }, through: 3)
        #expect(seqs(small.page(of: everything, after: 1, limit: 9)) == [2, 3])
        var none = RecentEvents(after: 0, maximumBytes: 1)
        none.append([event(1)], through: 1)
        #expect(none.start == 1 && none.end == 1 && seqs(none.page(of: everything, after: 1, limit: 9)) == [])
    }
}

@Suite(.timeLimit(.minutes(5)))
struct LiveLogTests {
    @Test func wakesThoseWhomAnEventIsForAndNobodyElse() async throws {
        try await withAPI { api in
            let live = LiveLog(store: api.store, clock: api.clock)
            let filters = [
                EventFilter(), EventFilter(tags: ["kind": "otp"]), EventFilter(types: [.delivered]),
                EventFilter(tags: ["kind": "news"]), EventFilter(message: MessageID(at: api.clock.now)),
            ]
            let bells = filters.map { _ in Bell() }
            let tickets = zip(filters, bells).map { filter, bell in
                live.follow(EventSelection(project: .default, filter: filter), ringing: bell)
            }
            let stranger = Bell()
            let other = live.follow(
                EventSelection(project: ProjectID(rawValue: 9), filter: EventFilter()), ringing: stranger)
            _ = try await api.accept(
                #"{"from":"a@acme.test","to":"b@example.test","text":"x","tags":{"kind":"otp"}}"#)
            await bells[0].wait()
            await bells[1].wait()
            #expect(bells.map(\.hasRung) == [false, false, false, false, false] && !stranger.hasRung)
            for ticket in tickets + [other] { ticket.end() }
            _ = try await api.accept()
            #expect(!bells.contains { $0.hasRung })
        }
    }

    @Test func readsTheStoreOnceForAllAndTheSameBytes() async throws {
        try await withAPI { api in
            let live = LiveLog(store: api.store, clock: api.clock)
            let bell = Bell()
            let ticket = live.follow(everything, ringing: bell)
            defer { ticket.end() }
            _ = try await api.accept()
            await bell.wait()
            let first = try await live.page(of: everything, after: 0, limit: 9, mayLag: true)
            let second = try await live.page(of: everything, after: 0, limit: 9)
            #expect(first.events.map(\.seq) == [1] && first.events.first === second.events.first)
        }
    }

    @Test func keepsNothingWhenNobodyHasFollowedForAWhile() async throws {
        try await withAPI { api in
            let live = LiveLog(store: api.store, clock: api.clock)
            live.follow(everything, ringing: Bell()).end()
            api.clock.advance(by: .seconds(31))
            _ = try await api.accept()
            let first = try await live.page(of: everything, after: 0, limit: 9, mayLag: true)
            let second = try await live.page(of: everything, after: 0, limit: 9, mayLag: true)
            #expect(first.events.map(\.seq) == [1] && first.events.first !== second.events.first)
            // And begins again.
            let bell = Bell()
            let ticket = live.follow(everything, ringing: bell)
            defer { ticket.end() }
            _ = try await api.accept()
            await bell.wait()
            #expect(try await live.page(of: everything, after: 1, limit: 9, mayLag: true).events.map(\.seq) == [2])
        }
    }
}
