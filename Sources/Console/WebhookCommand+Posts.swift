// WebhookCommand+Posts.swift — `postrider webhook …`: what was posted, and posting it again.

import ArgumentParser
import JSON

extension WebhookCommand {
    struct Test: DeskCommand {
        static let configuration = CommandConfiguration(
            abstract: "Post a test event now and show the answer; exit status 0 if it was a success.")
        @Argument var id: String
        @Option(help: ArgumentHelp("As an event of this type.", valueName: "type")) var type: String?
        @OptionGroup(title: "Service") var service: ServiceOptions

        func perform(at desk: Desk) throws {
            let members: Desk.Members? = type.map { type in { $0.member("type", type) } }
            let document = try desk.document("POST", apiPath("webhooks", id, "test"), members)
            try desk.printer.outline(document)
            guard document.object.text("status") == "succeeded" else { throw ExitCode.failure }
        }
    }

    struct RotateSecret: DeskCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make a new signing secret; posts carry both signatures while the grace lasts.")
        @Argument var id: String
        @Option(help: ArgumentHelp("How long the old one still signs, too.", valueName: "duration"))
        var grace: SpelledTime?
        @OptionGroup(title: "Service") var service: ServiceOptions

        func perform(at desk: Desk) throws {
            try desk.printer.outline(
                desk.document("POST", apiPath("webhooks", id, "rotate-secret"), grace.map(\.asGrace)))
        }
    }

    struct Deliveries: DeskCommand {
        static let configuration = CommandConfiguration(
            abstract: "List what was posted to an endpoint, newest first, one line for each try.")
        @Argument var id: String
        @Option(help: "succeeded or failed.") var status: String?
        @Option(help: ArgumentHelp("Of this event.", valueName: "id")) var eventId: String?
        @OptionGroup var list: ListOptions
        @OptionGroup(title: "Service") var service: ServiceOptions

        func perform(at desk: Desk) throws {
            var query = Query()
            query.add("status", status)
            query.add("event_id", eventId)
            let table = Table(
                .init("TIME", "attempted_at"), .init("STATUS", "status"), .init("TYPE", "event_type"),
                .init("EVENT", "event_id"), .init("TRY", "attempt"),
                .init("RESULT") { WebhookPostListing.result(of: $0).printable })
            try desk.showList(
                apiPath("webhooks", id, "deliveries"), where: query, list, as: table, of: "deliveries")
        }
    }

    struct Retry: DeskCommand {
        static let configuration = CommandConfiguration(abstract: "Post one event again, now.")
        @Argument var id: String
        @Argument(help: "The event's id (evt_…).") var event: String
        @OptionGroup(title: "Service") var service: ServiceOptions

        func perform(at desk: Desk) throws {
            try desk.printer.outline(
                desk.document("POST", apiPath("webhooks", id, "deliveries", event, "retry")))
        }
    }

    struct Replay: DeskCommand {
        static let configuration = CommandConfiguration(
            abstract: "Post the events of a span of time again, or all that failed, with the ids they had.")
        @Argument var id: String
        @OptionGroup var replay: ReplayOptions
        @OptionGroup(title: "Service") var service: ServiceOptions

        func perform(at desk: Desk) throws {
            try desk.printer.outline(
                desk.document("POST", apiPath("webhooks", id, "replay")) { replay.write(to: &$0) })
        }
    }
}
