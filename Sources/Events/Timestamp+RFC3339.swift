// Timestamp+RFC3339.swift — moments as users write and read them: RFC 3339, UTC, milliseconds.
//
// The calendar is the proleptic Gregorian one, by Howard Hinnant's `days_from_civil` and `civil_from_days`: a year that
// begins in March puts the leap day last, so that months have a formula.

import Queue

extension Timestamp {
    /// `2026-03-01T12:00:00.250Z`. A moment outside of the years 0 to 9999, which RFC 3339 cannot write, becomes the
    /// nearest that it can.
    package var rfc3339: String {
        let time = milliseconds.clamped(to: Self.earliest.milliseconds...Self.latest.milliseconds)
        let (days, rest) = time.dividedDown(by: millisecondsPerDay)
        let date = CivilDate(daysSinceEpoch: days)
        return String(unsafeUninitializedCapacity: 24) { text in
            var end = 0
            func write(_ value: Int64, digits: Int, then mark: UInt8) {
                var value = value
                for place in stride(from: end + digits - 1, through: end, by: -1) {
                    text[place] = UInt8(ascii: "0") + UInt8(value % 10)
                    value /= 10
                }
                text[end + digits] = mark
                end += digits + 1
            }
            write(date.year, digits: 4, then: UInt8(ascii: "-"))
            write(date.month, digits: 2, then: UInt8(ascii: "-"))
            write(date.day, digits: 2, then: UInt8(ascii: "T"))
            write(rest / 3_600_000, digits: 2, then: UInt8(ascii: ":"))
            write(rest / 60_000 % 60, digits: 2, then: UInt8(ascii: ":"))
            write(rest / 1000 % 60, digits: 2, then: UInt8(ascii: "."))
            write(rest % 1000, digits: 3, then: UInt8(ascii: "Z"))
            return end
        }
    }

    /// Reads `2026-03-01T12:00:00Z`, with any fraction (cut to milliseconds) and any offset; nil for anything else.
    /// A leap second counts as the first second of the next minute, as POSIX time has none.
    package init?(rfc3339 text: String) {
        var digits = DigitReader(text)
        guard let year = digits.number(4, then: "-"), let month = digits.number(2, then: "-"),
            let day = digits.number(2, then: "T", or: "t"), let hour = digits.number(2, then: ":"), hour < 24,
            let minute = digits.number(2, then: ":"), minute < 60, let second = digits.number(2), second <= 60,
            let fraction = digits.fraction(), let offset = digits.offset(), digits.isAtEnd,
            let date = CivilDate(year: year, month: month, day: day)
        else { return nil }
        let minutes = (date.daysSinceEpoch * 24 + hour) * 60 + minute - offset
        self.init(milliseconds: (minutes * 60 + second) * 1000 + fraction)
    }

    private static let earliest = Timestamp(milliseconds: -62_167_219_200_000)
    private static let latest = Timestamp(milliseconds: 253_402_300_799_999)
}

private let millisecondsPerDay: Int64 = 86_400_000

/// Reads the fixed-width ASCII numbers of a timestamp; every miss is nil.
private struct DigitReader {
    private var rest: Substring.UTF8View

    init(_ text: String) { rest = text[...].utf8 }

    var isAtEnd: Bool { rest.isEmpty }

    private mutating func skip(_ marks: Unicode.Scalar...) -> Bool {
        guard let next = rest.first, marks.contains(Unicode.Scalar(next)) else { return false }
        rest.removeFirst()
        return true
    }

    private mutating func digit() -> Int64? {
        guard let next = rest.first, next >= UInt8(ascii: "0"), next <= UInt8(ascii: "9") else { return nil }
        rest.removeFirst()
        return Int64(next - UInt8(ascii: "0"))
    }

    mutating func number(_ count: Int) -> Int64? {
        var value: Int64 = 0
        for _ in 0..<count {
            guard let digit = digit() else { return nil }
            value = value * 10 + digit
        }
        return value
    }

    mutating func number(_ count: Int, then mark: Unicode.Scalar, or other: Unicode.Scalar? = nil) -> Int64? {
        guard let value = number(count), skip(mark, other ?? mark) else { return nil }
        return value
    }

    /// Milliseconds; 0 when there is no fraction at all.
    mutating func fraction() -> Int64? {
        guard skip(".") else { return 0 }
        guard var value = digit() else { return nil }
        var places = 1
        while let digit = digit() {
            if places < 3 { value = value * 10 + digit }
            places += 1
        }
        return places == 1 ? value * 100 : places == 2 ? value * 10 : value
    }

    /// Minutes east of UTC.
    mutating func offset() -> Int64? {
        if skip("Z", "z") { return 0 }
        let isWest = rest.first == UInt8(ascii: "-")
        guard skip("+", "-"), let hours = number(2, then: ":"), hours < 24, let minutes = number(2), minutes < 60
        else { return nil }
        return (isWest ? -1 : 1) * (hours * 60 + minutes)
    }
}

/// A day of the calendar.
private struct CivilDate {
    let year, month, day: Int64

    init(daysSinceEpoch: Int64) {
        let (era, dayOfEra) = (daysSinceEpoch + 719_468).dividedDown(by: 146_097)
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
        month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    }

    /// Nil for a day that the calendar has not.
    init?(year: Int64, month: Int64, day: Int64) {
        let isLeap = year.isMultiple(of: 4) && (!year.isMultiple(of: 100) || year.isMultiple(of: 400))
        let lengths: [Int64] = [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
        guard (1...12).contains(month), (1...lengths[Int(month) - 1]).contains(day) else { return nil }
        (self.year, self.month, self.day) = (year, month, day)
    }

    var daysSinceEpoch: Int64 {
        let (era, yearOfEra) = (month <= 2 ? year - 1 : year).dividedDown(by: 400)
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }
}

extension Int64 {
    /// Quotient and remainder, the quotient rounded down, so that the remainder is never negative.
    fileprivate func dividedDown(by divisor: Int64) -> (quotient: Int64, remainder: Int64) {
        let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
    }

    fileprivate func clamped(to range: ClosedRange<Int64>) -> Int64 {
        Swift.min(Swift.max(self, range.lowerBound), range.upperBound)
    }
}
