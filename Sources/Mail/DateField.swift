// DateField.swift — dates a message anew whose Date field we wrote.

package enum DateField {
    /// `message` with `new` for its date; nil if it does not have just the field that we would have written for `old`.
    /// Both are milliseconds since 1970-01-01 UTC.
    package static func replace(in message: [UInt8], from old: Int64, to new: Int64) -> [UInt8]? {
        let wanted = line(old)
        var start = 0
        while start < message.count {
            let rest = message[start...]
            if rest.starts(with: wanted) {
                var dated = message
                dated.replaceSubrange(start..<start + wanted.count, with: line(new))
                return dated
            }
            guard let end = rest.firstIndex(of: .lf), end > start + 1 else { return nil }
            start = end + 1
        }
        return nil
    }

    private static func line(_ milliseconds: Int64) -> [UInt8] {
        var line: [UInt8] = []
        HeaderField.token("Date", MailDate.text(milliseconds: milliseconds)).append(to: &line)
        return line
    }
}
