// Listen.swift — `postrider listen`: posts events to a program on this machine, signed as webhooks are.
//
// For who writes a receiver: no public URL, no endpoint to set up. What fails is told and not tried again.

import ArgumentParser
import JSON
import Webhooks

struct Listen: DeskCommand {
    static let configuration = CommandConfiguration(
        abstract: "Post events as they happen to a program on this machine, as a webhook would.",
        discussion: """
            Prints the signing secret to give to your receiver, then a line for each post: \
            postrider listen --forward-to http://localhost:3000/hooks/mail
            """)

    @Option(help: ArgumentHelp("Where to post; http:// is understood.", valueName: "url"))
    var forwardTo: String

    @Option(
        help: ArgumentHelp(
            "Sign with the secret (whsec_…) in this file, instead of one made for this once.", valueName: "file"))
    var secretFile: String?

    @OptionGroup var filter: EventFilter
    @OptionGroup(title: "Service") var service: ServiceOptions

    func perform(at desk: Desk) throws {
        let forwarder = Forwarder(to: try target(), secret: try secret(), printer: desk.printer)
        try forwarder.introduce()
        try desk.follow(filter) { try forwarder.forward($0) }
    }

    func validate() throws { _ = try target() }

    private func target() throws -> PostURL {
        guard let url = PostURL(forwardTo.contains("://") ? forwardTo : "http://" + forwardTo) else {
            throw ValidationError("--forward-to: \(forwardTo.debugDescription) is not a URL that can be posted to")
        }
        return url
    }

    private func secret() throws -> WebhookSecret {
        guard let secretFile else { return WebhookSecret() }
        let line =
            try InputFile.text(of: secretFile).split(separator: "\n", omittingEmptySubsequences: false).first ?? ""
        guard let secret = WebhookSecret(String(line)) else {
            throw CommandFailure("\(secretFile.debugDescription) has no secret, which is whsec_ and base64 behind it")
        }
        return secret
    }
}
