// LetterOptions.swift — a message on the command line: its header, its text, its files, and how it is to be sent.

import ArgumentParser
import Crypto
import Foundation
import JSON

struct LetterOptions: ParsableArguments {
    @Option(help: ArgumentHelp("The sender: a@b, or 'Name <a@b>'.", valueName: "address"))
    var from: String?
    @Option(parsing: .upToNextOption, help: ArgumentHelp("Recipients.", valueName: "address"))
    var to: [String] = []
    @Option(parsing: .upToNextOption, help: ArgumentHelp("Recipients of a copy.", valueName: "address"))
    var cc: [String] = []
    @Option(parsing: .upToNextOption, help: ArgumentHelp("Recipients whom nobody sees.", valueName: "address"))
    var bcc: [String] = []
    @Option(parsing: .upToNextOption, help: ArgumentHelp("Where answers go.", valueName: "address"))
    var replyTo: [String] = []
    @Option var subject: String?
    @Option(help: ArgumentHelp("The plain text.", valueName: "text"))
    var text: String?
    @Option(help: ArgumentHelp("The plain text, from a file; - is standard input.", valueName: "file"))
    var textFile: String?
    @Option(help: ArgumentHelp("The HTML text.", valueName: "html"))
    var html: String?
    @Option(help: ArgumentHelp("The HTML text, from a file; - is standard input.", valueName: "file"))
    var htmlFile: String?
    @Option(
        name: .customLong("header"), help: ArgumentHelp("A header field: 'X-Campaign: spring'.", valueName: "field"))
    var headers: [HeaderText] = []
    @Option(parsing: .upToNextOption, help: ArgumentHelp("Files to attach.", valueName: "file"))
    var attach: [String] = []
    @Option(
        help: ArgumentHelp(
            "Send this whole message (RFC 5322) as it is; - is standard input. The recipients are those named here.",
            valueName: "file"))
    var raw: String?

    func validate() throws {
        if text != nil, textFile != nil { throw ValidationError("--text and --text-file: one of them is enough") }
        if html != nil, htmlFile != nil { throw ValidationError("--html and --html-file: one of them is enough") }
        if [textFile, htmlFile, raw].count(where: { $0 == "-" }) > 1 {
            throw ValidationError("standard input (-) can be read only once")
        }
    }

    /// For when the whole command line has been understood: whoever wrote --form is to hear of that.
    func checkCompleteness() throws {
        if from == nil, raw == nil { throw ValidationError("--from is missing") }
        if to.isEmpty, cc.isEmpty, bcc.isEmpty {
            throw ValidationError("a message needs a recipient: --to, --cc or --bcc")
        }
    }

    /// The members of a send request that are given, files read.
    func write(to writer: inout JSONWriter) throws {
        writer.given("from", from)
        for (name, list) in [("to", to), ("cc", cc), ("bcc", bcc), ("reply_to", replyTo)] { writer.given(name, list) }
        writer.given("subject", subject)
        writer.given("text", try textFile.map(InputFile.text(of:)) ?? text)
        writer.given("html", try htmlFile.map(InputFile.text(of:)) ?? html)
        try writer.given("headers", headers, of: "--header")
        if !attach.isEmpty { try writer.member("attachments", array: { try writeAttachments(to: &$0) }) }
        writer.given("raw", try raw.map { Base64.encode(try InputFile.bytes(of: $0)) })
    }

    /// The service tells their types by their names.
    private func writeAttachments(to writer: inout JSONWriter) throws {
        for path in attach {
            let content = Base64.encode(try InputFile.bytes(of: path))
            writer.object {
                $0.member("filename", URL(fileURLWithPath: path).lastPathComponent)
                $0.member("content", content)
            }
        }
    }
}

struct SendTerms: ParsableArguments {
    @Option(name: .customLong("tag"), help: ArgumentHelp("For filters and statistics.", valueName: "name=value"))
    var tags: [NamedText] = []
    @Option(help: ArgumentHelp("Yours; comes back in events.", valueName: "name=value"))
    var metadata: [NamedText] = []
    @Option(help: ArgumentHelp("Your own name for the message.", valueName: "id"))
    var externalId: String?
    @Option(help: ArgumentHelp("When to send it: 2026-12-24T18:00:00Z.", valueName: "time"))
    var sendAt: String?
    @Option(help: ArgumentHelp("Give up after this long: 10m, 4h.", valueName: "duration"))
    var expiresAfter: SpelledTime?
    @Option(help: ArgumentHelp("opportunistic, or required: never in clear text.", valueName: "policy"))
    var tls: String?
    @Option(help: ArgumentHelp("Where bounces go.", valueName: "address"))
    var returnPath: String?
    @Flag(help: "Send also to suppressed addresses; the key needs the scope for it.")
    var ignoreSuppressions = false

    func write(to writer: inout JSONWriter) throws {
        try writer.given("tags", tags, of: "--tag")
        try writer.given("metadata", metadata, of: "--metadata")
        writer.given("external_id", externalId)
        writer.given("send_at", sendAt)
        writer.given("expires_after", expiresAfter?.description)
        writer.given("tls", tls)
        writer.given("return_path", returnPath)
        if ignoreSuppressions { writer.member("suppressions", "ignore") }
    }
}
