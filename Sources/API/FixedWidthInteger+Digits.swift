// FixedWidthInteger+Digits.swift — numbers of ASCII digits and nothing else.

import HTTP

extension FixedWidthInteger {
    /// `init(_:)` would take signs.
    init?(digits: String) {
        guard digits.utf8.allSatisfy(isDigit) else { return nil }
        self.init(digits)
    }
}
