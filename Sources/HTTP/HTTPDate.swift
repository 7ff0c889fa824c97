// HTTPDate.swift — the Date field's value, formatted once a second.

import Glibc
import Synchronization

final class HTTPDate: Sendable {
    private let latest = Mutex((second: time_t(-1), text: ""))

    /// RFC 9110 §5.6.7, as in `Sun, 06 Nov 1994 08:49:37 GMT`.
    var now: String {
        let second = time(nil)
        return latest.withLock { latest in
            if latest.second != second { latest = (second, Self.format(second)) }
            return latest.text
        }
    }

    static func format(_ second: time_t) -> String {
        var second = second
        var calendar = tm()
        gmtime_r(&second, &calendar)
        let day = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"][Int(calendar.tm_wday)]
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        let date = "\(padded(calendar.tm_mday)) \(months[Int(calendar.tm_mon)]) \(1900 + calendar.tm_year)"
        let time = "\(padded(calendar.tm_hour)):\(padded(calendar.tm_min)):\(padded(calendar.tm_sec))"
        return "\(day), \(date) \(time) GMT"
    }

    private static func padded(_ number: Int32) -> String { number < 10 ? "0\(number)" : "\(number)" }
}
