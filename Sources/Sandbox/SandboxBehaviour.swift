// SandboxBehaviour.swift — what a sandbox recipient does, by its local-part, at any domain.

import Mail
import SMTP

/// `delivered`, `bounced`, `delayed`, `550` or another code, `slow-5s`, `disconnect`; a `+tag` after these words
/// changes nothing. Every other recipient is accepted.
package enum SandboxBehaviour: Hashable, Sendable {
    case accepts
    /// The reply to RCPT.
    case refuses(Reply)
    /// Accepted, but the reply to the content takes so many seconds.
    case isSlow(seconds: Int)
    /// The first time it sees a message, hangs up after the final dot; after that accepts it.
    case disconnects

    /// There are few sessions, and who asks for more has all that a sandbox can show.
    private static let slowest = 60

    package init(_ recipient: Mailbox) {
        let word = String(Substring(recipient.localPart.utf8.prefix { $0 != UInt8(ascii: "+") })).lowercased()
        switch word {
        case "bounced": self = .refuses(Reply(550, "5.1.1 No such user here"))
        case "delayed": self = .refuses(Reply(451, "4.7.1 Try again later"))
        case "disconnect": self = .disconnects
        default: self = Self.refusal(word) ?? Self.slowness(word) ?? .accepts
        }
    }

    private static func refusal(_ word: String) -> SandboxBehaviour? {
        guard let code = number(word[...], digits: 3...3), (400..<600).contains(code) else { return nil }
        return .refuses(Reply(code, "\(code / 100).0.0 As you asked"))
    }

    private static func slowness(_ word: String) -> SandboxBehaviour? {
        guard word.hasPrefix("slow-"), word.hasSuffix("s"),
            let seconds = number(word.dropFirst(5).dropLast(), digits: 1...3), seconds <= slowest
        else { return nil }
        return .isSlow(seconds: seconds)
    }

    private static func number(_ text: Substring, digits: ClosedRange<Int>) -> Int? {
        let isNumber = text.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
        return digits.contains(text.utf8.count) && isNumber ? Int(text) : nil
    }
}
