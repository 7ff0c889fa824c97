// MessageCommand+Changes.swift — `postrider message …`: what can still be changed of a message.

import ArgumentParser
import JSON

extension MessageCommand {
    struct Edit: DeskCommand {
        static let configuration = CommandConfiguration(
            abstract: "Change when a scheduled message is sent, and how long is tried.")
        @Argument var id: String
        @Option(help: ArgumentHelp("2026-12-24T18:00:00Z, or now.", valueName: "time")) var sendAt: String?
        @Option(help: ArgumentHelp("Give up after this long: 10m, 4h.", valueName: "duration"))
        var expiresAfter: SpelledTime?
        @OptionGroup(title: "Service") var service: ServiceOptions

        func validate() throws {
            if sendAt == nil, expiresAfter == nil {
                throw ValidationError("say what is to change: --send-at, --expires-after, or both")
            }
        }

        func perform(at desk: Desk) throws {
            let document = try desk.document("PATCH", apiPath("messages", id)) {
                if sendAt == "now" { $0.member("send_at", .null) } else { $0.given("send_at", sendAt) }
                $0.given("expires_after", expiresAfter?.description)
            }
            try desk.printer.show(document) { MessageListing($0).text(desk.printer.ink) }
        }
    }

    struct Cancel: DeskCommand {
        static let configuration = CommandConfiguration(
            abstract: "Cancel a message, or some of its recipients.",
            discussion: """
                A recipient whose transaction is past DATA cannot be cancelled any more. The exit status is 0 only if all \
                were that are not final already.
                """)
        @Argument var id: String
        @Argument(help: "Addresses or ids (rcp_…); all, if none is named.") var recipients: [String] = []
        @OptionGroup(title: "Service") var service: ServiceOptions

        func perform(at desk: Desk) throws { try desk.change(id, "cancel", recipients) }
    }

    struct Retry: DeskCommand {
        static let configuration = CommandConfiguration(
            abstract: "Attempt what is queued now, instead of when it is due.")
        @Argument var id: String
        @Argument(help: "Addresses or ids (rcp_…); all, if none is named.") var recipients: [String] = []
        @OptionGroup(title: "Service") var service: ServiceOptions

        func perform(at desk: Desk) throws { try desk.change(id, "retry", recipients) }
    }

    struct Erase: DeskCommand {
        static let configuration = CommandConfiguration(
            abstract: "Erase what a message says, and keep the record of where it went.",
            discussion: "Its recipients have to be final: cancel it first, or wait.")
        @Argument var id: String
        @OptionGroup(title: "Service") var service: ServiceOptions

        func perform(at desk: Desk) throws {
            try desk.printer.show(desk.document("DELETE", apiPath("messages", id, "content"))) {
                "\($0.text("id").printable) has no content any more\n"
            }
        }
    }
}

extension Desk {
    /// What could not be done is told with its reason, and is a failure but for what was final when nobody was named.
    fileprivate func change(_ id: String, _ verb: String, _ recipients: [String]) throws {
        let document = try document(
            "POST", apiPath("messages", id, verb), recipients.isEmpty ? nil : { $0.given("recipients", recipients) })
        try printer.show(document) { MessageListing($0).text(printer.ink) }
        // Canceled twice is canceled.
        let done = Set(
            document.object.objects("recipients").filter { $0.text("status") == "canceled" }.map { $0.text("id") })
        let skipped = document.object.objects("skipped").filter { verb != "cancel" || !done.contains($0.text("id")) }
        for recipient in skipped {
            let reason = [recipient.text("reason"), recipient.text("detail")].filter { !$0.isEmpty }
            printer.note("\(recipient.text("address")): \(reason.joined(separator: ": "))".printable)
        }
        let isHarmless = recipients.isEmpty && skipped.allSatisfy { $0.text("reason") == "already_final" }
        guard isHarmless || skipped.isEmpty else { throw ExitCode.failure }
    }
}
