// Tail.swift — `postrider tail`: events as they happen, one line each.

import ArgumentParser
import JSON

/// Which events a command follows.
struct EventFilter: ParsableArguments {
    @Option(
        parsing: .upToNextOption,
        help: ArgumentHelp("Only these, as message.bounced; with commas or blanks between.", valueName: "type"))
    var types: [String] = []

    @Option(name: .customLong("tag"), help: ArgumentHelp("Only of messages with this tag.", valueName: "name=value"))
    var tags: [NamedText] = []

    @Option(
        help: ArgumentHelp(
            "Begin after the event with this sequence number (its seq); 0 is the oldest there is. Without it: from now on.",
            valueName: "seq"))
    var since: UInt64?

    @Option(help: ArgumentHelp("End after this many events, instead of never.", valueName: "count"))
    var limit: Int?

    func validate() throws {
        if let limit, limit < 1 { throw ValidationError("--limit is \(limit), which follows nothing") }
    }

    var query: Query {
        var query = Query()
        query.add("types", list: listed(types))
        query.add(tags: tags)
        return query
    }
}

extension Desk {
    /// Hands events over until there have been as many as the filter wants, or until nobody reads what is printed.
    func follow(_ filter: EventFilter, _ take: @escaping (ServerSentEvent) throws -> Void) throws {
        struct Enough: Error {}
        let follower = EventFollower(
            client: client, query: filter.query, since: filter.since.map(String.init),
            check: { guard printer.isRead() else { throw ReaderHasGone() } }, note: { printer.note($0) })
        var count = 0
        do {
            try follower.follow { event in
                try take(event)
                count += 1
                if count == filter.limit { throw Enough() }
            }
        } catch is Enough {
        } catch is ReaderHasGone {
            // Exit status 0: what has no end of its own is ended like this, by `| head -1`.
        }
    }
}

struct Tail: DeskCommand {
    static let configuration = CommandConfiguration(
        abstract: "Follow what happens to messages, until you stop it.",
        discussion: "Connects again when the service has been away, and goes on where it was.")

    @OptionGroup var filter: EventFilter
    @OptionGroup(title: "Service") var service: ServiceOptions

    func perform(at desk: Desk) throws {
        try desk.follow(filter) { event in
            guard let document = Document(event.data) else {
                throw CommandFailure("the stream has an event that is no JSON object, after \(event.id.printable)")
            }
            try desk.printer.show(document) { EventListing($0).line(desk.printer.ink) }
        }
    }
}
