// LoggedEvent.swift — an event of the log with its JSON, written once for all who read it.

import Events
import JSON
import Queue

/// Shared by all who follow the log.
final class LoggedEvent: Sendable {
    let event: Event
    /// As a server-sent event: `id`, `event` and `data`, and the empty line that ends it.
    let frame: [UInt8]
    private let jsonStart: Int

    init(_ event: Event) {
        self.event = event
        // As it is logged: what a test looked like to its endpoint stands within.
        var writer = JSONWriter(reservingCapacity: 1024)
        writer.value(event)
        let json = writer.bytes
        var frame = Array("id: \(event.seq)\nevent: \(event.type.rawValue)\ndata: ".utf8)
        jsonStart = frame.count
        frame.reserveCapacity(frame.count + json.count + 2)
        // JSON of ours has no line end in it.
        frame += json
        frame += [0x0A, 0x0A]
        self.frame = frame
    }

    var seq: Int64 { event.seq }
    var json: ArraySlice<UInt8> { frame[jsonStart..<frame.count - 2] }
}

/// Which events of whose log.
struct EventSelection: Hashable, Sendable {
    let project: ProjectID
    let filter: EventFilter

    func matches(_ event: Event) -> Bool { event.project == project && filter.matches(event) }
}

/// Events of a selection, oldest first.
struct LogPage: Sendable {
    var events: [LoggedEvent]
    /// Up to here there are no others.
    var through: Int64
    /// The look at the log ended there, and there may be more.
    var isCut = false
}
