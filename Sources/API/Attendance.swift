// Attendance.swift — who is kept waiting: so many at once for each key, and each as long as its key may ask.

import Queue
import Synchronization

package final class Attendance: Sendable {
    /// How many one caller may have at once: what each of them costs is small, but not nothing.
    package struct Bounds: Sendable {
        package var streams = 500
        package var waits = 2_000
        /// Of either, with the root key.
        package var ofRoot = 5_000
        package init() {}
    }

    package enum Kind: Hashable, Sendable {
        /// `/v1/events/stream`
        case stream
        /// `Prefer: wait=N`
        case wait
    }

    fileprivate struct Place: Hashable, Sendable {
        let key: APIKeyID?
        let kind: Kind
    }

    private static let retryAfter = 5

    private let bounds: Bounds
    private let taken = UnderWay<Place>()

    init(_ bounds: Bounds) { self.bounds = bounds }

    /// Throws `rate_limited` if the caller has as many as may be.
    /// - refusal: what the caller would be told if it asked now.
    func seat(_ kind: Kind, of caller: Caller, refusal: @escaping @Sendable () -> Problem?) throws(Problem) -> Seat {
        let limit = caller.key == nil ? bounds.ofRoot : kind == .stream ? bounds.streams : bounds.waits
        let place = Place(key: caller.key?.id, kind: kind)
        guard taken.begin(place, atMost: limit) else {
            let what = kind == .stream ? "streams open" : "requests waiting"
            throw Problem(.rateLimited, "This key has \(limit) \(what) already.", retryAfter: Self.retryAfter)
        }
        return Seat(self, place, refusal)
    }

    fileprivate func leave(_ place: Place) { taken.end(place) }
}

/// One who is kept waiting. Given up by `leave`, or when it is dropped.
package final class Seat: Sendable {
    private let attendance: Attendance
    private let place: Attendance.Place
    private let hasLeft = Atomic(false)
    private let askRefusal: @Sendable () -> Problem?

    fileprivate init(
        _ attendance: Attendance, _ place: Attendance.Place, _ refusal: @escaping @Sendable () -> Problem?
    ) {
        (self.attendance, self.place, askRefusal) = (attendance, place, refusal)
    }

    deinit { leave() }

    func leave() {
        guard !hasLeft.exchange(true, ordering: .relaxed) else { return }
        attendance.leave(place)
    }

    /// Why its key may not ask for this any more; nil as long as it may.
    var refusal: Problem? { askRefusal() }
}

extension APICall {
    /// Throws `rate_limited` if too many wait with this key already.
    func seat(_ kind: Attendance.Kind) throws(Problem) -> Seat {
        try gate.seat(kind, of: caller, for: route.access, from: request.remoteAddress)
    }

    /// How long this request may wait from now on. Throws `rate_limited` if too many wait with its key already.
    package func patience(for wait: WaitPreference, clock: any WallClock) throws(Problem) -> Patience {
        let seat = wait.seconds > 0 ? try seat(.wait) : nil
        return Patience(of: request, until: clock.now + .seconds(wait.seconds), seat: seat, clock: clock)
    }
}
