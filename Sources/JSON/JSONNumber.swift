// JSONNumber.swift — a number as it was written, read as the type that a field asks for.

/// Keeps the source text, so that nothing is rounded before a field has said what it wants.
package struct JSONNumber: Hashable, Sendable {
    /// As RFC 8259 §6 spells numbers: ASCII, no leading plus or zero.
    package let text: String

    init(checked text: String) { self.text = text }
    package init(_ integer: Int64) { text = String(integer) }

    /// The nearest double; nil if that is infinite.
    package var double: Double? {
        guard let double = Double(text), double.isFinite else { return nil }
        return double
    }

    /// The exact integer, whatever its spelling: `1.0` and `10e-1` are 1, as JSON Schema counts integers. Nil for a
    /// fraction or for what 64 bits cannot hold.
    package var int64: Int64? {
        if let plain = Int64(text) { return plain }  // The grammar has excluded a plus sign.
        let (digits, exponent) = decimal
        guard let last = digits.lastIndex(where: { $0 != UInt8(ascii: "0") }) else { return 0 }
        let (power, overflow) = exponent.addingReportingOverflow(digits.count - 1 - last)
        guard !overflow, (0...18).contains(power) else { return nil }
        let significant = String(decoding: digits[...last], as: UTF8.self) + String(repeating: "0", count: power)
        return Int64((isNegative ? "-" : "") + significant)
    }

    private var isNegative: Bool { text.utf8.first == UInt8(ascii: "-") }

    /// The number as digits × 10^exponent; the exponent is ±`Int.max / 2` when it does not fit.
    private var decimal: (digits: [UInt8], exponent: Int) {
        let parts = text.utf8.split(maxSplits: 1) { $0 | 0x20 == UInt8(ascii: "e") }
        let mantissa = parts[0].drop { $0 == UInt8(ascii: "-") }
        let halves = mantissa.split(separator: UInt8(ascii: "."), maxSplits: 1)
        let fraction = halves.count == 2 ? Array(halves[1]) : []
        return (Array(halves[0]) + fraction, (parts.count == 2 ? Self.exponent(parts[1]) : 0) - fraction.count)
    }

    private static func exponent(_ text: Substring.UTF8View) -> Int {
        Int(Substring(text)) ?? (text.first == UInt8(ascii: "-") ? -Int.max / 2 : Int.max / 2)
    }
}
