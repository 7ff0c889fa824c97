// EventStream.swift — the event log as server-sent events, for as long as the client listens and its key may
// (HTML Living Standard §9.2).
//
// It takes what comes after its own position, page by page: every event of its selection once, in order, whether from
// memory or, when the client reads slowly, from the store. What one page takes is all that it holds.

import HTTP
import Logging
import Queue

struct EventStream: Sendable {
    /// Proxies and browsers take a silent connection for a dead one.
    static let heartbeat = Duration.seconds(15)
    /// How long a browser waits before it connects again.
    private static let retryMilliseconds = 3000
    private static let pageLimit = 64

    let live: LiveLog
    let clock: any WallClock
    let selection: EventSelection
    let start: LogStart
    /// Not the whole request, whose head would be held as long as the stream lasts.
    let requestID: String
    let presence: ClientPresence
    let seat: Seat
    let logger: Logger

    @Sendable func write(to writer: HTTPBodyWriter) async throws {
        defer { seat.leave() }
        do {
            let patience = Patience(of: presence, seat: seat, clock: clock)
            let ticket = live.follow(selection, ringing: patience.bell)
            defer { ticket.end() }
            try await follow(from: try await position(), patience, writer)
        } catch let failure as StoreFailure {
            logger.error("event stream cut off", metadata: ["request_id": "\(requestID)", "cause": "\(failure)"])
            throw failure
        }
    }

    /// An event that is not there yet cannot have been seen: the store is not the one that the client knew.
    private func position() async throws(StoreFailure) -> Int64 {
        let end = live.end
        let seq = start.seq(end: end)
        guard seq > end, try await !live.hasEvents(after: seq - 1, in: selection.project) else { return seq }
        return end
    }

    private func follow(from start: Int64, _ patience: Patience, _ writer: HTTPBodyWriter) async throws {
        // With an id and without data it is no event, but where a browser goes on.
        try await writer.write(Array("retry: \(Self.retryMilliseconds)\nid: \(start)\n\n".utf8))
        var (seq, told, lastWrite) = (start, start, clock.now)
        repeat {
            let page = try await live.page(of: selection, after: seq, limit: Self.pageLimit, mayLag: true)
            seq = page.through
            guard patience.refusal == nil else { return }
            if page.isCut { patience.bell.ring() }
            if let last = page.events.last {
                try await writer.write(Self.frames(of: page))
                (told, lastWrite) = (last.seq, clock.now)
                patience.bell.ring()  // There may be more.
            } else if clock.now >= lastWrite + Self.heartbeat {
                try await writer.write(Array((told < seq ? ": heartbeat\nid: \(seq)\n\n" : ": heartbeat\n\n").utf8))
                (told, lastWrite) = (seq, clock.now)
            }
        } while await patience.wait(until: lastWrite + Self.heartbeat)
    }

    private static func frames(of page: LogPage) -> [UInt8] {
        var frames: [UInt8] = []
        frames.reserveCapacity(page.events.reduce(0) { $0 + $1.frame.count })
        for event in page.events { frames += event.frame }
        return frames
    }
}
