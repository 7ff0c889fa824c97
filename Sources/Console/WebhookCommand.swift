// WebhookCommand.swift — `postrider webhook …`: the endpoints that events are posted to.

import ArgumentParser
import JSON

struct WebhookCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "webhook", abstract: "Set up the endpoints that events are posted to, and see what they got.",
        subcommands: [
            Add.self, List.self, Show.self, Change.self, Test.self, Pause.self, Resume.self, RotateSecret.self,
            Deliveries.self, Retry.self, Replay.self, Remove.self,
        ])

    struct Add: DeskCommand {
        static let configuration = CommandConfiguration(
            abstract: "Add an endpoint; prints its signing secret, this once.")
        @Argument var url: String
        @OptionGroup(title: "Endpoint") var endpoint: WebhookOptions
        @OptionGroup(title: "Service") var service: ServiceOptions

        func perform(at desk: Desk) throws {
            try desk.printer.outline(
                desk.document("POST", apiPath("webhooks")) {
                    $0.member("url", url)
                    try endpoint.write(to: &$0)
                })
        }
    }

    struct List: DeskCommand {
        static let configuration = CommandConfiguration(abstract: "List the endpoints, newest first.")
        @OptionGroup var list: ListOptions
        @OptionGroup(title: "Service") var service: ServiceOptions

        func perform(at desk: Desk) throws {
            let table = Table(
                .init("ID", "id"), .init("STATUS", "status"),
                .init("HEALTH") { ($0.value("health", "status") ?? .null).inline },
                .init("TYPES") { endpoint in
                    endpoint["types"]?.array?.isEmpty == true ? "all" : (endpoint["types"] ?? .null).inline
                }, .init("URL", "url"))
            try desk.showList(apiPath("webhooks"), list, as: table, of: "webhooks")
        }
    }

    struct Show: DeskCommand {
        static let configuration = CommandConfiguration(abstract: "Show an endpoint and how it fares.")
        @Argument var id: String
        @OptionGroup(title: "Service") var service: ServiceOptions

        func perform(at desk: Desk) throws { try desk.printer.outline(desk.document("GET", apiPath("webhooks", id))) }
    }

    struct Change: DeskCommand {
        static let configuration = CommandConfiguration(
            abstract: "Change an endpoint: what is given, and no more.",
            discussion: "A tag or a header field without a value is taken away; --types all takes every type.")
        @Argument var id: String
        @Option(help: "The new URL.") var url: String?
        @OptionGroup(title: "Endpoint") var endpoint: WebhookOptions
        @OptionGroup(title: "Service") var service: ServiceOptions

        func perform(at desk: Desk) throws {
            try desk.printer.outline(
                desk.document("PATCH", apiPath("webhooks", id)) {
                    $0.given("url", url)
                    try endpoint.write(to: &$0, isChange: true)
                })
        }
    }

    struct Pause: DeskCommand {
        static let configuration = CommandConfiguration(
            abstract: "Post nothing until it is resumed; what happens is kept.")
        @Argument var id: String
        @OptionGroup(title: "Service") var service: ServiceOptions

        func perform(at desk: Desk) throws {
            try desk.printer.outline(desk.document("POST", apiPath("webhooks", id, "pause")))
        }
    }

    struct Resume: DeskCommand {
        static let configuration = CommandConfiguration(
            abstract: "Post again, what was missed first; also to an endpoint that was disabled.")
        @Argument var id: String
        @OptionGroup(title: "Service") var service: ServiceOptions

        func perform(at desk: Desk) throws {
            try desk.printer.outline(desk.document("POST", apiPath("webhooks", id, "resume")))
        }
    }

    struct Remove: DeskCommand {
        static let configuration = CommandConfiguration(abstract: "Remove an endpoint and what it waits for.")
        @Argument var id: String
        @OptionGroup(title: "Service") var service: ServiceOptions

        func perform(at desk: Desk) throws {
            try desk.printer.show(desk.document("DELETE", apiPath("webhooks", id))) {
                "\($0.text("id").printable) is removed\n"
            }
        }
    }
}
