// Transcript.swift — the dialogue of an attempt as text, one `+seconds.milliseconds` line for each line of either side.

import NIOCore

struct Transcript {
    enum Speaker: UInt8 {
        case client = 0x3E  // >
        case server = 0x3C  // <
        case note = 0x2A  // *
    }

    /// Some hundred recipients with an answer each fit; a hostile server's novel does not.
    private static let maximumBytes = 64 * 1024

    private var bytes: [UInt8] = []
    private var start: NIODeadline
    private var isCut = false

    /// - prior: whole lines that it begins with.
    init(startedAt start: NIODeadline, prior: String = "") {
        self.start = start
        bytes.reserveCapacity(1_024)
        bytes.append(contentsOf: prior.utf8)
    }

    var text: String { String(decoding: bytes, as: UTF8.self) }

    mutating func append(_ speaker: Speaker, _ line: some Sequence<UInt8>) {
        guard !isCut else { return }
        appendTime()
        bytes.append(speaker.rawValue)
        bytes.append(UInt8(ascii: " "))
        bytes.append(contentsOf: line)
        bytes.append(UInt8(ascii: "\n"))
        if bytes.count > Self.maximumBytes {
            isCut = true
            bytes.append(contentsOf: "* (the rest is left out)\n".utf8)
        }
    }

    mutating func append(_ speaker: Speaker, _ line: String) { append(speaker, line.utf8) }

    /// The lines as the server wrote them.
    mutating func append(_ reply: Reply) {
        let lines = reply.lines
        for (index, line) in lines.enumerated() {
            append(.server, "\(reply.code)\(index == lines.count - 1 ? " " : "-")\(line)")
        }
    }

    /// `+12.345 `, without a formatter.
    private mutating func appendTime() {
        let milliseconds = max(0, (NIODeadline.now() - start).nanoseconds / 1_000_000)
        bytes.append(UInt8(ascii: "+"))
        bytes.append(contentsOf: String(milliseconds / 1_000).utf8)
        bytes.append(UInt8(ascii: "."))
        for divisor in [100, 10, 1] as [Int64] {
            bytes.append(UInt8(ascii: "0") + UInt8(milliseconds / divisor % 10))
        }
        bytes.append(UInt8(ascii: " "))
    }
}
