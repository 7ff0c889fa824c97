// PlainCanonicalization.swift — RFC 6376 §3.4 step by step over Latin-1 text, slow and independent of the signer.

import Foundation

enum PlainCanonicalization: String {
    case simple, relaxed

    /// §3.4.1, §3.4.2. `field` has no line end behind it; neither has the result.
    func header(_ field: String) -> String {
        guard self == .relaxed, let colon = field.range(of: ":") else { return field }
        let name = field[..<colon.lowerBound].lowercased().trimmingCharacters(in: .whitespaces)
        let value = field[colon.upperBound...].replacing("\\r\\n", with: "").replacing("[ \\t]+", with: " ")
        return name + ":" + value.trimmingCharacters(in: .whitespaces)
    }

    /// §3.4.3, §3.4.4.
    func body(_ body: String) -> String {
        switch self {
        case .simple:
            return body.replacing("(\\r\\n)+\\z", with: "") + "\r\n"
        case .relaxed:
            let lines = body.replacing("[ \\t]+(\\r\\n|\\z)", with: "$1").replacing("[ \\t]+", with: " ")
            let content = lines.replacing("(\\r\\n)+\\z", with: "")
            return content.isEmpty ? "" : content + "\r\n"
        }
    }
}

extension StringProtocol {
    /// By a regular expression of ICU, which sees CR and LF as two.
    func replacing(_ pattern: String, with template: String) -> String {
        replacingOccurrences(of: pattern, with: template, options: .regularExpression)
    }
}

extension String {
    /// One scalar for each byte.
    init(latin1 bytes: some Sequence<UInt8>) {
        self.init(String.UnicodeScalarView(bytes.map { Unicode.Scalar($0) }))
    }

    var latin1: [UInt8] { unicodeScalars.map { UInt8(truncatingIfNeeded: $0.value) } }
}
