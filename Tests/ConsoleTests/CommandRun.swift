// CommandRun.swift — one command as the program runs it, with what it printed and how it ended.

import ArgumentParser
import Foundation
import Synchronization
import TestSupport
import Testing

@testable import Console

struct CommandRun: Sendable {
    let output: String
    let notes: String
    /// What the program would say at its end.
    let message: String
    let status: Int32
    let pauses: [Duration]

    private struct Root: ParsableCommand {
        static let configuration = CommandConfiguration(commandName: "postrider", groupedSubcommands: Console.groups)
    }

    static func of(
        _ arguments: String..., at service: ScriptedService? = nil, key: String? = nil, coloured: Bool = false
    ) async -> CommandRun {
        await of(arguments, at: service, key: key, coloured: coloured)
    }

    /// On a thread of its own, as it blocks. Without a `service` the command must not ask one.
    /// - descriptor: what it prints goes there instead.
    static func of(
        _ arguments: [String], at service: ScriptedService? = nil, key: String? = nil, coloured: Bool = false,
        to descriptor: CInt? = nil
    ) async -> CommandRun {
        var environment = ["POSTRIDER_URL": service.map { "http://\($0.address.reachable)" } ?? "http://127.0.0.1:1"]
        environment["POSTRIDER_API_KEY"] = key
        let setting = environment
        return await withCheckedContinuation { continuation in
            Thread.detachNewThread {
                continuation.resume(returning: run(arguments, setting, coloured, descriptor))
            }
        }
    }

    private static func run(
        _ arguments: [String], _ environment: [String: String], _ coloured: Bool, _ descriptor: CInt?
    ) -> CommandRun {
        let output = Mutex(""), notes = Mutex(""), pauses = Mutex<[Duration]>([])
        let outcome = Result {
            let command = try Root.parseAsRoot(Console.spellOut(arguments))
            guard let command = command as? any DeskCommand else {
                var command = command
                return try command.run()
            }
            let desk = try command.service.desk(environment: environment)
            var (client, printer) = (desk.client, desk.printer)
            client.pause = { pause in pauses.withLock { $0.append(pause) } }
            printer.ink = Ink(isColoured: coloured && !printer.isJSON)
            printer.output = { text in
                if let descriptor { return try printOut(text, to: descriptor) }
                output.withLock { $0 += text }
            }
            printer.isRead = { descriptor.map { hasReader($0) } ?? true }
            printer.notes = { text in notes.withLock { $0 += text } }
            try command.run(at: Desk(client: client, printer: printer))
        }
        var (message, status) = ("", Int32(0))
        if case .failure(let error) = outcome {
            (message, status) = (Root.message(for: error), Console.exitStatus(for: error))
        }
        return CommandRun(
            output: output.withLock { $0 }, notes: notes.withLock { $0 }, message: message, status: status,
            pauses: pauses.withLock { $0 })
    }
}
