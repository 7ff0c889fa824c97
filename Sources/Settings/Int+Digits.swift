// Int+Digits.swift — numbers of ASCII digits and nothing else; `Int(_:)` would take signs.

extension Int {
    /// Nil for anything but 1 to 18 ASCII digits, which always fit.
    init?(digits text: some StringProtocol) {
        guard (1...18).contains(text.utf8.count), text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
            return nil
        }
        self.init(String(text))
    }
}
