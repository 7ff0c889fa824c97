// LineLogHandler.swift — writes each log event as one line with one write(2), so that lines never mix.

import Glibc
import Logging

package struct LineLogHandler: LogHandler {
    package var metadata: Logger.Metadata = [:]
    package var metadataProvider: Logger.MetadataProvider?
    package var logLevel: Logger.Level
    private let label: String
    private let style: LogStyle
    private let descriptor: CInt

    /// The handler borrows `descriptor`; it must stay open.
    package init(label: String, level: Logger.Level, style: LogStyle, descriptor: CInt = STDERR_FILENO) {
        (self.label, logLevel, self.style, self.descriptor) = (label, level, style, descriptor)
    }

    package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    package func log(event: LogEvent) {
        let line = LogLine(
            time: .now(), level: event.level, label: label, message: event.message.description,
            fields: fields(of: event))
        switch style {
        case .json: write(line.json)
        case .text: write(line.text(isColored: false))
        case .coloredText: write(line.text(isColored: true))
        }
    }

    /// The closer to the event, the stronger.
    private func fields(of event: LogEvent) -> [LogLine.Field] {
        var merged = metadata
        if let provided = metadataProvider?.get() { merged.merge(provided) { $1 } }
        if let explicit = event.metadata { merged.merge(explicit) { $1 } }
        if let error = event.error { merged["error"] = "\(error)" }
        return LogLine.fields(merged)
    }

    /// A log that cannot be written has nowhere to complain: the line is lost.
    private func write(_ line: [UInt8]) {
        while Glibc.write(descriptor, line, line.count) < 0, errno == EINTR {}
    }
}
