// MessageCommand.swift — `postrider message …`: what became of messages, and stopping or hurrying them.

import ArgumentParser
import JSON

struct MessageCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "message", abstract: "Look messages up, cancel and retry them.",
        discussion: """
            A message is named by its id (msg_…), by external:ID, or by its RFC Message-ID.
            """, subcommands: [List.self, Show.self, Cancel.self, Retry.self])

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
            try desk.showList("/v1/messages", where: query, list, as: MessageListing.table, of: "messages")
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
            let document = try desk.client.document(APIRequest("GET", path(of: id)))
            if desk.printer.isJSON { return desk.printer.json(document.bytes) }
            let history = try MessageHistory(of: MessageListing(document.object), client: desk.client)
            desk.printer.output(history.text(desk.printer.ink))
            for gap in history.gaps { desk.printer.note(gap) }
        }
    }

    struct Cancel: DeskCommand {
        static let configuration = CommandConfiguration(
            abstract: "Cancel a message, or some of its recipients.",
            discussion: """
                A recipient whose transaction is past DATA cannot be cancelled any more. The exit status is 0 only if all \
                were that are not final already.
                """)
        @Argument var id: String
        @Argument(help: "Addresses or ids (rcp_…); all, if none is named.") var recipients: [String] = []
        @OptionGroup(title: "Service") var service: ServiceOptions

        func perform(at desk: Desk) throws { try desk.change(id, "cancel", recipients) }
    }

    struct Retry: DeskCommand {
        static let configuration = CommandConfiguration(
            abstract: "Attempt what is queued now, instead of when it is due.")
        @Argument var id: String
        @Argument(help: "Addresses or ids (rcp_…); all, if none is named.") var recipients: [String] = []
        @OptionGroup(title: "Service") var service: ServiceOptions

        func perform(at desk: Desk) throws { try desk.change(id, "retry", recipients) }
    }
}

private func path(of id: String) -> String { "/v1/messages/" + percentEncoded(id) }

extension Desk {
    /// What could not be done is told with its reason, and is a failure but for what was final when nobody was named.
    fileprivate func change(_ id: String, _ verb: String, _ recipients: [String]) throws {
        var body: JSONObject?
        if !recipients.isEmpty {
            body = JSONObject()
            _ = body?.append("recipients", .array(recipients.map(JSONValue.string)))
        }
        let document = try client.document(APIRequest("POST", path(of: id) + "/" + verb, body))
        printer.show(document) { MessageListing($0).text(printer.ink) }
        // Canceled twice is canceled.
        let done = Set(
            document.object.objects("recipients").filter { $0.text("status") == "canceled" }.map { $0.text("id") })
        let skipped = document.object.objects("skipped").filter { verb != "cancel" || !done.contains($0.text("id")) }
        for recipient in skipped {
            let reason = [recipient.text("reason"), recipient.text("detail")].filter { !$0.isEmpty }
            printer.note("\(recipient.text("address")): \(reason.joined(separator: ": "))".printable)
        }
        let isHarmless = recipients.isEmpty && skipped.allSatisfy { $0.text("reason") == "already_final" }
        guard isHarmless || skipped.isEmpty else { throw ExitCode.failure }
    }
}
