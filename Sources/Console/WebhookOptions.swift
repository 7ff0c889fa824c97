// WebhookOptions.swift — what an endpoint is made of, on the command line.

import ArgumentParser
import JSON

struct WebhookOptions: ParsableArguments {
    @Option(
        parsing: .upToNextOption,
        help: ArgumentHelp("Post only these, as message.bounced; with commas or blanks between.", valueName: "type"))
    var types: [String] = []
    @Option(
        name: .customLong("tag"),
        help: ArgumentHelp("Only of messages with this tag; with several, with all of them.", valueName: "name=value"))
    var tags: [NamedText] = []
    @Option(
        name: .customLong("header"),
        help: ArgumentHelp("A header field for each post: 'X-Token: …'.", valueName: "field"))
    var headers: [HeaderText] = []
    @Option(help: ArgumentHelp("How long the receiver may take for its answer.", valueName: "seconds"))
    var timeoutSeconds: Int?
    @Option(help: ArgumentHelp("How many posts may be under way at once.", valueName: "count"))
    var maxConcurrency: Int?
    @Option(help: "What it is for, in your words.")
    var description: String?

    /// In a change, what has no value is taken away, and `all` takes every type.
    func write(to writer: inout JSONWriter, isChange: Bool = false) throws {
        if isChange, types == ["all"] {
            writer.member("types", .null)
        } else {
            writer.given("types", listed(types))
        }
        try writer.given("tags", tags, of: "--tag", clearing: isChange)
        try writer.given("headers", headers, of: "--header", clearing: isChange)
        writer.given("timeout_seconds", timeoutSeconds)
        writer.given("max_concurrency", maxConcurrency)
        writer.given("description", description)
    }
}

/// A span of events to post again.
struct ReplayOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Events of this time or later.", valueName: "time")) var since: String?
    @Option(help: ArgumentHelp("Events before this time.", valueName: "time")) var until: String?
    @Option(parsing: .upToNextOption, help: ArgumentHelp("Only these types.", valueName: "type"))
    var types: [String] = []
    @Flag(help: "All whose posts failed.") var failed = false

    func validate() throws {
        if !failed, since == nil {
            throw ValidationError("say which events: --since, with --until if it ends, or --failed")
        }
    }

    func write(to writer: inout JSONWriter) {
        writer.given("since", since)
        writer.given("until", until)
        writer.given("types", listed(types))
        if failed { writer.member("failed", true) }
    }
}
