// RecentEvents.swift — the end of the event log, in memory while somebody follows it.

import Queue

/// Everything after `start` and through `end`, of all projects. Old events make room for new ones.
struct RecentEvents {
    private let maximumCount: Int
    private let maximumBytes: Int
    private(set) var start: Int64
    private(set) var end: Int64
    private var events: [LoggedEvent] = []
    private var bytes = 0

    init(after seq: Int64, maximumCount: Int = 2_000, maximumBytes: Int = 4 << 20) {
        (start, end) = (seq, seq)
        (self.maximumCount, self.maximumBytes) = (maximumCount, maximumBytes)
    }

    /// `new` follow on `end`; there are no others through `seq`.
    mutating func append(_ new: [LoggedEvent], through seq: Int64) {
        events += new
        bytes += new.reduce(0) { $0 + $1.frame.count }
        end = max(end, seq)
        var surplus = 0
        while surplus < events.count, events.count - surplus > maximumCount || bytes > maximumBytes {
            bytes -= events[surplus].frame.count
            start = events[surplus].seq
            surplus += 1
        }
        events.removeFirst(surplus)
    }

    /// Nil if what follows on `seq` is not all here any more.
    func page(of selection: EventSelection, after seq: Int64, limit: Int) -> LogPage? {
        guard seq >= start else { return nil }
        var page = LogPage(events: [], through: max(seq, end))
        for event in events[index(after: seq)...] where selection.matches(event.event) {
            page.events.append(event)
            guard page.events.count < limit else {
                page.through = event.seq
                break
            }
        }
        return page
    }

    /// Of the first event after `seq`.
    private func index(after seq: Int64) -> Int {
        var range = events.indices
        while !range.isEmpty {
            let middle = range.lowerBound + range.count / 2
            range = events[middle].seq > seq ? range.lowerBound..<middle : middle + 1..<range.upperBound
        }
        return range.lowerBound
    }
}
