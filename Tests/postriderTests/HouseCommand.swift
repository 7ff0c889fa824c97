// HouseCommand.swift — a command of the program's, run against a house that is open.

import ArgumentParser
import Foundation
import JSON
import Synchronization

@testable import Console
@testable import postrider

struct HouseCommand: Sendable {
    let output: String
    let notes: String
    /// What the program would say at its end.
    let message: String
    let status: Int32

    static func run(_ arguments: String..., at house: OpenHouse, key: String? = nil) async -> HouseCommand {
        await run(arguments, at: house, key: key)
    }

    /// On a thread of its own, as it blocks.
    /// - key: of nobody, if the house needs none.
    /// - isRead: whether what it prints is.
    static func run(
        _ arguments: [String], at house: OpenHouse, key: String? = nil,
        isRead: @escaping @Sendable () -> Bool = { true }
    ) async -> HouseCommand {
        var variables = ["POSTRIDER_URL": "http://127.0.0.1:\(house.client.port)"]
        variables["POSTRIDER_API_KEY"] = key
        let environment = variables
        return await withCheckedContinuation { continuation in
            Thread.detachNewThread { continuation.resume(returning: run(arguments, environment, isRead)) }
        }
    }

    /// What came with --json.
    var json: JSONObject { (try? JSONValue(parsing: Array(output.utf8)))?.object ?? JSONObject() }

    private static func run(
        _ arguments: [String], _ environment: [String: String], _ isRead: @escaping @Sendable () -> Bool
    ) -> HouseCommand {
        let output = Mutex(""), notes = Mutex("")
        var (message, status) = ("", Int32(0))
        do {
            guard let command = try Postrider.parseAsRoot(Console.spellOut(arguments)) as? any DeskCommand else {
                throw CommandFailure("\(arguments) asks no service")
            }
            let desk = try command.service.desk(environment: environment)
            var printer = desk.printer
            printer.ink = .none
            printer.isRead = isRead
            printer.output = { text in output.withLock { $0 += text } }
            printer.notes = { text in notes.withLock { $0 += text } }
            try command.run(at: Desk(client: desk.client, printer: printer))
        } catch {
            (message, status) = (Postrider.message(for: error), Console.exitStatus(for: error))
        }
        return HouseCommand(
            output: output.withLock { $0 }, notes: notes.withLock { $0 }, message: message, status: status)
    }
}
