// LogTime.swift — the moment of a log line, RFC 3339 in UTC with milliseconds.

import Glibc

struct LogTime {
    var time: timespec

    static func now() -> LogTime {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return LogTime(time: time)
    }

    /// `2026-03-01T12:00:00.250Z`
    var text: String {
        var seconds = time.tv_sec
        var calendar = tm()
        gmtime_r(&seconds, &calendar)
        let toSeconds = String(unsafeUninitializedCapacity: 32) { text in
            text.withMemoryRebound(to: CChar.self) {
                strftime($0.baseAddress, $0.count, "%Y-%m-%dT%H:%M:%S", &calendar)
            }
        }
        let milliseconds = time.tv_nsec / 1_000_000
        return toSeconds + (milliseconds < 10 ? ".00" : milliseconds < 100 ? ".0" : ".") + "\(milliseconds)Z"
    }
}
