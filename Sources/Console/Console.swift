// Console.swift — every command that is run beside the service: what `postrider` offers but `serve`.
//
// A command reads its flags, asks the service's API over HTTP as any program would, and prints what came. It opens no
// store and imports no room that does, but for the signature that `listen` shares with Webhooks.

import ArgumentParser
import Settings

package enum Console {
    package static var groups: [CommandGroup] {
        [
            CommandGroup(name: "Mail", subcommands: [Send.self, MessageCommand.self, Tail.self]),
            CommandGroup(name: "Webhooks", subcommands: [WebhookCommand.self, Listen.self]),
            CommandGroup(
                name: "Administration",
                subcommands: [DomainCommand.self, KeyCommand.self, ProjectCommand.self, SuppressCommand.self]),
            CommandGroup(name: "Service", subcommands: [Healthcheck.self, ShowSettings.self]),
        ]
    }

    /// The command line as the parser can read it: settings, and the value of `--wait=30s`, which it would overlook.
    package static func spellOut(_ arguments: [String]) -> [String] {
        let end = arguments.firstIndex(of: "--") ?? arguments.endIndex
        let options = arguments[..<end].flatMap { argument in
            let value = argument.utf8.dropFirst("--wait=".utf8.count)
            return argument.utf8.starts(with: "--wait=".utf8) ? ["--wait", String(Substring(value))] : [argument]
        }
        return SettingFlags.spellOut(options + arguments[end...])
    }

    /// 0 done, 1 failed, 2 the command line or the settings are wrong: starting again will not help.
    package static func exitStatus(for error: any Error) -> Int32 {
        let code = ServiceOptions.exitCode(for: error)
        return code == .validationFailure || error is SettingsError ? 2 : code.rawValue
    }
}
