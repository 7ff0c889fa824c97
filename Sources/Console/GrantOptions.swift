// GrantOptions.swift — what a key may do, on the command line.

import ArgumentParser
import JSON

struct GrantOptions: ParsableArguments {
    @Option(parsing: .upToNextOption, help: ArgumentHelp("What it may do.", valueName: "scope"))
    var scopes: [String] = []
    @Option(parsing: .upToNextOption, help: ArgumentHelp("Send only from these.", valueName: "domain"))
    var fromDomains: [String] = []
    @Option(
        name: .customLong("allowed-ips"), parsing: .upToNextOption,
        help: ArgumentHelp("Use it only from these networks.", valueName: "cidr"))
    var allowedIPs: [String] = []
    @Option(help: ArgumentHelp("Good until then.", valueName: "time"))
    var expiresAt: String?
    @Option(help: ArgumentHelp("Requests a second.", valueName: "count"))
    var rateLimit: Int?

    private static let unbounded = "any"

    func write(to writer: inout JSONWriter) {
        writer.given("scopes", listed(scopes))
        write("from_domains", listed(fromDomains), to: &writer)
        write("allowed_ips", listed(allowedIPs), to: &writer)
        if expiresAt == Self.unbounded {
            writer.member("expires_at", .null)
        } else {
            writer.given("expires_at", expiresAt)
        }
        writer.given("rate_limit", rateLimit)
    }

    private func write(_ name: String, _ texts: [String], to writer: inout JSONWriter) {
        if texts == [Self.unbounded] { writer.member(name, .null) } else { writer.given(name, texts) }
    }
}
