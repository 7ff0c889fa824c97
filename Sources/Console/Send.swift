// Send.swift — `postrider send`: one message, and if asked what becomes of it.

import ArgumentParser
import Crypto
import JSON

struct Send: DeskCommand {
    static let configuration = CommandConfiguration(
        abstract: "Send a message.",
        discussion: """
            Prints its id once it is safely queued, and with --wait later what became of it; the exit status is then 0 \
            only if every recipient's server has accepted it. A lost answer is asked for again under the same \
            idempotency key: nothing is sent twice.

              postrider send --from hello@acme.example --to bob@example.net --subject Hello --text 'It works.'
              git log -1 | postrider send --from ci@acme.example --to dev@acme.example --subject Log --text-file -
            """)

    @OptionGroup(title: "Message") var letter: LetterOptions
    @OptionGroup(title: "Terms") var terms: SendTerms

    @Option(
        help: ArgumentHelp(
            "What a repeated command has in common with the first, so that it sends nothing. By default a fresh one.",
            valueName: "key"))
    var idempotencyKey: String?

    @Option(
        defaultAsFlag: SpelledTime(.seconds(60)),
        help: ArgumentHelp("Wait this long at most until every recipient is final.", valueName: "duration"))
    var wait: SpelledTime?

    @Flag(help: "Show what would be sent, and where to; send nothing.")
    var dryRun = false

    @OptionGroup(title: "Service") var service: ServiceOptions

    func validate() throws {
        if dryRun, wait != nil { throw ValidationError("--dry-run sends nothing that --wait could wait for") }
    }

    func perform(at desk: Desk) throws {
        try letter.checkCompleteness()
        if dryRun { return try rehearse(at: desk) }
        guard let wait else {
            return try desk.printer.show(accepted(at: desk)) { MessageListing($0).line(desk.printer.ink) }
        }
        let outcome = MessageOutcome(client: desk.client, patience: wait.duration)
        let document = try outcome.settled(acceptedForNow(at: desk, outcome))
        let message = MessageListing(document.object)
        try desk.printer.show(document) { _ in message.text(desk.printer.ink) }
        guard !message.isDelivered else { return }
        if !message.isFinal { desk.printer.note("not final after \(outcome.patience.spelled)") }
        throw ExitCode.failure
    }

    private func accepted(at desk: Desk, asking: (APIRequest) -> APIRequest = { $0 }) throws -> Document {
        let document = try desk.client.document(asking(request()))
        desk.warn(of: document)
        return document
    }

    /// Says at once under which id it waits. JSON is one document only, that of the end: it needs no early answer.
    private func acceptedForNow(at desk: Desk, _ outcome: MessageOutcome) throws -> Document {
        guard !desk.printer.isJSON else { return try accepted(at: desk, asking: outcome.asking) }
        let document = try accepted(at: desk)
        let message = MessageListing(document.object)
        if !message.isFinal { try desk.printer.output(message.line(desk.printer.ink)) }
        return document
    }

    private func rehearse(at desk: Desk) throws {
        var request = APIRequest("POST", apiPath("messages") + "?dry_run=true")
        (request.body, request.isRepeatable) = (try body(), true)
        let document = try desk.client.document(request)
        desk.warn(of: document)
        try desk.printer.show(document) { DryRunListing($0).text(desk.printer.ink) }
    }

    private func request() throws -> APIRequest {
        var request = APIRequest("POST", apiPath("messages"))
        request.body = try body()
        request.setIdempotencyKey(idempotencyKey ?? Hex.encode(.random(count: 16)))
        return request
    }

    private func body() throws -> [UInt8] {
        var writer = JSONWriter()
        try writer.object {
            try letter.write(to: &$0)
            try terms.write(to: &$0)
        }
        return writer.bytes
    }
}

extension Desk {
    fileprivate func warn(of document: Document) {
        for warning in document.object.objects("warnings") {
            printer.note("warning: \(warning.text("pointer")): \(warning.text("detail"))".printable)
        }
    }
}
