// FilenameParameter.swift — an attachment's name as the parameters of its header fields.
//
// Content-Disposition says it as RFC 2231 asks. Readers that do not know RFC 2231, Outlook before all, look for `name` in
// Content-Type and decode encoded words in it, against RFC 2047 §5 (3). Both in one field would not do: readers that
// take the first of `filename` and `filename*` would show the encoded word.

enum FilenameParameter {
    /// A space before it, a semicolon behind it.
    private static let limit = LineFolder.limit - 2

    /// For Content-Disposition, each to stand on one line; all but the last end in a semicolon.
    static func disposition(_ filename: String) -> [[UInt8]] {
        if let plain = plain("filename", filename) { return [plain] }
        let whole = Array("filename*=utf-8''".utf8) + filename.utf8.flatMap(escaped)
        guard whole.count > limit else { return [whole] }
        return continuations(of: filename)
    }

    /// For Content-Type: tokens that stand one after another with a space between.
    static func name(_ filename: String) -> [[UInt8]] {
        if let plain = plain("name", filename) { return [plain] }
        var words = EncodedWord.words(of: filename, firstRoom: EncodedWord.limit - 8, room: EncodedWord.limit - 8)
        guard !words.isEmpty else { return [] }
        words[0] = Array("name=\"".utf8) + words[0]
        words[words.count - 1].append(.quote)
        return words
    }

    /// As a quoted string, if it is ASCII, nobody takes it for an encoded word and it fits on a line.
    private static func plain(_ name: String, _ filename: String) -> [UInt8]? {
        guard !EncodedWord.isNeeded(for: filename) else { return nil }
        let parameter = Array(name.utf8) + [.equals] + QuotedString.quoting(filename.utf8)
        return parameter.count <= limit ? parameter : nil
    }

    /// RFC 2231 §4.1 — `filename*0*=utf-8''…; filename*1*=…`, broken between characters.
    private static func continuations(of filename: String) -> [[UInt8]] {
        var parameters: [[UInt8]] = []
        var current = Array("filename*0*=utf-8''".utf8)
        for scalar in filename.unicodeScalars {
            let escaped = UTF8.encode(scalar)?.flatMap(escaped) ?? []
            if current.count + escaped.count >= limit {
                current.append(UInt8(ascii: ";"))
                parameters.append(current)
                current = Array("filename*\(parameters.count)*=".utf8)
            }
            current.append(contentsOf: escaped)
        }
        parameters.append(current)
        return parameters
    }

    /// RFC 2231 §7 attribute-char, or its percent form.
    private static func escaped(_ byte: UInt8) -> [UInt8] {
        if byte.isLetterOrDigit || "!#$&+-.^_`|~".utf8.contains(byte) { return [byte] }
        return [UInt8(ascii: "%"), QuotedPrintable.digits[Int(byte >> 4)], QuotedPrintable.digits[Int(byte & 15)]]
    }
}
