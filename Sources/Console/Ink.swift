// Ink.swift — colour, where a terminal can show it and nobody has declined it.

import Glibc

struct Ink: Sendable {
    enum Tone: String {
        case good = "32"
        case bad = "31"
        case waiting = "33"
        case faint = "2"
        case strong = "1"
    }

    let isColoured: Bool

    static let none = Ink(isColoured: false)

    /// https://no-color.org: declined by NO_COLOR set to anything but nothing.
    static func automatic(on descriptor: CInt, environment: [String: String]) -> Ink {
        let declines = !(environment["NO_COLOR"] ?? "").isEmpty || environment["TERM"] == "dumb"
        return Ink(isColoured: !declines && isatty(descriptor) == 1)
    }

    func paint(_ text: String, _ tone: Tone?) -> String {
        guard isColoured, let tone, !text.isEmpty else { return text }
        return "\u{1B}[\(tone.rawValue)m\(text)\u{1B}[0m"
    }

    /// A status as the API spells it, in the colour of what it means.
    func paint(status: String) -> String { paint(status, Self.tone(of: status)) }

    static func tone(of status: String) -> Tone? {
        switch status {
        case "delivered", "succeeded", "enabled", "healthy", "verified", "active", "ok", "deliverable": .good
        case "bounced", "failed", "undelivered", "disabled", "failing", "complained", "revoked", "expired",
            "undeliverable":
            .bad
        case "queued", "scheduled", "delayed", "deferred", "paused", "pending", "partially_delivered": .waiting
        case "suppressed", "canceled", "accepted": .faint
        default: nil
        }
    }
}
