// MessageCommand.swift — `postrider message …`: what became of messages, and stopping or hurrying them.

import ArgumentParser
import JSON

struct MessageCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "message", abstract: "Look messages up, and change what can still be changed.",
        discussion: """
            A message is named by its id (msg_…), by external:ID, or by its RFC Message-ID.
            """, subcommands: [List.self, Show.self, Edit.self, Cancel.self, Retry.self, Erase.self])

    struct List: DeskCommand {
        static let configuration = CommandConfiguration(abstract: "List messages, newest first.")

        @Option(help: "scheduled, queued, delivered, partially_delivered, undelivered or canceled.")
        var status: String?
        @Option(help: ArgumentHelp("To this recipient.", valueName: "address")) var to: String?
        @Option(help: ArgumentHelp("From this sender.", valueName: "address")) var from: String?
        @Option(help: "To recipients at this domain.") var domain: String?
        @Option(name: .customLong("tag"), help: ArgumentHelp("With this tag.", valueName: "name=value"))
        var tags: [NamedText] = []
        @Option(help: ArgumentHelp("With this name of yours.", valueName: "id")) var externalId: String?
        @Option(help: ArgumentHelp("Accepted at this time or later.", valueName: "time")) var createdAfter: String?
        @Option(help: ArgumentHelp("Accepted before this time.", valueName: "time")) var createdBefore: String?
        @OptionGroup var list: ListOptions
        @OptionGroup(title: "Service") var service: ServiceOptions

        func perform(at desk: Desk) throws {
            var query = Query()
            query.add("status", status)
            query.add("to", to)
            query.add("from", from)
            query.add("domain", domain)
            query.add(tags: tags)
            query.add("external_id", externalId)
            query.add("created_after", createdAfter)
            query.add("created_before", createdBefore)
            try desk.showList(apiPath("messages"), where: query, list, as: MessageListing.table, of: "messages")
        }
    }

    struct Show: DeskCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show a message, and for each recipient what happened, in order.",
            discussion: """
                Accepted, each try with its host, TLS and reply, each post to a webhook, and where it ended. With --json: \
                the message.
                """)
        @Argument var id: String
        @OptionGroup(title: "Service") var service: ServiceOptions

        func perform(at desk: Desk) throws {
            let document = try desk.document("GET", apiPath("messages", id))
            if desk.printer.isJSON { return try desk.printer.json(document.bytes) }
            let history = try MessageHistory(of: MessageListing(document.object), client: desk.client)
            try desk.printer.output(history.text(desk.printer.ink))
            for gap in history.gaps { desk.printer.note(gap) }
        }
    }
}
