// DryRunListing.swift — what would be sent and where to, in lines for people.

import JSON

struct DryRunListing {
    let run: JSONObject

    init(_ run: JSONObject) { self.run = run }

    private static let sections: Set<String> = ["header", "recipients", "signatures", "warnings"]

    func text(_ ink: Ink) -> String {
        Outline.text(of: run, hiding: Self.sections, ink: ink) + section("header", header, ink)
            + section("signatures", signatures, ink) + section("recipients", recipients(ink), ink)
    }

    private func section(_ name: String, _ lines: [String], _ ink: Ink) -> String {
        guard !lines.isEmpty else { return "" }
        return ink.paint(name, .faint) + "\n" + lines.map { "  \($0)\n" }.joined()
    }

    private var header: [String] {
        run.objects("header").map { "\($0.text("name")): \($0.text("value"))".printable }
    }

    private var signatures: [String] {
        run.objects("signatures").map {
            "\($0.text("selector"))._domainkey.\($0.text("domain")) (\($0.text("algorithm")))".printable
        }
    }

    /// `bob@example.net (to)  deliverable  mx1.example.net, mx2.example.net`
    private func recipients(_ ink: Ink) -> [String] {
        run.objects("recipients").map { recipient in
            let hosts = recipient.objects("mx").map { $0.text("host") }.joined(separator: ", ")
            let problem = [recipient.value("problem", "reason"), recipient.value("problem", "detail")]
            let why = problem.compactMap { $0?.string }.joined(separator: ": ")
            let outlook = ink.paint(status: recipient.text("outlook").printable)
            let parts = ["\(recipient.text("address")) (\(recipient.text("kind")))".printable, outlook]
            return (parts + [hosts, why].filter { !$0.isEmpty }.map(\.printable)).joined(separator: "  ")
        }
    }
}
