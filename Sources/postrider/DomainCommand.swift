// DomainCommand.swift — `postrider domain …`: sending domains from the command line, by way of the running service.

import ArgumentParser
import Foundation
import Glibc
import JSON
import Settings

struct DomainCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "domain", abstract: "Set up the domains that mail is sent from.",
        discussion: """
            Asks the running service at http.listen, with root_key, unless that is in development mode.
            """,
        subcommands: [Add.self, List.self, DNS.self, Verify.self, Rotate.self])

    struct Add: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Add a domain, make its keys, and print the DNS records to publish.")
        @OptionGroup var flags: SettingFlags
        @Argument var name: String

        func run() throws {
            var body = JSONObject()
            _ = body.append("name", .string(name))
            let domain = SendingDomainListing(try APIClient(flags.load()).object("POST", "/v1/domains", body))
            write(domain.zone, to: STDOUT_FILENO)
            write("; publish these, then: postrider domain verify \(domain.name)\n", to: STDOUT_FILENO)
        }
    }

    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List the domains and their status, newest first.")
        @OptionGroup var flags: SettingFlags

        func run() throws {
            let client = try APIClient(flags.load())
            var path: String? = "/v1/domains?limit=200"
            while let page = try path.map({ try client.object("GET", $0) }) {
                let domains = (page["data"]?.array ?? []).compactMap(\.object).map(SendingDomainListing.init)
                for domain in domains { write("\(domain.status)\t\(domain.name)\n", to: STDOUT_FILENO) }
                path = page["next_cursor"]?.string.map { "/v1/domains?limit=200&cursor=\($0)" }
            }
        }
    }

    struct DNS: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "dns", abstract: "Print a domain's DNS records, as a zone file has them.")
        @OptionGroup var flags: SettingFlags
        @Argument var name: String

        func run() throws {
            let domain = SendingDomainListing(try APIClient(flags.load()).object("GET", path(of: name)))
            write(domain.zone, to: STDOUT_FILENO)
        }
    }

    struct Verify: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Look a domain's DNS records up; exit status 0 if it is verified, 1 if not.")
        @OptionGroup var flags: SettingFlags
        @Argument var name: String

        func run() throws {
            let domain = SendingDomainListing(
                try APIClient(flags.load()).object("POST", path(of: name) + "/verify"))
            write(domain.findings, to: STDOUT_FILENO)
            guard domain.status == "verified" else { throw CommandFailure("\(domain.name) is \(domain.status)") }
        }
    }

    struct Rotate: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make new keys for a domain; then, with --activate, let those whose records are published sign.")
        @OptionGroup var flags: SettingFlags
        @Argument var name: String
        @Flag(help: "Let the new keys sign in place of the old.") var activate = false

        func run() throws {
            let client = try APIClient(flags.load())
            guard activate else {
                let domain = SendingDomainListing(try client.object("POST", path(of: name) + "/dkim-keys"))
                write(domain.zone, to: STDOUT_FILENO)
                write("; publish these, then: postrider domain rotate \(domain.name) --activate\n", to: STDOUT_FILENO)
                return
            }
            let keys = SendingDomainListing(try client.object("GET", path(of: name))).keys
            let waiting = keys.filter { $0.state == "publishing" }
            guard !waiting.isEmpty else { throw CommandFailure("no new key of \(name) waits to be activated") }
            for key in waiting {
                _ = try client.object("POST", path(of: name) + "/dkim-keys/\(key.selector)/activate")
                write("\(key.selector) signs now\n", to: STDOUT_FILENO)
            }
        }
    }
}

/// `name` as the user wrote it: the service reads U-labels and A-labels.
private func path(of name: String) -> String {
    "/v1/domains/" + (name.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? name)
}
