// Printer.swift — where a command's words go: as text for people, or as the API's JSON.

import Glibc
import JSON

struct Printer: Sendable {
    /// The API's JSON, as it came, instead of text: one document on one line each.
    var isJSON = false
    var ink = Ink.none
    /// Whether a person sees the output as it is written.
    var isTerminal = false
    /// Standard output. What it throws ends the command.
    var output: @Sendable (String) throws -> Void = { try printOut($0) }
    /// Whether anybody still reads that.
    var isRead: @Sendable () -> Bool = { hasReader() }
    /// Standard error: what is no part of the answer.
    var notes: @Sendable (String) -> Void = { _ = write($0, to: STDERR_FILENO) }

    /// Prints the document, or `text` of it, which ends with a newline.
    func show(_ document: Document, _ text: (JSONObject) -> String) throws {
        if isJSON { try json(document.bytes) } else { try output(text(document.object)) }
    }

    func outline(_ document: Document) throws { try show(document) { Outline.text(of: $0, ink: ink) } }

    /// One line for each, or a table.
    func list(_ rows: [JSONObject], as table: Table, ifEmpty nothing: String) throws {
        if isJSON {
            for row in rows { try json(JSONValue.object(row).bytes) }
        } else {
            try output(rows.isEmpty ? nothing + "\n" : table.text(of: rows, ink: ink))
        }
    }

    func json(_ bytes: [UInt8]) throws { try output(escapedJSON(bytes) + "\n") }

    /// A file's text: unchanged into a file or a pipe, harmless on a terminal.
    func file(_ text: String) throws { try output(isTerminal ? text.printableLines : text) }

    func note(_ text: String) { notes(ink.paint("postrider: " + text, .faint) + "\n") }
}
