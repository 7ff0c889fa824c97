// Notation.swift — how a setting's value is written and read, and what to tell whoever wrote it differently.

import Spelling

struct Notation<Value: Sendable>: Sendable {
    /// Completes the sentence "… is not".
    let expectation: String
    /// Never shown, neither in the table nor in errors; may also come from a file.
    var isSecret = false
    let read: @Sendable (String) -> Value?
    /// Empty where there is no value.
    let write: @Sendable (Value) -> String
}

extension Notation {
    /// Comma-separated; blanks around the commas do not count.
    static func list<Element>(of element: Notation<Element>, atLeast minimum: Int = 0) -> Notation
    where Value == [Element] {
        Notation(expectation: "a comma-separated list, each \(element.expectation)") { text in
            let isEmpty = text.utf8.allSatisfy { $0 == UInt8(ascii: " ") }
            let parts = isEmpty ? [] : text.split(separator: ",", omittingEmptySubsequences: false)
            let values = parts.compactMap { element.read(trimmed($0)) }
            return values.count == parts.count && values.count >= minimum ? values : nil
        } write: { values in
            values.map(element.write).joined(separator: ",")
        }
    }

    /// Empty text means none.
    static func optional<Wrapped>(_ wrapped: Notation<Wrapped>) -> Notation where Value == Wrapped? {
        Notation(expectation: wrapped.expectation, isSecret: wrapped.isSecret) { text in
            text.isEmpty ? .some(nil) : wrapped.read(text).map { .some($0) }
        } write: { value in
            value.map(wrapped.write) ?? ""
        }
    }
}

private func trimmed(_ text: Substring) -> String {
    let start = text.drop { $0 == " " }
    return String(start.reversed().drop { $0 == " " }.reversed())
}

extension Notation where Value: CustomStringConvertible {
    /// Written as it describes itself.
    init(_ expectation: String, isSecret: Bool = false, read: @escaping @Sendable (String) -> Value?) {
        self.init(expectation: expectation, isSecret: isSecret, read: read) { $0.description }
    }
}

extension Notation<String> {
    static let text = Notation("a text") { isText($0) ? $0 : nil }
    static let path = Notation("a path") { isText($0) ? $0 : nil }
    static let password = Notation("a password", isSecret: true) { isText($0) ? $0 : nil }

    /// What fits behind `Authorization: Bearer` (RFC 9110 §11.6.2): visible ASCII.
    static let key = Notation("a key of visible ASCII characters", isSecret: true) { text in
        !text.isEmpty && text.utf8.allSatisfy { (0x21...0x7E).contains($0) } ? text : nil
    }

    /// The base64 of 32 bytes: 43 digits and `=`; that it is one is for its reader to find.
    static let masterKey = Notation("the base64 of 32 bytes, such as openssl rand -base64 32 makes", isSecret: true) {
        $0.utf8.count == 44 && $0.utf8.last == UInt8(ascii: "=") ? $0 : nil
    }

    static let hostName = Notation("a host name in ASCII such as mail.example.net") { text in
        HostName.isValid(text) ? text.lowercased() : nil
    }

    /// Anything that a C string can hold, but not nothing.
    private static func isText(_ text: String) -> Bool { !text.isEmpty && !text.utf8.contains(0) }
}

extension Notation<Bool> {
    static let bool = Notation("true or false") { ["true": true, "false": false][$0] }
}

extension Notation<Int> {
    static func integer(_ range: ClosedRange<Int>) -> Notation {
        Notation("a whole number from \(range.lowerBound) to \(range.upperBound)") { text in
            Int(digits: text).flatMap { range.contains($0) ? $0 : nil }
        }
    }

    /// Bytes. `25MiB` is 25 × 2²⁰ of them; without a unit the number counts bytes.
    static let size = Notation(expectation: "a size such as 512KiB, 25MiB or 1GiB") { text in
        let unit = sizeUnits.first { text.hasSuffix($0.name) } ?? ("", 0)
        guard let count = Int(digits: text.dropLast(unit.name.utf8.count)), count > 0 else { return nil }
        let (bytes, overflow) = count.multipliedReportingOverflow(by: 1 << unit.shift)
        return overflow ? nil : bytes
    } write: { bytes in
        let unit = sizeUnits.first { bytes.trailingZeroBitCount >= $0.shift } ?? ("", 0)
        return "\(bytes >> unit.shift)\(unit.name)"
    }

    private static var sizeUnits: [(name: String, shift: Int)] { [("GiB", 30), ("MiB", 20), ("KiB", 10)] }
}

extension Notation<Duration> {
    static let duration = Notation(
        expectation: "a duration such as 250ms, 30s, 5m, 4h or 5d", read: { Duration(spelled: $0) }, write: \.spelled)

    /// A duration that passes.
    static let wait = Notation(
        expectation: "a duration above zero such as 30s, 5m, 4h or 5d",
        read: { duration.read($0).flatMap { $0 > .zero ? $0 : nil } }, write: \.spelled)
}

extension Notation where Value: CaseIterable & RawRepresentable<String> {
    static var choice: Notation {
        Notation(
            expectation: "one of " + Value.allCases.map(\.rawValue).joined(separator: ", "),
            read: { Value(rawValue: $0) }, write: \.rawValue)
    }
}
