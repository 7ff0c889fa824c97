// DomainCommand.swift — `postrider domain …`: sending domains from the command line, by way of the running service.

import ArgumentParser
import Glibc
import Settings

struct DomainCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "domain", abstract: "Set up the domains that mail is sent from.",
        discussion: "Asks the running service at http.listen, with root_key, unless that is in development mode.",
        subcommands: [Add.self, List.self, DNS.self, Verify.self, Rotate.self])

    struct Add: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Add a domain, make its keys, and print the DNS records to publish.")
        @OptionGroup var flags: SettingFlags
        @Argument var name: String

        func run() throws { write(try flags.desk().add(name), to: STDOUT_FILENO) }
    }

    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List the domains and their status, newest first.")
        @OptionGroup var flags: SettingFlags

        func run() throws { write(try flags.desk().list(), to: STDOUT_FILENO) }
    }

    struct DNS: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "dns", abstract: "Print a domain's DNS records, as a zone file has them.")
        @OptionGroup var flags: SettingFlags
        @Argument var name: String

        func run() throws { write(try flags.desk().domain(name).zone(), to: STDOUT_FILENO) }
    }

    struct Verify: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Look a domain's DNS records up; exit status 0 if it is verified, 1 if not.")
        @OptionGroup var flags: SettingFlags
        @Argument var name: String

        func run() throws {
            let domain = try flags.desk().verified(name)
            write(domain.findings, to: STDOUT_FILENO)
            guard domain.status == "verified" else { throw CommandFailure("\(domain.name) is \(domain.status)") }
        }
    }

    struct Rotate: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make new keys for a domain and print their records; once published, let them sign.")
        @OptionGroup var flags: SettingFlags
        @Argument var name: String
        @Flag(help: "Let the new keys whose records are published sign in place of the old.") var activate = false

        func run() throws {
            let desk = try flags.desk()
            write(try activate ? desk.activate(name) : desk.rotate(name), to: STDOUT_FILENO)
        }
    }
}

extension SettingFlags {
    fileprivate func desk() throws -> SendingDomainDesk { SendingDomainDesk(client: try APIClient(load())) }
}
