// Dialogue.swift — an attempt's transcript, read for what was answered to whom.
//
// One attempt may go to several recipients, each with a reply of its own; the API names one reply for all of them. The
// transcript has each. What cannot be told from it is nil, never somebody else's.

struct Dialogue {
    private struct Exchange {
        let command: Substring
        let reply: String
    }

    private var exchanges: [Exchange] = []
    /// What has no reply yet: pipelined commands are answered in their order.
    private var pending: [Substring] = []
    /// Of a reply of several lines, those before the last.
    private var begun = ""

    init(_ transcript: String) {
        for line in transcript.split(separator: "\n") {
            // `+0.012 > RCPT TO:<bob@example.net>`
            let parts = line.split(separator: " ", maxSplits: 2)
            guard parts.count == 3 else { continue }
            switch parts[1] {
            case ">": pending.append(parts[2])
            case "<": take(parts[2])
            default: take(note: parts[2])
            }
        }
    }

    /// The reply that decided about this recipient: to its RCPT if that refused it, else to the message.
    func reply(to address: String) -> String? {
        let own = reply { $0.starts(with: "RCPT TO:<\(address)>") }
        return own.map { $0.isPositive ? replyToMessage : $0 } ?? nil
    }

    private var replyToMessage: String? { reply { $0.starts(with: "(message, ") } }

    /// The last: who was tried at several hosts was decided about at the last of them.
    private func reply(where isWanted: (Substring) -> Bool) -> String? {
        exchanges.last { isWanted($0.command) }?.reply
    }

    /// A new session begins with a greeting, which answers nothing.
    private mutating func take(note: Substring) {
        if note.starts(with: "connected to ") { (pending, begun) = (["(greeting)"], "") }
        if note.starts(with: "session reused") { (pending, begun) = ([], "") }
    }

    private mutating func take(_ line: Substring) {
        let text = line.dropFirst(4)
        begun += begun.isEmpty ? "\(line.prefix(3)) \(text)" : " \(text)"
        guard line.dropFirst(3).first != "-" else { return }
        if !pending.isEmpty { exchanges.append(Exchange(command: pending.removeFirst(), reply: begun)) }
        begun = ""
    }
}

extension String {
    fileprivate var isPositive: Bool { utf8.first == UInt8(ascii: "2") }
}
