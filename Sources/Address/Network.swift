// Network.swift — a range of addresses in CIDR notation.

package struct Network: Hashable, Sendable, CustomStringConvertible {
    package let base: IPAddress
    /// 0–32 or 0–128.
    package let prefixLength: Int

    /// Reads `10.0.0.0/8`, `fd00::/8` or a single address. Bits set behind the prefix (`10.0.0.1/8`) make it nil: who
    /// wrote that meant either one host or the whole range, and a guess could open too much.
    package init?(_ text: some StringProtocol) {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard let base = IPAddress(parts[0]) else { return nil }
        let width = base.isIPv6 ? 128 : 32
        let length = parts.count == 2 ? Self.prefixLength(parts[1]) : width
        guard let length, length <= width else { return nil }
        (self.base, self.prefixLength) = (base, length)
        guard Self.bits(of: base) & (Self.allOnes(width) >> length) == 0 else { return nil }
    }

    package func contains(_ address: IPAddress) -> Bool {
        guard address.isIPv6 == base.isIPv6 else { return false }
        let width = base.isIPv6 ? 128 : 32
        return (Self.bits(of: address) ^ Self.bits(of: base)) >> (width - prefixLength) == 0
    }

    package func contains(_ other: Network) -> Bool { other.prefixLength >= prefixLength && contains(other.base) }

    package var description: String { "\(base)/\(prefixLength)" }

    /// One to three ASCII digits: `Int(_:)` would take signs.
    private static func prefixLength(_ text: some StringProtocol) -> Int? {
        guard (1...3).contains(text.utf8.count), text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
            return nil
        }
        return Int(text)
    }

    private static func bits(of address: IPAddress) -> UInt128 {
        switch address {
        case .v4(let bits): UInt128(bits)
        case .v6(let bits): bits
        }
    }

    private static func allOnes(_ width: Int) -> UInt128 { .max >> (128 - width) }
}
