// MailDate.swift — a moment as a Date field says it (RFC 5322 §3.3), in UTC.

enum MailDate {
    private static let days = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
    private static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

    /// `Mon, 23 Nov 2026 13:48:48 +0000`, for milliseconds since 1970-01-01 UTC.
    static func text(milliseconds: Int64) -> [UInt8] {
        let seconds = milliseconds.flooredQuotient(1000)
        let day = Int(seconds.flooredQuotient(86_400))
        let time = Int(seconds - Int64(day) * 86_400)
        let date = civil(day: day)
        var text = Array(days[(day % 7 + 7) % 7].utf8)
        text += ", ".utf8
        text += String(date.day).utf8
        text.append(.space)
        text += months[date.month - 1].utf8
        text.append(.space)
        appendTwoDigits(date.year / 100, to: &text)
        appendTwoDigits(date.year % 100, to: &text)
        for (separator, number) in zip(" ::".utf8, [time / 3600, time / 60 % 60, time % 60]) {
            text.append(separator)
            appendTwoDigits(number, to: &text)
        }
        text += " +0000".utf8
        return text
    }

    private static func appendTwoDigits(_ number: Int, to text: inout [UInt8]) {
        text.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: number / 10 % 10))
        text.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: number % 10))
    }

    /// The Gregorian date of a day counted from 1970-01-01, by eras of 400 years that begin on a first of March
    /// (Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms").
    private static func civil(day: Int) -> (year: Int, month: Int, day: Int) {
        let shifted = day + 719_468
        let era = Int(Int64(shifted).flooredQuotient(146_097))
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let marchMonth = (5 * dayOfYear + 2) / 153
        let month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        return (year, month, dayOfYear - (153 * marchMonth + 2) / 5 + 1)
    }
}

extension Int64 {
    fileprivate func flooredQuotient(_ divisor: Int64) -> Int64 {
        let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? quotient - 1 : quotient
    }
}
