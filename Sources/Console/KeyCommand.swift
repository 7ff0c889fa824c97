// KeyCommand.swift — `postrider key …`: who may use the API, and for what.

import ArgumentParser
import JSON

struct KeyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "key", abstract: "Make and take away the keys that programs use the API with.",
        subcommands: [Add.self, List.self, Show.self, Roll.self, Revoke.self, WhoAmI.self])

    struct Add: DeskCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make a key and print it, this once.",
            discussion: """
                Scopes: messages:send, messages:read, messages:content, events:read, webhooks, suppressions, domains, \
                queue, keys, metrics.

                  postrider key add billing --scopes messages:send --from-domains acme.example
                """)
        @Argument(help: "What it is called in lists.") var name: String
        @Option(parsing: .upToNextOption, help: ArgumentHelp("What it may do.", valueName: "scope"))
        var scopes: [String] = []
        @Option(parsing: .upToNextOption, help: ArgumentHelp("Send only from these.", valueName: "domain"))
        var fromDomains: [String] = []
        @Option(
            name: .customLong("allowed-ips"), parsing: .upToNextOption,
            help: ArgumentHelp("Use it only from these networks.", valueName: "cidr"))
        var allowedIPs: [String] = []
        @Option(help: ArgumentHelp("Good until then.", valueName: "time")) var expiresAt: String?
        @Option(help: "live, or sandbox: what is sent with it stays on the service's machine.") var mode: String?
        @Option(help: ArgumentHelp("Requests a second.", valueName: "count")) var rateLimit: Int?
        @Option(help: ArgumentHelp("Of this project (prj_…).", valueName: "id")) var project: String?
        @OptionGroup(title: "Service") var service: ServiceOptions

        func perform(at desk: Desk) throws {
            desk.printer.outline(
                try desk.key("POST", "") {
                    $0.member("name", name)
                    $0.given("scopes", listed(scopes))
                    $0.given("from_domains", listed(fromDomains))
                    $0.given("allowed_ips", listed(allowedIPs))
                    $0.given("expires_at", expiresAt)
                    $0.given("mode", mode)
                    if let rateLimit { $0.member("rate_limit", rateLimit) }
                    $0.given("project", project)
                })
        }

        private func listed(_ texts: [String]) -> [String] {
            texts.flatMap { $0.split(separator: ",").map(String.init) }
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
            try desk.showList("/v1/api-keys", list, as: table, of: "keys")
        }
    }

    struct Show: DeskCommand {
        static let configuration = CommandConfiguration(abstract: "Show what a key may do, but not the key.")
        @Argument var id: String
        @OptionGroup(title: "Service") var service: ServiceOptions

        func perform(at desk: Desk) throws { desk.printer.outline(try desk.key("GET", id)) }
    }

    struct Roll: DeskCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make a key's successor and print it, this once; the old one is good while the grace lasts.")
        @Argument var id: String
        @Option(help: ArgumentHelp("How long the old one is good.", valueName: "duration")) var grace: SpelledTime?
        @OptionGroup(title: "Service") var service: ServiceOptions

        func perform(at desk: Desk) throws {
            let members: ((inout JSONWriter) -> Void)? = grace.map { grace in
                { $0.member("grace_seconds", grace.wholeSeconds) }
            }
            desk.printer.outline(try desk.key("POST", id, "/roll", members))
        }
    }

    struct Revoke: DeskCommand {
        static let configuration = CommandConfiguration(abstract: "Take a key away, from now on.")
        @Argument var id: String
        @OptionGroup(title: "Service") var service: ServiceOptions

        func perform(at desk: Desk) throws {
            desk.printer.show(try desk.key("DELETE", id)) { "\($0.text("id").printable) is revoked\n" }
        }
    }

    struct WhoAmI: DeskCommand {
        static let configuration = CommandConfiguration(
            commandName: "whoami", abstract: "Show what the key that you ask with may do.")
        @OptionGroup(title: "Service") var service: ServiceOptions

        func perform(at desk: Desk) throws {
            desk.printer.outline(try desk.client.document(APIRequest("GET", "/v1/whoami")))
        }
    }
}

extension Desk {
    /// One request about a key; `id` is empty for all of them.
    fileprivate func key(
        _ method: String, _ id: String, _ rest: String = "", _ members: ((inout JSONWriter) throws -> Void)? = nil
    ) throws -> Document {
        try document(method, "/v1/api-keys" + (id.isEmpty ? "" : "/" + percentEncoded(id)) + rest, members)
    }
}
