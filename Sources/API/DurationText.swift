// DurationText.swift — durations as people write them to us: `250ms`, `30s`, `10m`, `4h`, `5d`.

extension Duration {
    /// One whole number and one unit; nil for anything else, or for more than 64 bits of milliseconds.
    init?(durationText text: String) {
        let digits = text.utf8.prefix { UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }
        let units: [String: Int64] = ["ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000]
        guard !digits.isEmpty, let count = Int64(Substring(digits)),
            let unit = units[String(text.utf8.dropFirst(digits.count)) ?? ""]
        else { return nil }
        let (milliseconds, overflow) = count.multipliedReportingOverflow(by: unit)
        guard !overflow else { return nil }
        self = .milliseconds(milliseconds)
    }

    /// In the largest unit that needs no fraction.
    var durationText: String {
        let milliseconds = components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000
        let units: [(Int64, String)] = [(86_400_000, "d"), (3_600_000, "h"), (60_000, "m"), (1000, "s")]
        for (unit, name) in units where milliseconds >= unit && milliseconds % unit == 0 {
            return "\(milliseconds / unit)\(name)"
        }
        return "\(milliseconds)ms"
    }
}
