// ExpositionText.swift — the text exposition format 0.0.4: names, labels, values, lines.

struct ExpositionText {
    private(set) var bytes: [UInt8] = []

    mutating func open(_ kind: MetricKind, name: String, help: String?) {
        if let help { line("# HELP \(name) \(escaped(help, quotes: false))") }
        line("# TYPE \(name) \(kind.rawValue)")
    }

    /// `labels` are rendered already; `extra` is one more, as a histogram's buckets have it.
    mutating func sample(_ name: String, labels: String, extra: String = "", value: String) {
        let all = labels.isEmpty || extra.isEmpty ? labels + extra : "\(labels),\(extra)"
        line(all.isEmpty ? "\(name) \(value)" : "\(name){\(all)} \(value)")
    }

    private mutating func line(_ text: String) {
        bytes.append(contentsOf: text.utf8)
        bytes.append(UInt8(ascii: "\n"))
    }
}

/// `[a-zA-Z_][a-zA-Z0-9_]*`: whatever else a label holds becomes an underscore.
func metricName(_ label: String) -> String {
    let name = label.utf8.map { isNameByte($0) ? $0 : UInt8(ascii: "_") }
    let startsWithDigit = name.first.map { $0 < UInt8(ascii: "A") } ?? true
    return (startsWithDigit ? "_" : "") + String(decoding: name, as: UTF8.self)
}

private func isNameByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "_"): true
    case UInt8(ascii: "0")...UInt8(ascii: "9"): true
    default: false
    }
}

/// Sorted by name, so that the order in which dimensions were given makes no second series.
func renderedLabels(_ dimensions: [(String, String)]) -> String {
    dimensions.map { "\(metricName($0.0))=\"\(escaped($0.1, quotes: true))\"" }.sorted().joined(separator: ",")
}

private func escaped(_ text: String, quotes: Bool) -> String {
    var escaped: [UInt8] = []
    for byte in text.utf8 {
        switch byte {
        case UInt8(ascii: "\\"): escaped += "\\\\".utf8
        case UInt8(ascii: "\n"): escaped += "\\n".utf8
        case UInt8(ascii: "\"") where quotes: escaped += "\\\"".utf8
        default: escaped.append(byte)
        }
    }
    return String(decoding: escaped, as: UTF8.self)
}

/// As Go's parser reads floats; whole numbers without a fraction.
func sampleValue(_ value: Double) -> String {
    if value.isNaN { return "NaN" }
    if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
    return Int64(exactly: value).map(String.init) ?? "\(value)"
}
