// ComposeBenchmark.swift — what composing a message and hashing its body for DKIM costs of processor time.
//
//     swift run -c release ComposeBenchmark [ROUNDS]

import DKIM
import Glibc
import Mail

@main struct ComposeBenchmark {
    static func main() throws {
        let rounds = CommandLine.arguments.dropFirst().first.flatMap { Int($0) } ?? 2_000
        let size = 10_240
        try measure(
            "2-KB text, 7bit", rounds, draft(text: repeated("A plain line of an ordinary message.\n", size / 5)))
        try measure("10-KB text, 7bit", rounds, draft(text: repeated("A plain line of an ordinary message.\n", size)))
        try measure(
            "10-KB text, quoted-printable", rounds,
            draft(text: repeated("Grüße: a line of an ordinary message.\n", size)))
        try measure("10-KB text, Thai", rounds, draft(text: repeated("รหัสยืนยันของคุณคือ 123456\n", size)))
        var both = draft(text: repeated("A plain line of an ordinary message.\n", size / 3))
        both.html = repeated("<p style=\"margin:0\">A line of an ordinary message — with a dash.</p>\n", size / 3 * 2)
        try measure("10-KB text and html", rounds, both)
        var large = draft(text: "See the attachment.\n")
        large.attachments = [
            try Attachment(
                filename: "film.mp4", bytes: (0..<10_485_760).map { UInt8(truncatingIfNeeded: $0 &* 31 >> 3) })
        ]
        try measure("10-MB attachment", max(1, rounds / 100), large)
    }

    /// Prints the processor time of one message, the mean of all rounds.
    static func measure(_ what: String, _ rounds: Int, _ draft: MessageDraft) throws {
        var (composing, hashing, size) = (0.0, 0.0, 0)
        for _ in 0..<rounds {
            let start = processorTime()
            let message = try MessageComposer.compose(draft)
            let composed = processorTime()
            precondition(BodyHash.relaxed(message.bytes, from: message.bodyStart).count == 32)
            composing += composed - start
            hashing += processorTime() - composed
            size = message.bytes.count
        }
        let (compose, hash) = (composing / Double(rounds) * 1e6, hashing / Double(rounds) * 1e6)
        print("\(what): \(compose.tenths) µs composing, \(hash.tenths) µs hashing, \(size) bytes")
    }

    /// Seconds of the process.
    static func processorTime() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }

    static func draft(text: String) -> MessageDraft {
        let from = Mailbox(localPart: "hello", domain: Domain(trusted: "acme.example"))
        let to = Mailbox(localPart: "bob", domain: Domain(trusted: "example.test"))
        var draft = MessageDraft(from: named(from), date: 1_790_000_000_000, messageID: "<1@acme.example>")
        (draft.to, draft.subject, draft.text) = ([named(to)], "Your code", text)
        return draft
    }

    static func named(_ mailbox: Mailbox) -> NamedMailbox {
        do {
            return try NamedMailbox(displayName: "Acme", mailbox: mailbox)
        } catch {
            preconditionFailure("\(error)")
        }
    }

    static func repeated(_ line: String, _ size: Int) -> String {
        String(repeating: line, count: size / line.utf8.count)
    }
}

extension Double {
    fileprivate var tenths: Double { (self * 10).rounded() / 10 }
}
