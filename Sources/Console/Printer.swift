// Printer.swift — where a command's words go: as text for people, or as the API's JSON.

import Glibc
import JSON

struct Printer: Sendable {
    /// The API's JSON, as it came, instead of text: one document on one line each.
    var isJSON = false
    var ink = Ink.none
    /// Whether a person sees the output as it is written.
    var isTerminal = false
    /// Standard output.
    var output: @Sendable (String) -> Void = { write($0, to: STDOUT_FILENO) }
    /// Standard error: what is no part of the answer.
    var notes: @Sendable (String) -> Void = { write($0, to: STDERR_FILENO) }

    /// Prints the document, or `text` of it, which ends with a newline.
    func show(_ document: Document, _ text: (JSONObject) -> String) {
        if isJSON { json(document.bytes) } else { output(text(document.object)) }
    }

    func outline(_ document: Document) { show(document) { Outline.text(of: $0, ink: ink) } }

    /// One line for each, or a table.
    func list(_ rows: [JSONObject], as table: Table, ifEmpty nothing: String) {
        if isJSON {
            for row in rows { json(JSONValue.object(row).bytes) }
        } else {
            output(rows.isEmpty ? nothing + "\n" : table.text(of: rows, ink: ink))
        }
    }

    func json(_ bytes: [UInt8]) { output(escapedJSON(bytes) + "\n") }

    /// A file's text: unchanged into a file or a pipe, harmless on a terminal.
    func file(_ text: String) { output(isTerminal ? text.printableLines : text) }

    func note(_ text: String) { notes(ink.paint("postrider: " + text, .faint) + "\n") }
}
