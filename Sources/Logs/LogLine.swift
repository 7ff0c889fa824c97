// LogLine.swift — one log event as bytes that are exactly one line, whatever strangers got into its values.

import JSON
import Logging

struct LogLine {
    typealias Field = (name: String, value: String)

    var time: LogTime
    var level: Logger.Level
    var label: String
    var message: String
    var fields: [Field]

    /// Sorted by name. Dictionaries flatten to dotted names, arrays to numbered ones.
    static func fields(_ metadata: Logger.Metadata) -> [Field] {
        metadata.flatMap { fields(named: $0, $1) }.sorted { $0.name < $1.name }
    }

    private static func fields(named name: String, _ value: Logger.MetadataValue) -> [Field] {
        switch value {
        case .string(let string): [(name, string)]
        case .stringConvertible(let value): [(name, value.description)]
        case .dictionary(let inner): inner.flatMap { fields(named: "\(name).\($0)", $1) }
        case .array(let values): values.enumerated().flatMap { fields(named: "\(name).\($0)", $1) }
        }
    }
}

extension LogLine {
    /// One JSON object; a field that bears the name of one of the first four members is `metadata.NAME`.
    var json: [UInt8] {
        var writer = JSONWriter()
        writer.object { object in
            object.member("time", time.text)
            object.member("level", level.rawValue)
            object.member("logger", label)
            object.member("message", message)
            for (name, value) in fields {
                object.member(Self.ownMembers.contains(name) ? "metadata." + name : name, value)
            }
        }
        return writer.bytes + [UInt8(ascii: "\n")]
    }

    private static let ownMembers: Set = ["time", "level", "logger", "message"]
}

extension LogLine {
    /// `TIME LEVEL LABEL: MESSAGE name=value …`; values with blanks or quotes in them stand in quotes.
    func text(isColored: Bool) -> [UInt8] {
        var line = "\(time.text) "
        line += isColored ? "\(level.color)\(level.column)\u{1B}[0m" : level.column
        line += " \(shownSafely(label)): \(shownSafely(message))"
        for (name, value) in fields { line += " \(shownSafely(name))=\(quotedIfNeeded(value))" }
        return Array(line.utf8) + [UInt8(ascii: "\n")]
    }
}

/// With every character escaped that could begin a line, move the cursor or turn the writing direction.
private func shownSafely(_ text: String, escapingQuotes: Bool = false) -> String {
    let needsNothing = text.utf8.allSatisfy {
        (0x20..<0x7F).contains($0) && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\")
    }
    guard !needsNothing else { return text }
    var safe = ""
    for scalar in text.unicodeScalars {
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .unassigned:
            safe += scalar.escaped(asASCII: true)
        case _ where escapingQuotes && (scalar == "\"" || scalar == "\\"):
            safe += "\\\(scalar)"
        default:
            safe.unicodeScalars.append(scalar)
        }
    }
    return safe
}

private func quotedIfNeeded(_ value: String) -> String {
    let needsQuotes = value.isEmpty || value.utf8.contains { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\"") }
    return needsQuotes ? "\"\(shownSafely(value, escapingQuotes: true))\"" : shownSafely(value)
}

extension Logger.Level {
    /// Padded, so that messages begin in one column.
    fileprivate var column: String { rawValue + String(repeating: " ", count: 8 - rawValue.utf8.count) }

    /// SGR sequences (ECMA-48 §8.3.117).
    fileprivate var color: String {
        switch self {
        case .trace, .debug: "\u{1B}[2m"
        case .info: "\u{1B}[32m"
        case .notice: "\u{1B}[36m"
        case .warning: "\u{1B}[33m"
        case .error, .critical: "\u{1B}[31m"
        }
    }
}
