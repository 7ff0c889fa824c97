// Postrider.swift — the program: one command line, one exit status.
//
// Exit status: 0 done, 1 failed, 2 the command line or the settings are wrong (starting again will not help).

import ArgumentParser
import CMalloc
import Console
import Glibc

@main
struct Postrider: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Sends an application's mail.",
        discussion: """
            Every setting is a flag by its own name (--delivery.port 2525), an environment variable \
            (POSTRIDER_DELIVERY_PORT) and a line of the YAML file; `postrider settings` lists them all.

            The commands but `serve` ask a running service over HTTP: the one at POSTRIDER_URL, with the key in \
            POSTRIDER_API_KEY; or, without those, this machine's, at http.listen with root_key.
            """,
        subcommands: [Serve.self, OpenAPICommand.self], groupedSubcommands: Console.groups)

    static func main() async {
        // A peer that hangs up is an error of one write, never the end of the process.
        signal(SIGPIPE, SIG_IGN)
        DescriptorLimit.raise()
        // What is as large as this goes back to the system when it is free. By itself, glibc raises the bound with each
        // large message and keeps their memory for the next.
        mallopt(M_MMAP_THRESHOLD, 1 << 20)
        // What is smaller is needed again at once: to give it back and take it again costs more than it frees.
        mallopt(M_TRIM_THRESHOLD, 16 << 20)
        var parsed: (any ParsableCommand.Type)?
        do {
            let arguments = Console.spellOut(Array(CommandLine.arguments.dropFirst()))
            var command = try parseAsRoot(arguments)
            parsed = type(of: command)
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                try command.run()
            }
        } catch {
            leave(because: error, in: parsed)
        }
    }

    private static func leave(because error: any Error, in command: (any ParsableCommand.Type)?) -> Never {
        let code = exitCode(for: error)
        var message = fullMessage(for: error)
        // Of what a command itself finds wrong with its line, the parser knows not which command that was.
        if let error = error as? ValidationError, let command {
            message = "Error: \(error.message)\nUsage: \(usageString(for: command))"
        }
        if !message.isEmpty { write(message + "\n", to: code.isSuccess ? STDOUT_FILENO : STDERR_FILENO) }
        Glibc.exit(Console.exitStatus(for: error))
    }
}
