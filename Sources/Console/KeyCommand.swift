// KeyCommand.swift — `postrider key …`: who may use the API, and for what.

import ArgumentParser
import JSON

struct KeyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "key", abstract: "Make and take away the keys that programs use the API with.",
        subcommands: [Add.self, List.self, Show.self, Change.self, Roll.self, Revoke.self, WhoAmI.self])

    struct Add: DeskCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make a key and print it, this once.",
            discussion: """
                Scopes: messages:send, messages:read, messages:content, events:read, webhooks, suppressions, domains, \
                queue, keys, metrics.

                  postrider key add billing --scopes messages:send --from-domains acme.example
                """)
        @Argument(help: "What it is called in lists.") var name: String
        @Option(help: "live, or sandbox: what is sent with it stays on the service's machine.") var mode: String?
        @Option(help: ArgumentHelp("Of this project (prj_…).", valueName: "id")) var project: String?
        @OptionGroup(title: "What it may do") var grant: GrantOptions
        @OptionGroup(title: "Service") var service: ServiceOptions

        func perform(at desk: Desk) throws {
            try desk.printer.outline(
                desk.document("POST", apiPath("api-keys")) {
                    $0.member("name", name)
                    $0.given("mode", mode)
                    $0.given("project", project)
                    grant.write(to: &$0)
                })
        }
    }

    struct Change: DeskCommand {
        static let configuration = CommandConfiguration(
            abstract: "Change what a key may do: what is given, and no more.",
            discussion: "`any` takes a bound away: --from-domains any, --allowed-ips any, --expires-at any.")
        @Argument var id: String
        @Option(help: "What it is called in lists.") var name: String?
        @OptionGroup(title: "What it may do") var grant: GrantOptions
        @OptionGroup(title: "Service") var service: ServiceOptions

        func perform(at desk: Desk) throws {
            try desk.printer.outline(
                desk.document("PATCH", apiPath("api-keys", id)) {
                    $0.given("name", name)
                    grant.write(to: &$0)
                })
        }
    }

    struct List: DeskCommand {
        static let configuration = CommandConfiguration(abstract: "List the keys, newest first.")
        @OptionGroup var list: ListOptions
        @OptionGroup(title: "Service") var service: ServiceOptions

        func perform(at desk: Desk) throws {
            let table = Table(
                .init("ID", "id"), .init("NAME", "name"), .init("KEY", "prefix"), .init("MODE", "mode"),
                .init("LAST USED", "last_used_at"), .init("EXPIRES", "expires_at"), .init("SCOPES", "scopes"))
            try desk.showList(apiPath("api-keys"), list, as: table, of: "keys")
        }
    }

    struct Show: DeskCommand {
        static let configuration = CommandConfiguration(abstract: "Show what a key may do, but not the key.")
        @Argument var id: String
        @OptionGroup(title: "Service") var service: ServiceOptions

        func perform(at desk: Desk) throws { try desk.printer.outline(desk.document("GET", apiPath("api-keys", id))) }
    }

    struct Roll: DeskCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make a key's successor and print it, this once; the old one is good while the grace lasts.")
        @Argument var id: String
        @Option(help: ArgumentHelp("How long the old one is good.", valueName: "duration")) var grace: SpelledTime?
        @OptionGroup(title: "Service") var service: ServiceOptions

        func perform(at desk: Desk) throws {
            try desk.printer.outline(desk.document("POST", apiPath("api-keys", id, "roll"), grace.map(\.asGrace)))
        }
    }

    struct Revoke: DeskCommand {
        static let configuration = CommandConfiguration(abstract: "Take a key away, from now on.")
        @Argument var id: String
        @OptionGroup(title: "Service") var service: ServiceOptions

        func perform(at desk: Desk) throws {
            try desk.printer.show(desk.document("DELETE", apiPath("api-keys", id))) {
                "\($0.text("id").printable) is revoked\n"
            }
        }
    }

    struct WhoAmI: DeskCommand {
        static let configuration = CommandConfiguration(
            commandName: "whoami", abstract: "Show what the key that you ask with may do.")
        @OptionGroup(title: "Service") var service: ServiceOptions

        func perform(at desk: Desk) throws {
            try desk.printer.outline(desk.document("GET", apiPath("whoami")))
        }
    }
}
