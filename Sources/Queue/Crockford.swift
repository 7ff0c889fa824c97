// Crockford.swift — base32 after Douglas Crockford: no I, L, O or U, so that nothing in it is taken for something else.

package enum Crockford {
    /// Of the values 0 to 31; upper case is the usual one.
    package static let digits = Array("0123456789ABCDEFGHJKMNPQRSTVWXYZ".utf8)

    /// In either case; nil for anything else (no repairs of I, L, O).
    static func value(of digit: UInt8) -> Int? {
        let upper = digit >= UInt8(ascii: "a") && digit <= UInt8(ascii: "z") ? digit - 32 : digit
        return digits.firstIndex(of: upper)
    }

    /// The lowest `5 * count` bits, the highest of them first.
    package static func text(_ bits: UInt128, count: Int) -> String {
        let shifts = stride(from: 5 * (count - 1), through: 0, by: -5)
        return String(decoding: shifts.map { digits[Int(truncatingIfNeeded: bits >> $0) & 31] }, as: UTF8.self)
    }
}
