// Duration+Spelling.swift — durations as people write them: `250ms`, `30s`, `5m`, `4h`, `5d`.

extension Duration {
    /// Reads one whole number of at most nine digits and one unit; nil for anything else.
    package init?(spelled text: some StringProtocol) {
        let digits = text.utf8.prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
        // Nine digits of days are 2.7 million years: no sum of milliseconds overflows.
        guard (1...9).contains(digits.count), let count = Int64(String(decoding: digits, as: UTF8.self)),
            let unit = units.first(where: { text.utf8.dropFirst(digits.count).elementsEqual($0.name.utf8) })
        else { return nil }
        self = .milliseconds(count * unit.milliseconds)
    }

    /// In the largest unit that leaves no fraction; what is finer than a millisecond is left out.
    package var spelled: String {
        let milliseconds = components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000
        let fitting = units.last { milliseconds != 0 && milliseconds.isMultiple(of: $0.milliseconds) }
        guard let fitting else { return "0s" }
        return "\(milliseconds / fitting.milliseconds)\(fitting.name)"
    }
}

/// From the finest to the coarsest.
private let units: [(name: String, milliseconds: Int64)] = [
    ("ms", 1), ("s", 1000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000),
]
