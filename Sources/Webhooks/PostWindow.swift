// PostWindow.swift — the events of one endpoint that are in memory: waiting, being posted, or not yet on record.
//
// Half of its places are for events that have not been tried (fresh), half for retries, so that neither starves the
// other. What does not fit stays in the store: an endpoint that takes nothing costs a window and no more.

import DequeModule
import Queue

struct PostWindow {
    /// An event's turn to be posted.
    struct Try: Sendable {
        let event: Event
        /// 1 for the first.
        let number: Int
    }

    /// What goes to the store in one transaction.
    struct Batch {
        var records: [PostRecord]
        var cursor: Int64
    }

    /// How far the log has been read.
    private(set) var readThrough: Int64
    /// How far the store knows that everything is settled.
    private(set) var recordedCursor: Int64
    private(set) var postingCount = 0
    private let places: Int
    private var fresh: Deque<Try> = []
    private var retries: Deque<Try> = []
    private var unrecorded: [PostRecord] = []
    /// Sequence numbers of the fresh events in the window; the cursor must stay below them.
    private var freshInside: Set<Int64> = []
    private var retriesInside: Set<Int64> = []
    private var isRetrysTurn = false

    /// - Parameter cursor: as the store has it.
    init(size: Int, cursor: Int64) {
        (places, readThrough, recordedCursor) = (max(1, size / 2), cursor, cursor)
    }

    var freshRoom: Int { places - freshInside.count }
    var retryRoom: Int { places - retriesInside.count }
    var hasUnrecorded: Bool { !unrecorded.isEmpty }
    /// All that must not be read from the store again.
    var inside: Set<Int64> { freshInside.union(retriesInside) }

    /// Everything up to here has been posted and recorded, or was not for this endpoint.
    var cursor: Int64 { freshInside.min().map { $0 - 1 } ?? readThrough }

    /// Takes in a page of the log, of which it keeps what `isWanted`. `through` is where the page ends if that is
    /// further than its last event.
    mutating func admit(_ page: [Event], through: Int64, where isWanted: (Event) -> Bool) {
        for event in page where isWanted(event) && !retriesInside.contains(event.seq) {
            freshInside.insert(event.seq)
            fresh.append(Try(event: event, number: 1))
        }
        readThrough = max(readThrough, page.last?.seq ?? 0, through)
    }

    mutating func admit(_ due: [PostRetry]) {
        for retry in due where !freshInside.contains(retry.event.seq) {
            retriesInside.insert(retry.event.seq)
            retries.append(Try(event: retry.event, number: retry.tries + 1))
        }
    }

    /// The next to post; fresh events and retries take turns.
    mutating func next() -> Try? {
        isRetrysTurn.toggle()
        let first = isRetrysTurn ? retries.popFirst() ?? fresh.popFirst() : fresh.popFirst() ?? retries.popFirst()
        if first != nil { postingCount += 1 }
        return first
    }

    /// A try that `next` gave has ended like this.
    mutating func finish(_ record: PostRecord) {
        postingCount -= 1
        unrecorded.append(record)
    }

    /// What is to be recorded now. The cursor may pass what is in the batch, as both are written together.
    mutating func takeUnrecorded() -> Batch {
        defer { unrecorded = [] }
        let open = freshInside.subtracting(unrecorded.lazy.map(\.event))
        return Batch(records: unrecorded, cursor: open.min().map { $0 - 1 } ?? readThrough)
    }

    /// The batch is on disk: its events leave the window.
    mutating func settle(_ batch: Batch) {
        for record in batch.records where freshInside.remove(record.event) == nil { retriesInside.remove(record.event) }
        recordedCursor = max(recordedCursor, batch.cursor)
    }

    /// The batch could not be written.
    mutating func putBack(_ batch: Batch) { unrecorded = batch.records + unrecorded }
}
