// ProjectCommand.swift — `postrider project …`: tenants that see nothing of each other; for the root key alone.

import ArgumentParser
import JSON

struct ProjectCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "project", abstract: "Keep tenants apart, each with keys of its own.",
        discussion: """
            Asks with the root key. What is sent, suppressed or set up with a project's key is seen by no other:

              postrider project add customer-7
              postrider key add app --project prj_… --scopes messages:send
            """, subcommands: [Add.self, List.self, Rename.self, Remove.self])

    struct Add: DeskCommand {
        static let configuration = CommandConfiguration(abstract: "Make a project.")
        @Argument(help: "What it is called in lists.") var name: String
        @OptionGroup(title: "Service") var service: ServiceOptions

        func perform(at desk: Desk) throws {
            try desk.printer.outline(desk.document("POST", apiPath("projects")) { $0.member("name", name) })
        }
    }

    struct List: DeskCommand {
        static let configuration = CommandConfiguration(abstract: "List the projects, newest first.")
        @OptionGroup var list: ListOptions
        @OptionGroup(title: "Service") var service: ServiceOptions

        func perform(at desk: Desk) throws {
            let table = Table(.init("ID", "id"), .init("NAME", "name"), .init("CREATED", "created_at"))
            try desk.showList(apiPath("projects"), list, as: table, of: "projects")
        }
    }

    struct Rename: DeskCommand {
        static let configuration = CommandConfiguration(abstract: "Call a project something else.")
        @Argument var id: String
        @Argument var name: String
        @OptionGroup(title: "Service") var service: ServiceOptions

        func perform(at desk: Desk) throws {
            try desk.printer.outline(
                desk.document("PATCH", apiPath("projects", id)) { $0.member("name", name) })
        }
    }

    struct Remove: DeskCommand {
        static let configuration = CommandConfiguration(
            abstract: "Remove a project with nothing queued, and revoke its keys.")
        @Argument var id: String
        @OptionGroup(title: "Service") var service: ServiceOptions

        func perform(at desk: Desk) throws {
            try desk.printer.show(desk.document("DELETE", apiPath("projects", id))) {
                "\($0.text("id").printable) is removed\n"
            }
        }
    }
}
