// Desk.swift — what a command works at: the service that it asks and the place where it prints.

import ArgumentParser
import JSON

struct Desk: Sendable {
    let client: APIClient
    let printer: Printer
}

extension Desk {
    typealias Members = (inout JSONWriter) throws -> Void

    /// One request, with a body of these members.
    func document(_ method: String, _ path: String, _ members: Members? = nil) throws -> Document {
        var request = APIRequest(method, path)
        if let members {
            var writer = JSONWriter()
            try writer.object { try members(&$0) }
            request.body = writer.bytes
        }
        return try client.document(request)
    }
}

/// A command that asks the service.
protocol DeskCommand: ParsableCommand {
    var service: ServiceOptions { get }
    func perform(at desk: Desk) throws
}

extension DeskCommand {
    func run() throws { try run(at: service.desk()) }

    /// Whoever asked for JSON gets the service's refusal as JSON too, on standard error.
    func run(at desk: Desk) throws {
        do {
            try perform(at: desk)
        } catch let refusal as ServiceRefusal where desk.printer.isJSON {
            desk.printer.notes(escapedJSON(refusal.document.bytes) + "\n")
            throw ExitCode.failure
        } catch is ReaderHasGone {
            // Without a word, but no success: what it had to say, or its exit status would, nobody has heard.
            throw ExitCode.failure
        }
    }
}
