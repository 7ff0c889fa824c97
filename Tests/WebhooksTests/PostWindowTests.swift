// PostWindowTests.swift — the cursor never passes what is not settled, and the window never grows.

import Testing

@testable import Queue
@testable import Webhooks

struct PostWindowTests {
    static let time = Timestamp(milliseconds: 0)

    static func event(_ seq: Int64, _ type: EventType = .accepted) -> Event {
        Event(seq: seq, id: EventID(at: time), project: .default, type: type, timestamp: time, message: nil)
    }

    static func record(_ seq: Int64) -> PostRecord {
        PostRecord(
            endpoint: EndpointID(at: time), event: seq, number: 1, startedAt: time, latency: .zero, status: 200,
            error: nil, outcome: .succeeded)
    }

    static func retry(_ seq: Int64) -> PostRetry {
        PostRetry(endpoint: EndpointID(at: time), tries: 3, dueAt: time, event: event(seq))
    }

    /// A window with these fresh events, after a cursor at 10.
    static func window(_ seqs: ClosedRange<Int64>, through: Int64 = 0) -> PostWindow {
        var window = PostWindow(size: 8, cursor: 10)
        window.admit(seqs.map { event($0) }, through: through, where: { _ in true })
        return window
    }

    @Test func theCursorStaysBelowTheOldestThatIsOpen() {
        var window = Self.window(11...13)
        for _ in 0..<3 { _ = window.next() }
        window.finish(Self.record(12))
        window.finish(Self.record(13))
        #expect(window.takeUnrecorded().cursor == 10)
    }

    @Test func theCursorMayPassWhatIsRecordedWithIt() {
        var window = Self.window(11...13, through: 20)
        for _ in 0..<3 { _ = window.next() }
        for seq in Int64(11)...13 { window.finish(Self.record(seq)) }
        #expect(window.cursor == 10)
        let batch = window.takeUnrecorded()
        #expect(batch.cursor == 20 && batch.records.map(\.event) == [11, 12, 13])
        window.settle(batch)
        #expect(window.cursor == 20 && window.recordedCursor == 20 && window.inside.isEmpty)
    }

    @Test func whatCouldNotBeRecordedStaysOpen() {
        var window = Self.window(11...12)
        for _ in 0..<2 { _ = window.next() }
        window.finish(Self.record(11))
        window.putBack(window.takeUnrecorded())
        window.finish(Self.record(12))
        #expect(window.cursor == 10)
        #expect(window.takeUnrecorded().records.map(\.event) == [11, 12])
    }

    @Test func unwantedEventsMoveTheCursorAndTakeNoRoom() {
        var window = PostWindow(size: 8, cursor: 10)
        window.admit(
            [Self.event(11), Self.event(12, .bounced), Self.event(13)], through: 0, where: { $0.type == .bounced })
        #expect(window.freshRoom == 3 && window.cursor == 11 && window.readThrough == 13)
        #expect(window.next()?.event.seq == 12 && window.next() == nil)
    }

    @Test func roomComesBackOnlyWhenRecorded() {
        var window = Self.window(11...14)
        #expect(window.freshRoom == 0 && window.retryRoom == 4)
        _ = window.next()
        window.finish(Self.record(11))
        let batch = window.takeUnrecorded()
        #expect(window.freshRoom == 0)
        window.settle(batch)
        #expect(window.freshRoom == 1)
    }

    @Test func freshEventsAndRetriesTakeTurns() {
        var window = Self.window(11...13)
        window.admit([Self.retry(1), Self.retry(2)])
        let turns = (0..<5).compactMap { _ in window.next() }
        #expect(turns.map(\.event.seq) == [1, 11, 2, 12, 13])
        #expect(turns.map(\.number) == [4, 1, 4, 1, 1])
        #expect(window.next() == nil && window.postingCount == 5)
    }

    @Test func anEventIsInTheWindowOnce() {
        var window = PostWindow(size: 8, cursor: 10)
        window.admit([Self.retry(11)])
        window.admit([Self.event(11), Self.event(12)], through: 0, where: { _ in true })
        window.admit([Self.retry(12)])
        #expect(window.inside == [11, 12])
        #expect([window.next(), window.next(), window.next()].map(\.?.event.seq) == [11, 12, nil])
    }
}
