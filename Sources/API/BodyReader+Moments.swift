// BodyReader+Moments.swift — moments in a body.

import Events
import Queue
import Spelling

extension BodyReader {
    /// RFC 3339, with any offset.
    mutating func moment(_ member: Member) -> Timestamp? {
        guard let text = string(member) else { return nil }
        if let moment = Timestamp(rfc3339: text) { return moment }
        fail(member, .invalidValue, "Must be a time such as 2026-03-01T12:00:00Z or 2026-03-01T14:00:00+02:00.")
        return nil
    }

    /// One that is still to come.
    mutating func future(_ member: Member, at now: Timestamp) -> Timestamp? {
        guard let time = moment(member) else { return nil }
        if time <= now { fail(member, .outOfRange, "Must be in the future; it is \(now.rfc3339) now.") }
        return time
    }

    /// When a message is to leave; nil for now, of which what has just passed is as good.
    mutating func sendTime(_ member: Member, at now: Timestamp) -> Timestamp? {
        guard let time = moment(member) else { return nil }
        let latest = now + .seconds(SendLimits.sendAtDays * 86_400)
        if time < now - SendLimits.sendAtGrace {
            fail(member, .outOfRange, "This is past: here it is \(now.rfc3339).")
        } else if time > latest {
            let detail = "A message is scheduled at most \(SendLimits.sendAtDays) days ahead: \(latest.rfc3339)."
            fail(member, .outOfRange, detail)
        }
        return time > now ? time : nil
    }
}
