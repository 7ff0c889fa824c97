// Patience.swift — how long a client is kept waiting: until its time is over, it has gone, its key is worth nothing any more, or the server is to leave.
//
// Only what waits for news asks it. A commit, and what follows from it, is finished whether or not somebody listens.

import HTTP
import Queue
import Synchronization

/// Of one request. It gives up its timer when it is dropped.
package final class Patience: Sendable {
    private typealias Alarm = (timer: any ClockTimer, time: Timestamp)

    /// For those who have the news to ring.
    package let bell = Bell()
    private let clock: any WallClock
    private let presence: ClientPresence
    private let end: Timestamp
    private let seat: Seat?
    private let alarm = Mutex<Alarm?>(nil)

    /// `end` nil: as long as the client is there.
    package init(
        of request: HTTPServerRequest, until end: Timestamp? = nil, seat: Seat? = nil, clock: any WallClock
    ) {
        (self.clock, presence, self.seat) = (clock, request.presence, seat)
        self.end = end ?? Timestamp(milliseconds: .max)
        presence.whenOver { [bell] in bell.ring() }
    }

    deinit {
        presence.whenOver(nil)
        alarm.withLock { $0?.timer.cancel() }
    }

    package var isOver: Bool { presence.isOver || clock.now >= end || refusal != nil }

    /// Why the key may not ask any more; nil as long as it may.
    var refusal: Problem? { seat?.refusal }

    /// Throws what the client is to be told if its key may not ask any more. Ask it when a wait is over, before anything is
    /// shown.
    package func check() throws(Problem) {
        if let refusal { throw refusal }
    }

    /// Returns true when the bell has rung since the last wait, or `moment` may have come; false as soon as it is over.
    package func wait(until moment: Timestamp? = nil) async -> Bool {
        guard !isOver else { return false }
        setAlarm(at: min(end, moment ?? end))
        await bell.wait()
        return !isOver
    }

    /// An earlier alarm may stay: who is woken by it asks for the next. So a stream sets one now and then, not with each
    /// of its events.
    private func setAlarm(at time: Timestamp) {
        alarm.withLock { alarm in
            if let alarm, alarm.time <= time { return }
            alarm?.timer.cancel()
            let timer = clock.schedule(at: time) { [weak self, bell] in
                self?.alarm.withLock { if $0?.time == time { $0 = nil } }
                bell.ring()
            }
            alarm = (timer, time)
        }
    }
}
