// DomainCommand.swift — `postrider domain …`: sending domains from the command line, by way of the running service.

import ArgumentParser
import JSON

struct DomainCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "domain", abstract: "Set up the domains that mail is sent from.",
        subcommands: [Add.self, List.self, DNS.self, Verify.self, Rotate.self, Remove.self])

    struct Add: DeskCommand {
        static let configuration = CommandConfiguration(
            abstract: "Add a domain, make its keys, and print the DNS records to publish.")
        @Argument var name: String
        @OptionGroup(title: "Service") var service: ServiceOptions

        func perform(at desk: Desk) throws {
            try desk.printer.show(desk.document("POST", apiPath("domains")) { $0.member("name", name) }) { object in
                let domain = SendingDomainListing(object)
                return domain.zone() + "; publish these, then: postrider domain verify \(domain.name)\n"
            }
        }
    }

    struct List: DeskCommand {
        static let configuration = CommandConfiguration(abstract: "List the domains and their status, newest first.")
        @OptionGroup(title: "Service") var service: ServiceOptions

        func perform(at desk: Desk) throws {
            let table = Table(.init("STATUS", "status"), .init("NAME", "name"), .init("CHECKED", "checked_at"))
            try desk.printer.list(desk.client.wholeList(apiPath("domains")), as: table, ifEmpty: "no domains")
        }
    }

    struct DNS: DeskCommand {
        static let configuration = CommandConfiguration(
            commandName: "dns", abstract: "Print a domain's DNS records, as a zone file has them.")
        @Argument var name: String
        @OptionGroup(title: "Service") var service: ServiceOptions

        func perform(at desk: Desk) throws {
            try desk.printer.show(desk.document("GET", apiPath("domains", name))) { SendingDomainListing($0).zone() }
        }
    }

    struct Verify: DeskCommand {
        static let configuration = CommandConfiguration(
            abstract: "Look a domain's DNS records up; exit status 0 if it is verified, 1 if not.")
        @Argument var name: String
        @OptionGroup(title: "Service") var service: ServiceOptions

        func perform(at desk: Desk) throws {
            let document = try desk.document("POST", apiPath("domains", name, "verify"))
            let domain = SendingDomainListing(document.object)
            try desk.printer.show(document) { _ in domain.findings }
            guard domain.status == "verified" else { throw CommandFailure("\(domain.name) is \(domain.status)") }
        }
    }

    struct Remove: DeskCommand {
        static let configuration = CommandConfiguration(
            abstract: "Remove a domain with its keys: its mail is signed no more.")
        @Argument var name: String
        @OptionGroup(title: "Service") var service: ServiceOptions

        func perform(at desk: Desk) throws {
            try desk.printer.show(desk.document("DELETE", apiPath("domains", name))) {
                "\($0.text("name").printable) is removed\n"
            }
        }
    }
}
