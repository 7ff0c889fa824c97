// SuppressCommand.swift — `postrider suppress …`: the addresses that nothing is sent to.

import ArgumentParser
import JSON

struct SuppressCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "suppress", abstract: "See and change which addresses nothing is sent to.",
        subcommands: [Add.self, List.self, Check.self, Remove.self, Import.self, Export.self])

    struct Add: DeskCommand {
        static let configuration = CommandConfiguration(abstract: "Send nothing to an address any more.")
        @Argument var address: String
        @Option(help: "Why, as the API has it; manual by default.") var reason: String?
        @Option(help: ArgumentHelp("For this long.", valueName: "duration")) var expiresAfter: SpelledTime?
        @Option(help: ArgumentHelp("Until then.", valueName: "time")) var expiresAt: String?
        @Option(help: "Why, in your words.") var note: String?
        @OptionGroup(title: "Service") var service: ServiceOptions

        func validate() throws {
            if expiresAt != nil, expiresAfter != nil {
                throw ValidationError("--expires-at and --expires-after: one of them is enough")
            }
        }

        func perform(at desk: Desk) throws {
            try desk.printer.outline(
                desk.document("POST", apiPath("suppressions")) {
                    $0.member("address", address)
                    $0.given("reason", reason)
                    $0.given("expires_after", expiresAfter?.description)
                    $0.given("expires_at", expiresAt)
                    $0.given("note", note)
                })
        }
    }

    struct List: DeskCommand {
        static let configuration = CommandConfiguration(abstract: "List the suppressed addresses, newest first.")
        @Option(help: "bounce, complaint or manual.") var reason: String?
        @Option(help: ArgumentHelp("Addresses at this domain.", valueName: "name")) var domain: String?
        @Option(help: ArgumentHelp("Addresses that begin so.", valueName: "text")) var prefix: String?
        @Option(help: ArgumentHelp("Suppressed at this time or later.", valueName: "time")) var createdAfter: String?
        @OptionGroup var list: ListOptions
        @OptionGroup(title: "Service") var service: ServiceOptions

        func perform(at desk: Desk) throws {
            var query = Query()
            query.add("reason", reason)
            query.add("domain", domain)
            query.add("prefix", prefix)
            query.add("created_after", createdAfter)
            let table = Table(
                .init("ADDRESS", "address"), .init("REASON", "reason"), .init("SINCE", "created_at"),
                .init("UNTIL", "expires_at"), .init("NOTE", "note"))
            try desk.showList(apiPath("suppressions"), where: query, list, as: table, of: "suppressions")
        }
    }

    struct Check: DeskCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show why an address is suppressed; exit status 0 if it is, 1 if it is not.")
        @Argument var address: String
        @OptionGroup(title: "Service") var service: ServiceOptions

        func perform(at desk: Desk) throws {
            do {
                try desk.printer.outline(desk.document("GET", apiPath("suppressions", address)))
            } catch let refusal as ServiceRefusal where refusal.status == 404 && !desk.printer.isJSON {
                try desk.printer.output("\(address.printable) is not suppressed\n")
                throw ExitCode.failure
            }
        }
    }

    struct Remove: DeskCommand {
        static let configuration = CommandConfiguration(abstract: "Send to an address again.")
        @Argument var address: String
        @OptionGroup(title: "Service") var service: ServiceOptions

        func perform(at desk: Desk) throws {
            let address = address
            try desk.printer.show(desk.document("DELETE", apiPath("suppressions", address))) { _ in
                "\(address.printable) is suppressed no more\n"
            }
        }
    }
}
