// Postrider.swift — the program: one command line, one exit status.
//
// Exit status: 0 done, 1 failed, 2 the command line or the settings are wrong (starting again will not help).

import ArgumentParser
import CMalloc
import Glibc
import Settings

@main
struct Postrider: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Sends an application's mail.",
        discussion: """
            Every setting is a flag by its own name (--delivery.port 2525), an environment variable \
            (POSTRIDER_DELIVERY_PORT) and a line of the YAML file; `postrider settings` lists them all.
            """,
        subcommands: [Serve.self, DomainCommand.self, Healthcheck.self, ShowSettings.self])

    static func main() async {
        // A peer that hangs up is an error of one write, never the end of the process.
        signal(SIGPIPE, SIG_IGN)
        DescriptorLimit.raise()
        // What is as large as this goes back to the system when it is free. By itself, glibc raises the bound with each
        // large message and keeps their memory for the next.
        mallopt(M_MMAP_THRESHOLD, 1 << 20)
        do {
            let arguments = SettingFlags.spellOut(Array(CommandLine.arguments.dropFirst()))
            var command = try parseAsRoot(arguments)
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                try command.run()
            }
        } catch {
            leave(because: error)
        }
    }

    private static func leave(because error: any Error) -> Never {
        let code = exitCode(for: error)
        let message = fullMessage(for: error)
        if !message.isEmpty { write(message + "\n", to: code.isSuccess ? STDOUT_FILENO : STDERR_FILENO) }
        Glibc.exit(code == .validationFailure || error is SettingsError ? 2 : code.rawValue)
    }
}

/// At once, past stdio's buffer: whoever started us may wait for this line at the other end of a pipe.
func write(_ text: String, to descriptor: CInt) {
    var rest = Array(text.utf8)[...]
    while !rest.isEmpty {
        let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
        guard count > 0 || errno == EINTR else { return }
        rest = rest.dropFirst(max(0, count))
    }
}
